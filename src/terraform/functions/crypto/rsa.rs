//! RSA decryption for `rsadecrypt`: PKCS #1 and #8 keys in PEM, PKCS #1 v1.5 padding.
//!
//! Written here rather than taken from a crate because all that is needed is one modular power; it is
//! not constant-time and must not be used where an attacker can measure it.

use dashu_int::UBig;
use dashu_int::fast_div::ConstDivisor;

use crate::terraform::functions::encoding::base64_decode;

/// A private key.
pub(super) struct PrivateKey {
    modulus: UBig,
    exponent: UBig,
}

/// Larger moduli only cost time.
const MAX_KEY_BYTES: usize = 2048;

impl PrivateKey {
    pub(super) fn from_pem(text: &str) -> Result<PrivateKey, String> {
        let begin = text.find("-----BEGIN ").ok_or("invalid private key: ssh: no key found")?;
        let body = &text[begin + "-----BEGIN ".len()..];
        let (label, body) = body.split_once("-----").ok_or("invalid private key: ssh: no key found")?;
        let (body, _) = body.split_once("-----END ").ok_or("invalid private key: ssh: no key found")?;
        if body.contains("Proc-Type:") {
            return Err("invalid private key: ssh: this private key is passphrase protected".into());
        }
        let base64: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        let der = base64_decode(&base64).map_err(|_| "invalid private key: ssh: no key found")?;
        let key = match label {
            "RSA PRIVATE KEY" => pkcs1(&der),
            "PRIVATE KEY" => pkcs8(&der),
            other => return Err(format!("invalid private key: ssh: unsupported key type \"{other}\"")),
        };
        key.filter(|key| key.modulus > UBig::ONE)
            .ok_or_else(|| "invalid ASN1 data in the given private key".into())
    }

    /// The message, or `None` when the text was not made for this key.
    pub(super) fn decrypt_pkcs1v15(&self, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let size = dashu_int::ops::BitTest::bit_len(&self.modulus).div_ceil(8);
        let cipher = UBig::from_be_bytes(ciphertext);
        if ciphertext.len() > size || cipher >= self.modulus {
            return None;
        }
        let ring = ConstDivisor::new(self.modulus.clone());
        let message = ring.reduce(cipher).pow(&self.exponent).residue().to_be_bytes();
        let mut block = vec![0u8; size.checked_sub(message.len())?];
        block.extend_from_slice(&message);
        // 00 02, at least eight bytes that are not zero, 00, the message.
        let padding = block.strip_prefix(&[0, 2])?;
        let end = padding.iter().position(|b| *b == 0).filter(|end| *end >= 8)?;
        Some(padding[end + 1..].to_vec())
    }
}

fn pkcs1(der: &[u8]) -> Option<PrivateKey> {
    let (mut fields, _) = element(der, 0x30)?;
    let mut next = || {
        let (bytes, rest) = element(fields, 0x02)?;
        fields = rest;
        (bytes.len() <= MAX_KEY_BYTES).then(|| UBig::from_be_bytes(bytes))
    };
    let (_version, modulus, _public, exponent) = (next()?, next()?, next()?, next()?);
    Some(PrivateKey { modulus, exponent })
}

fn pkcs8(der: &[u8]) -> Option<PrivateKey> {
    let (fields, _) = element(der, 0x30)?;
    let (_version, rest) = element(fields, 0x02)?;
    let (_algorithm, rest) = element(rest, 0x30)?;
    pkcs1(element(rest, 0x04)?.0)
}

/// The content of the DER element at the start, which must have this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(*length) {
        short @ 0..=127 => (short, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long - 128).filter(|(bytes, _)| bytes.len() <= 4)?;
            (bytes.iter().fold(0usize, |n, b| n << 8 | usize::from(*b)), rest)
        }
    };
    if *first != tag {
        return None;
    }
    rest.split_at_checked(length)
}
