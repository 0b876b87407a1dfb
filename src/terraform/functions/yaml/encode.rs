//! A YAML emitter with the layout of libyaml's, which Terraform uses: block style, two columns of
//! indentation, sequences in mappings not indented, quoted text folded after column 80.

use crate::terraform::value::{Kind, Value};

const INDENT: i64 = 2;
const WIDTH: usize = 80;
/// Longer keys are written after `?`.
const MAX_SIMPLE_KEY: usize = 128;

/// The document; `None` when a part is unknown.
pub(super) fn document(value: &Value) -> Option<String> {
    let mut emitter = Emitter {
        out: String::new(),
        column: 0,
        indent: -1,
        whitespace: true,
        indention: true,
        open_ended: false,
    };
    emitter.node(value, Place::Root)?;
    emitter.write_indent();
    if emitter.open_ended {
        emitter.indicator("...", true, false, false);
        emitter.write_indent();
    }
    Some(emitter.out)
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    Item,
    /// A key that fits before a colon.
    SimpleKey,
    /// A value of a mapping, or a key after `?`.
    Mapping,
}

struct Emitter {
    out: String,
    column: usize,
    indent: i64,
    /// The last character was whitespace or an indicator that needs none after it.
    whitespace: bool,
    /// Only indentation and indicators stand on the line so far.
    indention: bool,
    /// A bare scalar at the root needs `...` after it.
    open_ended: bool,
}

impl Emitter {
    fn node(&mut self, value: &Value, place: Place) -> Option<()> {
        match &value.kind {
            Kind::Unknown(_) => return None,
            Kind::Null(_) => self.plain("null", place),
            Kind::Bool(b) => self.plain(if *b { "true" } else { "false" }, place),
            Kind::Number(n) => self.plain(&n.to_string(), place),
            Kind::String(s) => self.string(s, place),
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => self.sequence(v, place)?,
            Kind::Map(_, m) | Kind::Object(m) => {
                self.mapping(m.iter().map(|(k, v)| (&**k, v)), m.is_empty())?
            }
        }
        Some(())
    }

    fn sequence(&mut self, items: &[Value], place: Place) -> Option<()> {
        if items.is_empty() {
            self.indicator("[", true, true, false);
            self.indicator("]", false, false, false);
            return Some(());
        }
        let outer = self.indent;
        let in_mapping = matches!(place, Place::Mapping | Place::SimpleKey);
        self.increase_indent(0, in_mapping && !self.indention);
        for item in items {
            self.write_indent();
            self.indicator("-", true, false, true);
            self.node(item, Place::Item)?;
        }
        self.indent = outer;
        Some(())
    }

    fn mapping<'a>(
        &mut self,
        entries: impl Iterator<Item = (&'a str, &'a Value)>,
        empty: bool,
    ) -> Option<()> {
        if empty {
            self.indicator("{", true, true, false);
            self.indicator("}", false, false, false);
            return Some(());
        }
        let outer = self.indent;
        self.increase_indent(0, false);
        for (key, value) in entries {
            self.write_indent();
            if key.len() <= MAX_SIMPLE_KEY && !key.chars().any(is_break) {
                self.string(key, Place::SimpleKey);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.string(key, Place::Mapping);
                self.write_indent();
                self.indicator(":", true, false, true);
            }
            self.node(value, Place::Mapping)?;
        }
        self.indent = outer;
        Some(())
    }

    /// One level deeper; the outermost level has this indentation.
    fn increase_indent(&mut self, outermost: i64, indentless: bool) {
        if self.indent < 0 {
            self.indent = outermost;
        } else if !indentless {
            self.indent += INDENT;
        }
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Begins a line at the current indentation, unless this one has nothing but indentation yet.
    fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &str, needs_whitespace: bool, is_whitespace: bool, is_indention: bool) {
        if needs_whitespace && !self.whitespace {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.whitespace = is_whitespace;
        self.indention &= is_indention;
        self.open_ended = false;
    }

    /// A number, bool or null.
    fn plain(&mut self, text: &str, place: Place) {
        if !self.whitespace {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.whitespace = false;
        self.indention = false;
        self.open_ended |= place == Place::Root;
    }

    fn string(&mut self, text: &str, place: Place) {
        let outer = self.indent;
        self.increase_indent(INDENT, false);
        if text.contains('\n') && place != Place::SimpleKey && block_allowed(text) {
            self.literal(text);
        } else {
            self.double_quoted(text, place != Place::SimpleKey);
        }
        self.indent = outer;
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        let mut from_end = text.chars().rev();
        let chomp = match (from_end.next().map(is_break), from_end.next().map(is_break)) {
            (Some(true), Some(false)) => "",
            (Some(true), _) => "+",
            _ => "-",
        };
        if !chomp.is_empty() {
            self.indicator(chomp, false, false, false);
        }
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut at_break = true;
        for c in text.chars() {
            if is_break(c) {
                if c == '\n' {
                    self.put_break()
                } else {
                    self.out.push(c)
                }
                self.column = 0;
                self.indention = true;
                at_break = true;
            } else {
                if at_break {
                    self.write_indent();
                }
                self.put(c);
                self.indention = false;
                at_break = false;
            }
        }
    }

    fn double_quoted(&mut self, text: &str, allow_breaks: bool) {
        self.indicator("\"", true, false, false);
        let escape_all = text.starts_with('\u{feff}');
        let mut after_space = false;
        let mut chars = text.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            if escape_all || !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                self.escape(c);
                after_space = false;
            } else if c == ' ' {
                let inside = i > 0 && i < text.len() - 1;
                if allow_breaks && !after_space && self.column > WIDTH && inside {
                    self.write_indent();
                    if chars.peek().is_some_and(|(_, next)| *next == ' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                after_space = true;
            } else {
                self.put(c);
                after_space = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' | '\\' => c,
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            c => {
                let code = c as u32;
                let text = match code {
                    ..=0xff => format!("\\x{code:02X}"),
                    0x100..=0xffff => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                text.chars().for_each(|c| self.put(c));
                return;
            }
        };
        self.put('\\');
        self.put(short);
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What libyaml writes as it is; nothing beyond the basic plane, and no tabs.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// True when a literal block can hold the text: all printable, no space before a break or at the end.
fn block_allowed(text: &str) -> bool {
    let mut previous = ' ';
    let mut first = true;
    for c in text.chars() {
        if !is_printable(c) || (is_break(c) && previous == ' ' && !first) {
            return false;
        }
        first = false;
        previous = c;
    }
    !text.is_empty() && previous != ' '
}
