//! The outline of a file: its blocks, arguments and comments by their bytes.
//!
//! Made from tokens alone, so that a file with errors has one too, and so that it costs no more than
//! one pass. It serves what reads the text as a person sees it: comments that suppress findings, the
//! path of an argument by which a finding is known again after lines have moved, and edits.

use std::ops::Range;

use super::scan::{Kind, Scanner, Token};

/// A block, an argument, or a member of an object in an argument's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// `resource.azurerm_subnet.a` for a block with its labels, else the name.
    pub name: String,
    /// From the name to the end of the value or the closing brace.
    pub range: Range<usize>,
    /// What stands between the braces of a block, or of an argument whose value is an object; with
    /// them.
    pub body: Option<Range<usize>>,
    /// A block, and not an argument.
    pub is_block: bool,
    /// The item in whose body it stands.
    pub parent: Option<usize>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its bytes, with the signs that make it a comment.
    pub range: Range<usize>,
    /// The item in whose body it stands.
    pub inside: Option<usize>,
    /// The item that ends, or that is being written, on the line in front of it.
    pub trails: Option<usize>,
    /// The item that begins below it, with nothing but further comments between, in the same body.
    pub heads: Option<usize>,
}

/// A file's items and comments, in the order in which they begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Blocks and arguments.
    pub items: Vec<Item>,
    /// Comments.
    pub comments: Vec<Comment>,
}

/// A bracket that is open.
struct Open {
    /// What closes it.
    close: Kind,
    /// The item whose body it is.
    item: Option<usize>,
    /// The innermost item around it, or that item.
    within: Option<usize>,
    /// Items may stand in it: a body or an object.
    is_body: bool,
    /// The argument whose value is being read.
    current: Option<usize>,
    /// Name and labels read so far, and where they began.
    header: Option<(usize, String)>,
}

/// How deep brackets are followed. Text that is nested deeper is refused by the parser anyway.
const MAX_DEPTH: usize = 256;

impl Outline {
    /// The outline of a configuration or variables file.
    pub fn of(text: &str) -> Outline {
        let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut reader =
            Reader { text, outline: Outline::default(), open: Vec::new(), end: 0, line: 0, ended: None };
        let mut scanner = Scanner::new(text, start);
        loop {
            let token = scanner.next();
            if token.kind == Kind::Eof {
                break;
            }
            reader.token(token);
        }
        while reader.open.len() > 1 {
            reader.close(text.len());
        }
        reader.finish_argument();
        reader.outline.attach(text);
        reader.outline
    }

    /// The innermost item that holds a byte.
    pub fn at(&self, byte: usize) -> Option<usize> {
        // Items begin in order, and a later one that holds the byte lies inside an earlier one.
        let before = self.items.partition_point(|i| i.range.start <= byte);
        let mut at = before.checked_sub(1);
        while let Some(index) = at {
            if byte < self.items[index].range.end {
                return Some(index);
            }
            at = self.items[index].parent;
        }
        None
    }

