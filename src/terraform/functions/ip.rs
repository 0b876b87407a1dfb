//! `cidrhost`, `cidrnetmask`, `cidrsubnet`, `cidrsubnets`.
//!
//! Octets may have leading zeros (they are decimal), and an IPv4-mapped IPv6 range behaves as oddly as
//! it does in Terraform: its host numbers count in units of 2^96.

use std::net::{Ipv4Addr, Ipv6Addr};

use dashu_int::{IBig, UBig};

use super::arguments::whole;
use super::call::{Call, Fault, fail, wrong};
use super::table::{Function, Param, Shape};
use crate::terraform::value::{Type, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("cidrhost", &[Param::string("prefix"), Param::number("hostnum")], Shape::String, cidrhost),
    Function::new("cidrnetmask", &[Param::string("prefix")], Shape::String, cidrnetmask),
    Function::new(
        "cidrsubnet",
        &[Param::string("prefix"), Param::number("newbits"), Param::number("netnum")],
        Shape::String,
        cidrsubnet,
    ),
    Function::new("cidrsubnets", &[Param::string("prefix")], Shape::List(&Shape::String), cidrsubnets)
        .variadic(Param::number("newbits")),
];

/// A range of addresses.
#[derive(Clone, Copy, Debug)]
struct Network {
    address: u128,
    prefix: u32,
    /// 32 or 128.
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Result<Network, String> {
        let invalid = || format!("invalid CIDR expression: invalid CIDR address: {text}");
        let (address, length) = text.split_once('/').ok_or_else(invalid)?;
        let (address, bits) = match (parse_v4(address), parse_v6(address)) {
            (Some(v4), _) => (u128::from(v4), 32),
            (None, Some(v6)) => (v6, 128),
            (None, None) => return Err(invalid()),
        };
        let prefix = decimal(length).filter(|n| *n <= bits).ok_or_else(invalid)?;
        let network = Network { address, prefix, bits };
        Ok(Network { address: address & network.mask(), ..network })
    }

    fn mask(&self) -> u128 {
        mask(self.prefix, self.bits)
    }

    /// True for `::ffff:0:0/96` and what is in it.
    fn is_mapped(&self) -> bool {
        self.bits == 128 && self.address >> 32 == 0xffff
    }

    /// `a.b.c.d/n`; mapped ranges as IPv4.
    fn show(&self) -> String {
        let prefix = if self.is_mapped() { self.prefix.saturating_sub(96) } else { self.prefix };
        format!("{}/{prefix}", show_address(self.address, self.bits))
    }
}

/// The mask of a prefix: `bits` wide.
fn mask(prefix: u32, bits: u32) -> u128 {
    let all = if bits == 32 { u128::from(u32::MAX) } else { u128::MAX };
    all & !all.checked_shr(prefix).unwrap_or(0)
}

fn show_address(address: u128, bits: u32) -> String {
    if bits == 32 || address >> 32 == 0xffff {
        Ipv4Addr::from(address as u32).to_string()
    } else {
        Ipv6Addr::from(address).to_string()
    }
}

/// Digits only; leading zeros are allowed.
fn decimal(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match text.trim_start_matches('0') {
        "" => Some(0),
        significant => significant.parse().ok().filter(|n| *n < 0xff_ffff),
    }
}

fn parse_v4(text: &str) -> Option<u32> {
    let mut address = 0u32;
    let mut count = 0;
    for part in text.split('.') {
        let octet = decimal(part).filter(|n| *n <= 255)?;
        address = address.checked_shl(8)? | octet;
        count += 1;
        if count > 4 {
            return None;
        }
    }
    (count == 4).then_some(address)
}

/// Like the standard library, but an IPv4 tail may have leading zeros.
fn parse_v6(text: &str) -> Option<u128> {
    let address: Ipv6Addr = match text.rfind(':') {
        Some(at) if text[at..].contains('.') => {
            let tail = parse_v4(&text[at + 1..])?;
            format!("{}{:x}:{:x}", &text[..at + 1], tail >> 16, tail & 0xffff).parse().ok()?
        }
        _ => text.parse().ok()?,
    };
    Some(address.into())
}

fn network(call: &Call) -> Result<Network, Fault> {
    Network::parse(call.str(0)).map_err(Fault::Call)
}

/// Puts a number into the bits below the prefix.
fn insert(network: &Network, number: &IBig, prefix: u32) -> Result<u128, Fault> {
    let shift = network.bits.saturating_sub(prefix) as usize;
    let sum = IBig::from(network.address) | (number.clone() << shift);
    let magnitude: UBig = sum.into_parts().1;
    match u128::try_from(magnitude) {
        Ok(address) if network.bits == 128 || address <= u128::from(u32::MAX) => Ok(address),
        _ => fail("panic in function implementation: runtime error: index out of range [-1]"),
    }
}

