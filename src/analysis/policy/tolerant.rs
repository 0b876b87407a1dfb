//! `some x in c` where `c` is no collection: OPA finds nothing in it, the engine stops with an error. Plans
//! are full of nulls, so what follows `in` is put through the function [`EACH`], which makes of them an empty
//! collection.

use super::tokens::{Token, tokens};

/// The function's name in a rewritten policy.
pub(super) const EACH: &str = "trueup.each";

/// A policy as the engine reads it.
#[derive(Clone, Debug, Default)]
pub(super) struct Rewritten {
    /// The text, line by line as it was.
    pub(super) text: String,
    /// Line and column (from 1, in characters, as they were) before which text was put, and how much.
    inserted: Vec<(usize, usize, usize)>,
}

impl Rewritten {
    /// Rewrites a policy that is known to be well-formed.
    pub(super) fn of(text: &str) -> Rewritten {
        let tokens = tokens(text);
        let mut edits: Vec<(usize, String)> = Vec::new();
        for (at, token) in tokens.iter().enumerate().filter(|(_, t)| t.text == "some") {
            let Some(start) = after_in(&tokens[at + 1..], token.depth).map(|i| at + 1 + i) else { continue };
            let end = end(&tokens, start, token.depth);
            let (Some(first), Some(last)) = (tokens.get(start), tokens.get(end)) else { continue };
            edits.push((first.start, format!("{EACH}(")));
            edits.push((last.start + last.text.len(), ")".to_owned()));
        }
        edits.sort_by_key(|(at, _)| *at);
        let (mut out, mut from, mut inserted) = (String::new(), 0, Vec::new());
        for (at, more) in edits {
            out.push_str(&text[from..at]);
            let line_start = text[..at].rfind('\n').map_or(0, |n| n + 1);
            let line = text[..at].matches('\n').count() + 1;
            inserted.push((line, text[line_start..at].chars().count() + 1, more.len()));
            out.push_str(&more);
            from = at;
        }
        out.push_str(&text[from..]);
        Rewritten { text: out, inserted }
    }

    /// The column that one of the rewritten text was before.
    pub(super) fn column(&self, line: usize, column: usize) -> usize {
        let mut column = column;
        for (_, at, length) in self.inserted.iter().filter(|(l, ..)| *l == line) {
            if column > *at {
                column = column.saturating_sub(*length).max(*at);
            }
        }
        column
    }
}

/// The token after the `in` that belongs to a `some` of this depth; none for `some x` alone.
fn after_in(tokens: &[Token<'_>], depth: usize) -> Option<usize> {
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "in" if token.depth == depth => return Some(at + 1),
            ";" if token.depth == depth => return None,
            _ if token.depth < depth || token.is_first && token.depth == depth => return None,
            _ => {}
        }
    }
    None
}

/// The last token of the expression that begins at one.
fn end(tokens: &[Token<'_>], start: usize, depth: usize) -> usize {
    let mut last = start;
    let mut opened = 0usize;
    for at in start..tokens.len() {
        let token = &tokens[at];
        // A bracket that closes one of the expression belongs to it, also on a line of its own.
        let bracket = matches!(token.text, ")" | "]" | "}");
        let closes = bracket && opened > 0;
        let is_open = closes || at > start && is_infix(tokens[at - 1].text) || is_infix(token.text);
        let ends = token.depth < depth
            || bracket && !closes
            || token.depth == depth
                && (matches!(token.text, ";" | "with") || at > start && token.is_first && !is_open);
        if ends {
            break;
        }
        match token.text {
            "(" | "[" | "{" => opened += 1,
            _ if closes => opened -= 1,
            _ => {}
        }
        last = at;
    }
    last
}

fn is_infix(text: &str) -> bool {
    matches!(text, "|" | "&" | "-" | "+" | ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_in_is_put_through_a_function() {
        for (text, rewritten) in [
            ("some x in xs\ny", "some x in E(xs)\ny"),
            ("  some k, v in input.a[\"in ]\"].b; true", "  some k, v in E(input.a[\"in ]\"].b); true"),
            ("[r | some r in a.b; r > 1]", "[r | some r in E(a.b); r > 1]"),
            (
                "count({x | some x in [y | some y in z]}) # some x in y",
                "count({x | some x in E([y | some y in E(z)])}) # some x in y",
            ),
            ("some x in f(\n  a,\n  b,\n)\nc", "some x in E(f(\n  a,\n  b,\n))\nc"),
            ("some x in a |\n  b\nc in d", "some x in E(a |\n  b)\nc in d"),
            ("some x\nx in xs", "some x\nx in xs"),
            ("some x in a with input as b", "some x in E(a) with input as b"),
            ("some [_, v] in `some x in y`", "some [_, v] in E(`some x in y`)"),
            ("p if some x in xs }", "p if some x in E(xs) }"),
        ] {
            assert_eq!(Rewritten::of(text).text, rewritten.replace("E(", "trueup.each("), "{text}");
        }
    }

    #[test]
    fn columns_are_those_of_the_text_as_it_was() {
        let text = "a\nsome x in input.rc; bad(x)";
        let rewritten = Rewritten::of(text);
        let column = rewritten.text.lines().nth(1).unwrap().find("bad").unwrap() + 1;
        assert_eq!(rewritten.column(2, column), 21);
        assert_eq!((rewritten.column(1, 1), rewritten.column(2, 3)), (1, 3));
    }
}
