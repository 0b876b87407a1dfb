//! The words of a policy, for what the engine does not look at.

/// A word, a string, or a sign; with how many brackets are open before it.
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) depth: usize,
    /// It begins a line.
    pub(super) is_first: bool,
}

/// The tokens of a policy, without comments.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let (mut found, mut at, mut depth, mut is_first) = (Vec::new(), 0, 0usize, true);
    while let Some(byte) = bytes.get(at) {
        let length = match byte {
            b'\n' => {
                is_first = true;
                at += 1;
                continue;
            }
            b if b.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'#' => {
                at += bytes[at..].iter().take_while(|b| **b != b'\n').count();
                continue;
            }
            b'"' => quoted(&bytes[at..]),
            b'`' => 1 + bytes[at + 1..].iter().take_while(|b| **b != b'`').count() + 1,
            b if is_word(*b) => bytes[at..].iter().take_while(|b| is_word(**b)).count(),
            _ => 1,
        };
        let end = (at + length).min(bytes.len());
        let Some(token) = text.get(at..end) else { return Vec::new() };
        depth = if matches!(token, ")" | "]" | "}") { depth.saturating_sub(1) } else { depth };
        found.push(Token { text: token, start: at, depth, is_first });
        depth += usize::from(matches!(token, "(" | "[" | "{"));
        is_first = false;
        at = end;
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn quoted(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}