    /// An item and those that hold it, outermost last.
    pub fn ancestors(&self, item: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(item), |i| self.items[*i].parent)
    }

    /// The outermost item that holds an item.
    pub fn top(&self, item: usize) -> usize {
        self.ancestors(item).last().unwrap_or(item)
    }

    /// Names from below an outer item down to an item, joined by dots; empty for the outer item itself.
    pub fn path(&self, item: usize, below: usize) -> String {
        let mut names: Vec<&str> =
            self.ancestors(item).take_while(|i| *i != below).map(|i| &*self.items[i].name).collect();
        names.reverse();
        names.join(".")
    }

    /// Says of every comment what it heads.
    fn attach(&mut self, text: &str) {
        let mut below: Option<(usize, Option<usize>)> = None;
        for at in (0..self.comments.len()).rev() {
            let comment = &self.comments[at];
            let end = comment.range.end;
            let next = self.items.partition_point(|i| i.range.start < end);
            let next =
                self.items.get(next).filter(|i| i.parent == comment.inside).map(|i| (i.range.start, next));
            let near = |to: usize| {
                let between = text.get(end..to).unwrap_or("x");
                between.bytes().all(|b| b.is_ascii_whitespace())
                    && between.bytes().filter(|b| *b == b'\n').count() <= 1
            };
            let heads = match (next, below) {
                (_, Some((start, heads))) if near(start) => heads,
                (Some((start, item)), _) if near(start) => Some(item),
                _ => None,
            };
            let heads = if comment.trails.is_some() { None } else { heads };
            below = Some((self.comments[at].range.start, heads));
            self.comments[at].heads = heads;
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    outline: Outline,
    open: Vec<Open>,
    /// One past the last token that is no comment or line end.
    end: usize,
    /// Where the line began.
    line: usize,
    /// The item that ended last.
    ended: Option<usize>,
}

impl Reader<'_> {
    fn top(&mut self) -> &mut Open {
        if self.open.is_empty() {
            self.push(Kind::Eof, None, true);
        }
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    fn push(&mut self, close: Kind, item: Option<usize>, is_body: bool) {
        if self.open.len() < MAX_DEPTH {
            let within = item.or_else(|| self.open.last().and_then(|o| o.current.or(o.within)));
            self.open.push(Open { close, item, within, is_body, current: None, header: None });
        }
    }

    fn word(&mut self, token: Token, word: &str) {
        let top = self.top();
        if !top.is_body || top.current.is_some() {
            return;
        }
        match &mut top.header {
            Some((_, name)) => {
                name.push('.');
                name.push_str(word);
            }
            None => top.header = Some((token.start(), word.to_owned())),
        }
    }

    fn token(&mut self, token: Token) {
        let text = self.text.get(token.range()).unwrap_or("");
        match token.kind {
            Kind::Comment => return self.comment(token),
            Kind::Newline => {
                self.line = token.end();
                if self.top().is_body {
                    self.finish_argument();
                }
                return;
            }
            Kind::Comma if self.top().is_body => {
                self.finish_argument();
                return;
            }
            Kind::Ident => self.word(token, text),
            Kind::Quoted => {
                // A label, or a key of an object, one bracket out.
                let below = self.open.len().checked_sub(2).and_then(|i| self.open.get_mut(i));
                if let Some((_, name)) = below.and_then(|o| o.header.as_mut().filter(|_| o.is_body)) {
                    name.push_str(text);
                }
            }
            Kind::OpenQuote => {
                let top = self.top();
                if top.is_body && top.current.is_none() {
                    match &mut top.header {
                        Some((_, name)) => name.push('.'),
                        None => top.header = Some((token.start(), String::new())),
                    }
                }
                self.push(Kind::CloseQuote, None, false);
            }
            Kind::Equal | Kind::Colon => self.begin_argument(),
            Kind::OpenBrace => self.brace(token),
            Kind::OpenBracket => self.push(Kind::CloseBracket, None, false),
            Kind::OpenParen => self.push(Kind::CloseParen, None, false),
            Kind::OpenHeredoc => self.push(Kind::CloseHeredoc, None, false),
            Kind::Interpolation | Kind::Directive => self.push(Kind::SequenceEnd, None, false),
            Kind::CloseBrace
            | Kind::CloseBracket
            | Kind::CloseParen
            | Kind::CloseQuote
            | Kind::QuotedNewline
            | Kind::CloseHeredoc
            | Kind::SequenceEnd => {
                let kind = if token.kind == Kind::QuotedNewline { Kind::CloseQuote } else { token.kind };
                // A closer ends everything opened inside of what it closes.
                if let Some(at) = self.open.iter().rposition(|o| o.close == kind) {
                    while self.open.len() > at {
                        self.close(token.end());
                    }
                }
            }
            _ => {}
        }
        self.end = token.end();
    }

    fn begin_argument(&mut self) {
        let parent = self.top().within;
        let index = self.outline.items.len();
        let top = self.top();
        if !top.is_body || top.current.is_some() {
            return;
        }
        let Some((start, name)) = top.header.take() else { return };
        top.current = Some(index);
        self.outline.items.push(Item { name, range: start..start, body: None, is_block: false, parent });
    }

    fn brace(&mut self, token: Token) {
        let parent = self.top().within;
        let index = self.outline.items.len();
        let top = self.top();
        if top.is_body
            && top.current.is_none()
            && let Some((start, name)) = top.header.take()
        {
            let body = Some(token.range());
            self.outline.items.push(Item { name, range: start..token.end(), body, is_block: true, parent });
            self.push(Kind::CloseBrace, Some(index), true);
            return;
        }
        let owner = top.current.filter(|_| top.is_body);
        if let Some(item) = owner.and_then(|i| self.outline.items.get_mut(i)) {
            item.body = item.body.take().or(Some(token.range()));
        }
        self.push(Kind::CloseBrace, owner, true);
    }

    fn close(&mut self, end: usize) {
        if self.top().is_body {
            self.finish_argument();
        }
        let Some(open) = self.open.pop() else { return };
        if let Some(item) = open.item.and_then(|i| self.outline.items.get_mut(i)) {
            self.ended = open.item;
            item.range.end = end;
            if let Some(body) = item.body.as_mut().filter(|b| b.end == b.start + 1) {
                body.end = end;
            }
        }
    }

    fn finish_argument(&mut self) {
        let end = self.end;
        let top = self.top();
        top.header = None;
        let current = top.current.take();
        self.ended = current.or(self.ended);
        if let Some(item) = current.and_then(|i| self.outline.items.get_mut(i)) {
            item.range.end = end.max(item.range.start);
        }
    }

    fn comment(&mut self, token: Token) {
        let (line, end) = (self.line, self.end);
        let top = self.top();
        let (inside, current, opened) = (top.within, top.current, top.item);
        let opens = self.text.as_bytes().get(end.wrapping_sub(1)) == Some(&b'{');
        let ended = self.ended.filter(|i| self.outline.items.get(*i).is_some_and(|i| i.range.end == end));
        let nearest = opened.filter(|_| opens).or(current).or(ended).or(inside);
        let trails = nearest.filter(|_| end > line);
        self.outline.comments.push(Comment { range: token.range(), inside, trails, heads: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# head

# one
# two
resource \"a\" \"b\" { # opened
  name = \"x\" # name
  # in the body
  count = 1

  # nested
  dynamic \"rule\" {
    for_each = [for r in var.r : { k = r }]
    content {
      x = { a = 1, # a
        b : [2]
      }
    }
  } # closed
  /* last */
}
one { line = 1 } # end
";

    #[test]
    fn comments_know_what_they_stand_on() {
        let outline = Outline::of(TEXT);
        let name = |i: Option<usize>| i.map(|i| outline.items[i].name.as_str()).unwrap_or("-");
        let told: Vec<String> = outline
            .comments
            .iter()
            .map(|c| {
                let text = TEXT[c.range.clone()].trim_matches(['#', '/', '*', ' ']);
                format!("{text}: in {}, trails {}, heads {}", name(c.inside), name(c.trails), name(c.heads))
            })
            .collect();
        assert_eq!(
            told,
            [
                "head: in -, trails -, heads -",
                "one: in -, trails -, heads resource.a.b",
                "two: in -, trails -, heads resource.a.b",
                "opened: in resource.a.b, trails resource.a.b, heads -",
                "name: in resource.a.b, trails name, heads -",
                "in the body: in resource.a.b, trails -, heads count",
                "nested: in resource.a.b, trails -, heads dynamic.rule",
                "a: in x, trails a, heads -",
                "closed: in resource.a.b, trails dynamic.rule, heads -",
                "last: in resource.a.b, trails -, heads -",
                "end: in -, trails one, heads -",
            ]
        );
    }

    #[test]
    fn items_hold_their_text_and_know_their_path() {
        let outline = Outline::of(TEXT);
        let at = outline.at(TEXT.find("[2]").unwrap()).unwrap();
        let top = outline.top(at);
        assert_eq!(outline.path(at, top), "dynamic.rule.content.x.b");
        assert_eq!(&TEXT[outline.items[at].range.clone()], "b : [2]");
        assert!(TEXT[outline.items[top].range.clone()].ends_with("/* last */\n}"));
        assert_eq!(outline.at(TEXT.find("one { line").unwrap()), Some(outline.items.len() - 2));
        assert_eq!(outline.at(0), None);
    }

    #[test]
    fn broken_text_has_an_outline_too() {
        for text in
            ["a {", "a = \"", "}}}", "a { b = [ }", "\u{feff}a = 1", "a = <<E\nx", "= 1", "a \"b\" \"c\" = {"]
        {
            let outline = Outline::of(text);
            for item in &outline.items {
                assert!(
                    item.range.end <= text.len() && item.range.start <= item.range.end,
                    "{text}: {item:?}"
                );
            }
        }
    }
}
