//! Base64, URL encoding, character sets, gzip, CSV.

mod charset;
mod csv;
mod deflate;

use ::base64::Engine;
use ::base64::alphabet::STANDARD;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::call::{Call, Fault, fail, wrong};
use super::table::{Function, Param, Shape};
use crate::terraform::value::Value;
use crate::terraform::value::text::quote_go;

const STR: &[Param] = &[Param::string("str")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base64decode", &[Param::string("str").marked().unknown()], Shape::String, base64decode),
    Function::new("base64encode", STR, Shape::String, |c| c.text(&base64_encode(c.str(0).as_bytes()))),
    Function::new("base64gzip", STR, Shape::String, base64gzip),
    Function::typed("csvdecode", STR, csv::result_type, csv::csvdecode),
    Function::new(
        "textdecodebase64",
        &[Param::string("source"), Param::string("encoding")],
        Shape::String,
        textdecode,
    ),
    Function::new(
        "textencodebase64",
        &[Param::string("string"), Param::string("encoding")],
        Shape::String,
        textencode,
    ),
    Function::new("urlencode", STR, Shape::String, urlencode),
];

/// Padding is required; the bits after the last byte do not count.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

pub(super) fn base64_encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// Line breaks are passed over, as in Go.
pub(super) fn base64_decode(text: &str) -> Result<Vec<u8>, ::base64::DecodeError> {
    let bytes: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    ENGINE.decode(bytes)
}

fn base64decode(call: &Call) -> Result<Value, Fault> {
    let arg = call.arg(0);
    if arg.is_unknown() {
        return Ok(call.unknown_result().with_marks(arg.marks));
    }
    let Ok(bytes) = base64_decode(call.str(0)) else {
        let shown = if arg.marks.sensitive { "(sensitive value)".into() } else { quote_go(call.str(0)) };
        return fail(format!("failed to decode base64 data {shown}"));
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(call.text(&text)?.with_marks(arg.marks)),
        Err(_) => fail("the result of decoding the provided string is not valid UTF-8"),
    }
}

/// A gzip stream as Go writes it: no name, no time.
fn base64gzip(call: &Call) -> Result<Value, Fault> {
    let data = call.str(0).as_bytes();
    call.charge_text(data.len().saturating_mul(2))?;
    let mut stream = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    stream.extend(deflate::compress(data));
    stream.extend(crc32(data).to_le_bytes());
    stream.extend((data.len() as u32).to_le_bytes());
    call.text(&base64_encode(&stream))
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ ((crc & 1) * 0xedb8_8320))
    })
}

fn textencode(call: &Call) -> Result<Value, Fault> {
    let charset = charset(call)?;
    match charset.encode(call.str(0)) {
        Some(bytes) => call.text(&base64_encode(&bytes)),
        None => wrong(
            0,
            format!("the given string contains characters that cannot be represented in {}", charset.name()),
        ),
    }
}

fn textdecode(call: &Call) -> Result<Value, Fault> {
    let charset = charset(call)?;
    let bytes = match base64_decode(call.str(0)) {
        Ok(bytes) => bytes,
        Err(::base64::DecodeError::InvalidByte(offset, _)) => {
            return wrong(0, format!("the given value is has an invalid base64 symbol at offset {offset}"));
        }
        Err(_) => {
            let offset = call.str(0).len();
            return wrong(0, format!("the given value is has an invalid base64 symbol at offset {offset}"));
        }
    };
    match charset.decode(&bytes).filter(|text| !text.contains('\u{fffd}')) {
        Some(text) => call.text(&text),
        None => {
            wrong(0, format!("the given string contains symbols that are not defined for {}", charset.name()))
        }
    }
}

fn charset(call: &Call) -> Result<charset::Charset, Fault> {
    match charset::Charset::named(call.str(1)) {
        Some(charset) => Ok(charset),
        None => {
            let shown = quote_go(call.str(1));
            wrong(
                1,
                format!("{shown} is not a supported IANA encoding name or alias in this Terraform version"),
            )
        }
    }
}

fn urlencode(call: &Call) -> Result<Value, Fault> {
    use std::fmt::Write;
    let mut out = String::new();
    for byte in call.str(0).bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ if byte.is_ascii_alphanumeric() => out.push(byte as char),
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    call.text(&out)
}
