//! Character sets by the names IANA gives them.

use encoding_rs::Encoding;

/// A character set.
#[derive(Clone, Copy, Debug)]
pub(super) enum Charset {
    Ascii,
    Latin1,
    /// With a byte order mark, big-endian.
    Utf16,
    Utf16Be,
    Utf16Le,
    /// A code page of DOS: its IANA name and number.
    Dos(&'static str, u16),
    /// One that browsers know too.
    Web(&'static Encoding),
}

/// Code pages of DOS with their other names, in lower case; 866 is among those of browsers.
const DOS: &[(&str, u16, &[&str])] = &[
    ("IBM437", 437, &["cp437", "437", "cspc8codepage437"]),
    ("IBM850", 850, &["cp850", "850", "cspc850multilingual"]),
    ("IBM852", 852, &["cp852", "852", "cspcp852"]),
    ("IBM855", 855, &["cp855", "855", "csibm855"]),
    ("IBM00858", 858, &["ccsid00858", "cp00858", "pc-multilingual-850+euro", "csibm00858"]),
    ("IBM860", 860, &["cp860", "860", "csibm860"]),
    ("IBM862", 862, &["cp862", "862", "cspc862latinhebrew"]),
    ("IBM863", 863, &["cp863", "863", "csibm863"]),
    ("IBM865", 865, &["cp865", "865", "csibm865"]),
];

/// Lower-case names of those that are our own: browsers take ASCII and Latin-1 for windows-1252.
const OWN: &[(&[&str], Charset)] = &[
    (
        &[
            "us-ascii",
            "iso-ir-6",
            "ansi_x3.4-1968",
            "ansi_x3.4-1986",
            "iso_646.irv:1991",
            "iso646-us",
            "us",
            "ibm367",
            "cp367",
            "csascii",
        ],
        Charset::Ascii,
    ),
    (
        &[
            "iso-8859-1",
            "iso_8859-1:1987",
            "iso-ir-100",
            "iso_8859-1",
            "latin1",
            "l1",
            "ibm819",
            "cp819",
            "csisolatin1",
        ],
        Charset::Latin1,
    ),
    (&["utf-16", "csutf16"], Charset::Utf16),
    (&["utf-16be", "csutf16be"], Charset::Utf16Be),
    (&["utf-16le", "csutf16le"], Charset::Utf16Le),
];

/// Names that browsers understand but IANA does not have.
const NOT_IANA: &[&str] = &[
    "utf8",
    "unicode-1-1-utf-8",
    "unicode11utf8",
    "unicode20utf8",
    "x-unicode20utf8",
    "866",
    "dos-874",
    "iso-8859-8-e",
    "koi",
    "koi8",
    "koi8_r",
    "koi8-ru",
    "mac",
    "x-mac-roman",
    "x-cp1250",
    "x-cp1251",
    "x-cp1252",
    "x-cp1253",
    "x-cp1254",
    "x-cp1255",
    "x-cp1256",
    "x-cp1257",
    "x-cp1258",
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp1258",
    "x-x-big5",
    "big5-hkscs",
    "cn-big5",
    "x-gbk",
    "x-euc-jp",
    "x-sjis",
    "sjis",
    "ms932",
    "windows-949",
    "ksc5601",
    "utf-16",
    "unicode",
    "ucs-2",
    "iso-10646-ucs-2",
    "unicodefeff",
    "unicodefffe",
    "csunicode",
    "ascii",
    "latin2",
    "replacement",
    "x-user-defined",
    "logical",
    "visual",
    "csiso88598i",
    "gb_2312",
    "iso88591",
    "iso8859-1",
    "iso8859-2",
    "iso88592",
];

impl Charset {
    /// The character set of this name or alias, in any case.
    pub(super) fn named(name: &str) -> Option<Charset> {
        let name = name.to_ascii_lowercase();
        if let Some((_, own)) = OWN.iter().find(|(names, _)| names.contains(&&*name)) {
            return Some(*own);
        }
        let dos = |(iana, _, others): &&(&str, u16, &[&str])| {
            iana.eq_ignore_ascii_case(&name) || others.contains(&&*name)
        };
        if let Some((iana, page, _)) = DOS.iter().find(dos) {
            return Some(Charset::Dos(iana, *page));
        }
        if name == "csutf8" {
            return Some(Charset::Web(encoding_rs::UTF_8));
        }
        if name == "latin2" {
            return Some(Charset::Web(encoding_rs::ISO_8859_2));
        }
        let known = !name.contains(char::is_whitespace) && !NOT_IANA.contains(&&*name);
        Encoding::for_label_no_replacement(name.as_bytes()).filter(|_| known).map(Charset::Web)
    }

    /// The name for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Charset::Ascii => "US-ASCII",
            Charset::Latin1 => "ISO_8859-1:1987",
            Charset::Utf16 => "UTF-16",
            Charset::Utf16Be => "UTF-16BE",
            Charset::Utf16Le => "UTF-16LE",
            Charset::Dos(name, _) => name,
            Charset::Web(encoding) => encoding.name(),
        }
    }

    /// The bytes of a text; `None` when it has characters that the set does not.
    pub(super) fn encode(self, text: &str) -> Option<Vec<u8>> {
        let single = |limit: u32| text.chars().map(|c| ((c as u32) < limit).then_some(c as u8)).collect();
        let wide = |f: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(f).collect::<Vec<u8>>();
        match self {
            Charset::Ascii => single(0x80),
            Charset::Latin1 => single(0x100),
            Charset::Utf16 => Some([&[0xfe, 0xff][..], &wide(u16::to_be_bytes)].concat()),
            Charset::Utf16Be => Some(wide(u16::to_be_bytes)),
            Charset::Utf16Le => Some(wide(u16::to_le_bytes)),
            Charset::Dos(_, page) => {
                oem_cp::encode_string_checked(text, oem_cp::code_table::ENCODING_TABLE_CP_MAP.get(&page)?)
            }
            Charset::Web(encoding) => {
                let (bytes, _, failed) = encoding.encode(text);
                (!failed).then(|| bytes.into_owned())
            }
        }
    }

    /// The text of bytes; `None` when they are not of the set.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<String> {
        let wide = |bytes: &[u8], f: fn([u8; 2]) -> u16| {
            let units = bytes.chunks(2).map(|pair| match pair {
                [a, b] => f([*a, *b]),
                _ => 0xfffd,
            });
            Some(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>())
        };
        match self {
            Charset::Ascii if bytes.is_ascii() => String::from_utf8(bytes.to_vec()).ok(),
            Charset::Ascii => None,
            Charset::Latin1 => Some(bytes.iter().map(|b| *b as char).collect()),
            Charset::Utf16 => match bytes {
                [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
                [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
                _ => wide(bytes, u16::from_be_bytes),
            },
            Charset::Utf16Be => wide(bytes, u16::from_be_bytes),
            Charset::Utf16Le => wide(bytes, u16::from_le_bytes),
            Charset::Dos(_, page) => {
                oem_cp::code_table::DECODING_TABLE_CP_MAP.get(&page)?.decode_string_checked(bytes)
            }
            Charset::Web(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .map(|text| text.into_owned()),
        }
    }
}
