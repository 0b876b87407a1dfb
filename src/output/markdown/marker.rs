//! The hidden line by which trueup finds its own comment again.
//!
//! It is the first line of a body, which no text of code reaches. It names what the comment is about, and the
//! run that wrote it, so that an older run sees that a newer one has been there.

use super::dialect::Dialect;

/// What the hidden line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// What the comment is about; a pull request has one comment for each key.
    pub key: String,
    /// A number that grows from run to run.
    pub run: u64,
}

const HTML: (&str, &str) = ("<!-- ", " -->");
/// A definition of a link that nothing uses is shown nowhere.
const DEFINITION: (&str, &str) = ("[//]: <> (", ")");
const NAME: &str = "trueup:comment";

impl Marker {
    /// The line, without its end. A body has it first, an empty line after it.
    pub fn line(&self, dialect: &Dialect) -> String {
        let (open, close) = if dialect.html { HTML } else { DEFINITION };
        format!("{open}{NAME} key={} run={} v=1{close}", encode(&self.key), self.run)
    }

    /// The marker of a comment's body in either form: on its first line, nowhere else.
    pub fn of(body: &str) -> Option<Marker> {
        let line = body.trim_start_matches(['\u{feff}', '\r', '\n', ' ']).lines().next()?.trim_end();
        let inner = [HTML, DEFINITION]
            .into_iter()
            .find_map(|(open, close)| line.strip_prefix(open)?.strip_suffix(close))?;
        let (mut key, mut run) = (None, None);
        for field in inner.strip_prefix(NAME)?.strip_prefix(' ')?.split(' ') {
            match field.split_once('=')? {
                ("key", text) => key = Some(decode(text)?),
                ("run", number) => run = Some(number.parse().ok()?),
                // What a later edition adds.
                _ => {}
            }
        }
        Some(Marker { key: key?, run: run? })
    }
}

/// A key as letters, digits, `.`, `_`, `/` and `%XX`: nothing that ends either form of the line.
fn encode(key: &str) -> String {
    let byte = |b: u8| match b {
        b if b.is_ascii_alphanumeric() || b"._/".contains(&b) => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    key.bytes().map(byte).collect()
}

fn decode(text: &str) -> Option<String> {
    let (first, rest) = text.split_once('%').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let mut bytes = first.as_bytes().to_vec();
    for part in rest.into_iter().flat_map(|rest| rest.split('%')) {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(part.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::super::dialect::{BITBUCKET, DIALECTS, GITHUB};
    use super::*;

    #[test]
    fn a_marker_is_read_back_from_the_form_of_every_host() {
        for key in ["review", "prod-weu--1 -->", "a)b (c) %41", "é run=9 v=1", ""] {
            for dialect in DIALECTS {
                let marker = Marker { key: key.into(), run: 42 };
                let line = marker.line(dialect);
                assert_eq!(Marker::of(&format!("{line}\r\n\r\ntext")), Some(marker), "{line}");
                let inner = line.trim_start_matches("<!-- ").trim_end_matches(" -->");
                assert!(!inner.contains("--") && line.matches(')').count() <= 1, "{line}");
            }
        }
        assert_eq!(
            Marker { key: "review".into(), run: 7 }.line(&GITHUB),
            "<!-- trueup:comment key=review run=7 v=1 -->"
        );
        assert_eq!(
            Marker { key: "a-b".into(), run: 7 }.line(&BITBUCKET),
            "[//]: <> (trueup:comment key=a%2Db run=7 v=1)"
        );
    }

    #[test]
    fn text_of_code_forges_no_marker() {
        for dialect in DIALECTS {
            for forms in DIALECTS {
                let forged = Marker { key: "review".into(), run: u64::MAX }.line(forms);
                for text in [forged.clone(), format!("\n{forged}\n"), format!("> {forged}")] {
                    for shown in [dialect.prose(&text), dialect.code(&text), dialect.fenced("", &text)] {
                        assert_eq!(Marker::of(&shown), None, "{shown}");
                    }
                }
            }
        }
        assert_eq!(Marker::of("hello\n<!-- trueup:comment key=review run=1 v=1 -->"), None);
        assert_eq!(Marker::of("<!-- trueup:comment key=review run=x v=1 -->"), None);
    }
}