fn cidrhost(call: &Call) -> Result<Value, Fault> {
    let Some(mut number) = call.number(1).to_integer() else { return fail("value must be a whole number") };
    let network = network(call)?;
    let most = (IBig::ONE << (network.bits - network.prefix) as usize) - IBig::ONE;
    // Only the low 64 bits of the number are compared, as a signed number.
    let (_, magnitude) = number.clone().into_parts();
    let low = u64::try_from(&magnitude % (UBig::ONE << 64)).unwrap_or(0) as i64;
    let mut compared = IBig::from(low);
    if number < IBig::ZERO {
        compared = -number - IBig::ONE;
        number = &most - &compared;
    }
    if compared > most {
        return fail(format!("prefix of {} does not accommodate a host numbered {number}", network.prefix));
    }
    let width = if network.is_mapped() { 32 } else { network.bits };
    Ok(Value::string(&show_address(insert(&network, &number, width)?, network.bits)))
}

fn cidrnetmask(call: &Call) -> Result<Value, Fault> {
    let network = network(call)?;
    if network.bits == 128 && !network.is_mapped() {
        return fail(format!("IPv6 addresses cannot have a netmask: {}", call.str(0)));
    }
    Ok(Value::string(&show_address(network.mask(), network.bits)))
}

fn cidrsubnet(call: &Call) -> Result<Value, Fault> {
    let new_bits = call.int(1)?;
    let Some(number) = call.number(2).to_integer() else { return fail("value must be a whole number") };
    let network = network(call)?;
    let parent = i64::from(network.prefix);
    let prefix = parent.saturating_add(new_bits);
    if prefix > i64::from(network.bits) {
        return fail(format!("insufficient address space to extend prefix of {parent} by {new_bits}"));
    }
    let (_, magnitude) = number.clone().into_parts();
    let low = u64::try_from(&magnitude % (UBig::ONE << 64)).unwrap_or(0);
    let most = if (0..64).contains(&new_bits) { (1u64 << new_bits) - 1 } else { u64::MAX };
    if low > most {
        return fail(format!(
            "prefix extension of {new_bits} does not accommodate a subnet numbered {number}"
        ));
    }
    let Ok(prefix) = u32::try_from(prefix) else {
        return fail("panic in function implementation: the prefix would be negative");
    };
    let address = insert(&network, &number, prefix)?;
    Ok(Value::string(&Network { address, prefix, ..network }.show()))
}

fn cidrsubnets(call: &Call) -> Result<Value, Fault> {
    let network = Network::parse(call.str(0)).map_err(|message| Fault::Argument(0, message))?;
    let mut subnets = Vec::new();
    // Terraform starts from the subnet before the range, so a range that begins at zero has none.
    let mut current: Option<Network> = None;
    for (i, arg) in call.args.iter().enumerate().skip(1) {
        let length = whole(arg).map_err(|message| Fault::Argument(i, message))?;
        let extension = match length {
            ..1 => return wrong(i, "must extend prefix by at least one bit"),
            33.. => return wrong(i, "may not extend prefix by more than 32 bits"),
            length => length as u32,
        };
        let prefix = network.prefix + extension;
        if prefix > network.bits {
            let protocol = if network.bits == 32 { "IPv4" } else { "IPv6" };
            return wrong(
                i,
                format!("would extend prefix to {prefix} bits, which is too long for an {protocol} address"),
            );
        }
        let before = current.unwrap_or_else(|| before(&network, prefix));
        let next = after(&before, prefix).filter(|_| !network.is_mapped());
        match next.filter(|next| next.address & network.mask() == network.address) {
            Some(next) => {
                subnets.push(Value::string(&next.show()));
                current = Some(next);
            }
            None => {
                return wrong(
                    i,
                    format!(
                        "not enough remaining address space for a subnet with a prefix of {prefix} bits after {}",
                        before.show()
                    ),
                );
            }
        }
    }
    Ok(Value::list(Type::String, subnets))
}

/// The subnet of this size that ends before the range, around zero if need be.
fn before(network: &Network, prefix: u32) -> Network {
    let last = network.address.wrapping_sub(1) & mask(network.bits, network.bits);
    Network { address: last & mask(prefix, network.bits), prefix, bits: network.bits }
}

/// The next subnet of this size; `None` past the end of the address space.
fn after(subnet: &Network, prefix: u32) -> Option<Network> {
    let bits = subnet.bits;
    let last = subnet.address | (mask(bits, bits) & !subnet.mask());
    let block_end = last | (mask(bits, bits) & !mask(prefix, bits));
    let address = block_end.checked_add(1).filter(|a| *a & !mask(bits, bits) == 0)?;
    Some(Network { address, prefix, bits })
}
