//! Hashes of text and files, `uuidv5`, `rsadecrypt`, and the functions with results only at apply.

mod rsa;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::call::{Call, Fault, fail, wrong};
use super::datetime::at_apply;
use super::encoding::{base64_decode, base64_encode};
use super::table::{Function, Param, Shape};
use crate::terraform::value::text::quote_go;
use crate::terraform::value::{Type, Value};

const STR: &[Param] = &[Param::string("str")];
const PATH: &[Param] = &[Param::string("path")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base64sha256", STR, Shape::String, |c| text(c, base64::<Sha256>)),
    Function::new("base64sha512", STR, Shape::String, |c| text(c, base64::<Sha512>)),
    Function::new("bcrypt", STR, Shape::String, |_| Ok(at_apply("bcrypt"))).variadic(Param::number("cost")),
    Function::new("filebase64sha256", PATH, Shape::String, |c| file(c, base64::<Sha256>)),
    Function::new("filebase64sha512", PATH, Shape::String, |c| file(c, base64::<Sha512>)),
    Function::new("filemd5", PATH, Shape::String, |c| file(c, hex::<Md5>)),
    Function::new("filesha1", PATH, Shape::String, |c| file(c, hex::<Sha1>)),
    Function::new("filesha256", PATH, Shape::String, |c| file(c, hex::<Sha256>)),
    Function::new("filesha512", PATH, Shape::String, |c| file(c, hex::<Sha512>)),
    Function::new("md5", STR, Shape::String, |c| text(c, hex::<Md5>)),
    Function::new(
        "rsadecrypt",
        &[Param::string("ciphertext"), Param::string("privatekey")],
        Shape::String,
        rsadecrypt,
    ),
    Function::new("sha1", STR, Shape::String, |c| text(c, hex::<Sha1>)),
    Function::new("sha256", STR, Shape::String, |c| text(c, hex::<Sha256>)),
    Function::new("sha512", STR, Shape::String, |c| text(c, hex::<Sha512>)),
    Function::new("uuid", &[], Shape::String, |_| Ok(at_apply("uuid"))),
    Function::typed(
        "uuidv5",
        &[Param::string("namespace"), Param::string("name")],
        |_| Ok(Type::String),
        uuidv5,
    ),
];

fn hex<H: Digest>(bytes: &[u8]) -> String {
    hex_of(&H::digest(bytes))
}

fn hex_of(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        _ = write!(out, "{byte:02x}");
        out
    })
}

fn base64<H: Digest>(bytes: &[u8]) -> String {
    base64_encode(&H::digest(bytes))
}

fn text(call: &Call, hash: fn(&[u8]) -> String) -> Result<Value, Fault> {
    call.text(&hash(call.str(0).as_bytes()))
}

fn file(call: &Call, hash: fn(&[u8]) -> String) -> Result<Value, Fault> {
    match call.context.files.read(call.str(0)) {
        Ok(bytes) => call.text(&hash(&bytes)),
        Err(message) => fail(message),
    }
}

/// Predefined namespaces differ in one digit.
fn namespace(name: &str) -> Result<[u8; 16], String> {
    let digit = match name {
        "dns" => '0',
        "url" => '1',
        "oid" => '2',
        "x500" => '4',
        other => return parse_uuid(other),
    };
    parse_uuid(&format!("6ba7b81{digit}-9dad-11d1-80b4-00c04fd430c8"))
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, also after `urn:uuid:`, in braces, or without hyphens.
fn parse_uuid(text: &str) -> Result<[u8; 16], String> {
    let plain = match text.len() {
        36 | 32 => text,
        45 => match text.get(..9).filter(|urn| urn.eq_ignore_ascii_case("urn:uuid:")) {
            Some(_) => &text[9..],
            None => return Err(format!("invalid urn prefix: {:?}", text.get(..9).unwrap_or(text))),
        },
        38 => text.get(1..37).unwrap_or(""),
        length => return Err(format!("invalid UUID length: {length}")),
    };
    let hyphens = plain.len() == 36;
    let placed = !hyphens || [8, 13, 18, 23].iter().all(|at| plain.as_bytes()[*at] == b'-');
    let digits: Vec<u8> = plain.bytes().filter(|b| *b != b'-').collect();
    let mut bytes = [0u8; 16];
    if !placed || digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err("invalid UUID format".into());
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let value = |b: u8| (b as char).to_digit(16).unwrap_or(0) as u8;
        *byte = value(pair[0]) << 4 | value(pair[1]);
    }
    Ok(bytes)
}

fn uuidv5(call: &Call) -> Result<Value, Fault> {
    let (space, name) = (call.str(0), call.str(1));
    let space = match namespace(space) {
        Ok(bytes) => bytes,
        Err(message) => return fail(format!("uuidv5() doesn't support namespace {space} ({message})")),
    };
    let digest = Sha1::new().chain_update(space).chain_update(name.as_bytes()).finalize();
    let mut bytes: Vec<u8> = digest.iter().take(16).copied().collect();
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let parts: Vec<String> =
        [0..4, 4..6, 6..8, 8..10, 10..16].into_iter().map(|range| hex_of(&bytes[range])).collect();
    Ok(Value::string(&parts.join("-")))
}

fn rsadecrypt(call: &Call) -> Result<Value, Fault> {
    let Ok(ciphertext) = base64_decode(call.str(0)) else {
        let shown = quote_go(call.str(0));
        return wrong(0, format!("failed to decode input {shown}: cipher text must be base64-encoded"));
    };
    let key = match rsa::PrivateKey::from_pem(call.str(1)) {
        Ok(key) => key,
        Err(message) => return wrong(1, message),
    };
    match key.decrypt_pkcs1v15(&ciphertext) {
        Some(plain) => call.text(&String::from_utf8_lossy(&plain)),
        None => fail("failed to decrypt: crypto/rsa: decryption error"),
    }
}
