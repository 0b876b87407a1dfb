//! Edits of a file's text that leave comments and layout as they are: an argument is set, a member of an object
//! set, added or taken out, a block added or taken out.

use std::ops::Range;

use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::template::Element;

use super::outline::{Item, Outline};
use super::{parse_expression, span};
use crate::terraform::source::SourceMap;

/// Bytes to replace, none at an insertion, and the text for them.
pub type Edit = (Range<usize>, String);

/// Sets an argument of the block whose header begins at a byte. `name` is dotted where it stands in a nested
/// block. Replaces a literal, or adds a line below the last argument. `None` where the value is no literal or is
/// the wanted one, and where the nested block is not there or one of several.
pub fn set_argument(text: &str, outline: &Outline, header: usize, name: &str, value: &str) -> Option<Edit> {
    let (block, last) = inner(outline, header, name)?;
    let arguments: Vec<&Item> = children(outline, block).map(|(_, i)| i).filter(|i| !i.is_block).collect();
    if let Some(item) = arguments.iter().find(|i| i.name == last) {
        let range = value_of(text, item)?;
        let old = text.get(range.clone())?;
        return (is_literal(old) && old != value).then(|| (range, value.to_owned()));
    }
    let body = outline.items[block].body.clone()?;
    let first_block =
        children(outline, block).find(|(_, i)| i.is_block).map_or(body.end, |(_, i)| i.range.start);
    let anchor = arguments.iter().rev().find(|i| i.range.start < first_block);
    insertion(text, &body, anchor.map(|i| &i.range), last, value)
}

/// Adds a member to the object that an expression in these bytes is, or sets it where it is a literal. `None` when they
/// are no object written out.
pub fn set_member(
    text: &str,
    outline: &Outline,
    object: Range<usize>,
    name: &str,
    value: &str,
) -> Option<Edit> {
    let written = text.get(object.clone())?;
    if !written.starts_with('{') || !written.ends_with('}') || is_for(written) {
        return None;
    }
    let body = object.start..object.end - 1;
    let plain = name.trim_matches('"');
    // Members are the items right below the one whose body this is; an object in a call has none.
    let holder = outline.items.iter().position(|i| i.body.as_ref().is_some_and(|b| b.start == object.start));
    let members: Vec<&Item> =
        holder.map(|at| children(outline, at).map(|(_, i)| i).collect()).unwrap_or_default();
    if let Some(item) = members.iter().find(|i| i.name.trim_matches('"') == plain) {
        let range = value_of(text, item)?;
        return is_literal(text.get(range.clone())?).then(|| (range, value.to_owned()));
    }
    if written.contains('\n') {
        let anchor = members.last().map(|i| &i.range);
        return insertion(text, &body, anchor, name, value);
    }
    // On one line: `{ a = 1 }` becomes `{ a = 1, b = 2 }`.
    let inside = text.get(object.start + 1..object.end - 1)?;
    let end = object.start + 1 + inside.trim_end().len();
    let comma = if inside.trim().is_empty() || inside.trim_end().ends_with(',') { "" } else { "," };
    let close = if text.get(end..object.end - 1)?.is_empty() { " " } else { "" };
    Some((end..end, format!("{comma} {name} = {value}{close}")))
}

/// Takes out the member of an object, or the argument of a block, whose value stands in these bytes. `None` where there is
/// no such item.
pub fn remove(text: &str, outline: &Outline, value: Range<usize>) -> Option<Edit> {
    let item = &outline.items[outline.at(value.start)?];
    if item.is_block || value_of(text, item)? != value {
        return None;
    }
    Some((whole_lines(text, &item.range), String::new()))
}

/// Takes out every block of a name right below the block whose header begins at a byte; `None` where there is none, or a
/// `dynamic` one.
pub fn remove_blocks(text: &str, outline: &Outline, header: usize, name: &str) -> Option<Vec<Edit>> {
    let block = outline.at(header)?;
    let dynamic = format!("dynamic.{name}");
    let mut all = children(outline, block).map(|(_, i)| i).filter(|i| i.is_block);
    if all.clone().any(|i| i.name == dynamic) {
        return None;
    }
    let found: Vec<Edit> = all
        .by_ref()
        .filter(|i| i.name == name)
        .map(|i| (whole_lines(text, &i.range), String::new()))
        .collect();
    (!found.is_empty()).then_some(found)
}

/// Where the only block of a name begins, right below the block whose header begins at a byte; `None` where there is none,
/// or several, or a `dynamic` one.
pub fn only_block(outline: &Outline, header: usize, name: &str) -> Option<usize> {
    let block = outline.at(header)?;
    let dynamic = format!("dynamic.{name}");
    let mut all =
        children(outline, block).filter(|(_, i)| i.is_block && (i.name == name || i.name == dynamic));
    match (all.next(), all.next()) {
        (Some((_, one)), None) if one.name == name => Some(one.range.start),
        _ => None,
    }
}

/// The object that a call of `merge` in these bytes takes last; `None` for any other expression.
pub fn last_object(text: &str, call: &Range<usize>) -> Option<Range<usize>> {
    let written = text.get(call.clone())?;
    let mut sources = SourceMap::default();
    let file = sources.add("", written);
    let Ok(Expression::FuncCall(merge)) = parse_expression(file, written) else { return None };
    if merge.name.namespace.is_empty() && merge.name.name.as_str() == "merge" && !merge.args.expand_final() {
        let last = merge.args.iter().last()?;
        let place = span(file, last).filter(|_| matches!(last, Expression::Object(_)))?;
        return Some(call.start + place.start as usize..call.start + place.end as usize);
    }
    None
}

/// Adds text, of whole lines, before the closing brace of the block whose header begins at a byte.
pub fn add_to_block(text: &str, outline: &Outline, header: usize, lines: &str) -> Option<Edit> {
    let item = &outline.items[outline.at(header)?];
    let body = item.body.clone().filter(|_| item.is_block)?;
    let close = body.end.checked_sub(1)?;
    let start = text.get(..close)?.rfind('\n').map(|n| n + 1).filter(|s| *s > body.start)?;
    text.get(start..close)?.trim().is_empty().then(|| (start..start, lines.to_owned()))
}

/// A text with edits made; those that lie in others are left out, so that each byte changes once. They are sorted by
/// place.
pub fn apply<'e>(text: &str, edits: impl IntoIterator<Item = (Range<usize>, &'e str)>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (range, new) in edits {
        let Some(kept) = text.get(done..range.start) else { continue };
        out.push_str(kept);
        out.push_str(new);
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// A value that says itself what it is.
pub fn is_literal(text: &str) -> bool {
    let quoted = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    match quoted {
        Some(inner) => !inner.contains(['"', '\n']) && !inner.contains("${") && !inner.contains("%{"),
        None => matches!(text, "true" | "false" | "null") || text.parse::<f64>().is_ok_and(f64::is_finite),
    }
}

/// True for an expression that only says what it is: literals, and lists and objects of them.
pub fn is_constant(text: &str) -> bool {
    let mut sources = SourceMap::default();
    let file = sources.add("", text);
    parse_expression(file, text).is_ok_and(|node| constant(&node))
}

fn constant(node: &Expression) -> bool {
    match node {
        Expression::Null(_) | Expression::Bool(_) | Expression::Number(_) | Expression::String(_) => true,
        Expression::Array(items) => items.iter().all(constant),
        Expression::Object(members) => members.iter().all(|(key, value)| {
            let named = match key {
                ObjectKey::Ident(_) => true,
                ObjectKey::Expression(key) => matches!(key, Expression::Variable(_)) || constant(key),
            };
            named && constant(value.expr())
        }),
        Expression::UnaryOp(operation) => matches!(operation.expr, Expression::Number(_)),
        Expression::Parenthesis(inner) => constant(inner.inner()),
        Expression::StringTemplate(template) => plain(template.iter()),
        Expression::HeredocTemplate(heredoc) => plain(heredoc.template.iter()),
        _ => false,
    }
}

fn plain<'t>(mut elements: impl Iterator<Item = &'t Element>) -> bool {
    elements.all(|e| matches!(e, Element::Literal(_)))
}

/// The places of the elements of a list written out, in its text; `None` for any other expression.
pub fn elements(text: &str) -> Option<Vec<Range<usize>>> {
    let mut sources = SourceMap::default();
    let file = sources.add("", text);
    let Ok(Expression::Array(items)) = parse_expression(file, text) else { return None };
    items.iter().map(|node| span(file, node).map(|s| s.start as usize..s.end as usize)).collect()
}

/// A place with its whole line, where nothing else stands on it, else with the comma behind it.
pub fn with_line(text: &str, place: &Range<usize>) -> Range<usize> {
    let rest = text.get(place.end..).unwrap_or_default();
    let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
    let start = text.get(..place.start).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
    let before = text.get(start..place.start).unwrap_or_default().trim();
    let after = line.trim_start().trim_start_matches(',').trim_start();
    if before.is_empty() && (after.is_empty() || after.starts_with('#') || after.starts_with("//")) {
        return start..(place.end + line.len() + 1).min(text.len());
    }
    whole_lines(text, place)
}

/// The items right below an item.
fn children(outline: &Outline, block: usize) -> impl Iterator<Item = (usize, &Item)> + Clone {
    outline.items.iter().enumerate().filter(move |(_, i)| i.parent == Some(block))
}

/// The block that holds an argument, and the last step of its name.
fn inner<'n>(outline: &Outline, header: usize, name: &'n str) -> Option<(usize, &'n str)> {
    let mut block = outline.at(header)?;
    outline.items[block].is_block.then_some(())?;
    let mut steps: Vec<&str> = name.split('.').collect();
    let last = steps.pop()?;
    for step in steps {
        let mut same = children(outline, block).filter(|(_, i)| i.is_block && i.name == step);
        let (Some((at, _)), None) = (same.next(), same.next()) else { return None };
        block = at;
    }
    Some((block, last))
}

/// The bytes of an item's value.
fn value_of(text: &str, item: &Item) -> Option<Range<usize>> {
    let written = text.get(item.range.clone())?;
    let sign = written.find(['=', ':'])?;
    let value = written.get(sign + 1..)?;
    let start = item.range.end - value.trim_start().len();
    Some(start..start + value.trim().len())
}

/// A range with the lines that it alone stands on, else with the comma behind it.
fn whole_lines(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |n| n + 1);
    let rest = &text[range.end..];
    let tail = rest.find('\n').unwrap_or(rest.len());
    let alone = text[start..range.start].trim().is_empty() && matches!(rest[..tail].trim(), "" | ",");
    if alone {
        return start..(range.end + tail + 1).min(text.len());
    }
    // `{ a = 1, b = 2 }`: the comma behind it goes too, or the one before it.
    let behind = rest.len() - rest.trim_start().len();
    if rest.trim_start().starts_with(',') {
        let blank = rest[behind + 1..].len() - rest[behind + 1..].trim_start_matches(' ').len();
        return range.start..range.end + behind + 1 + blank;
    }
    let before = text[..range.start].trim_end();
    let start = if before.ends_with(',') { before.len() - 1 } else { range.start };
    start..range.end
}

fn is_for(object: &str) -> bool {
    object.get(1..).is_some_and(|t| t.trim_start().starts_with("for "))
}

/// A new line below the last argument of a block, or below its opening brace.
fn insertion(
    text: &str,
    body: &Range<usize>,
    anchor: Option<&Range<usize>>,
    name: &str,
    value: &str,
) -> Option<Edit> {
    let from = anchor.map_or(body.start + 1, |a| a.end);
    // The rest of the line may be a comment; a body on one line has no place for another.
    let end = from + text.get(from..body.end)?.find('\n')?;
    let ending = if text.get(..end)?.ends_with('\r') { "\r\n" } else { "\n" };
    let line_of = |at: usize| text[..at].rfind('\n').map_or(0, |n| n + 1);
    let indent = |line: &str| line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned();
    let (indent, equals) = match anchor {
        Some(range) => {
            let line = text.get(line_of(range.start)..end)?;
            let single = !text.get(range.clone())?.contains('\n');
            (indent(line), line.find('=').filter(|_| single))
        }
        None => (format!("{}  ", indent(text.get(line_of(body.start)..)?.lines().next()?)), None),
    };
    let head = format!("{indent}{name}");
    let width = equals.map_or(0, |e| e.saturating_sub(1));
    Some((end + 1..end + 1, format!("{head:<width$} = {value}{ending}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text after an edit that a function of text and outline gives.
    fn edited(text: &str, make: impl Fn(&str, &Outline) -> Option<Edit>) -> Option<String> {
        let edit = make(text, &Outline::of(text))?;
        Some(apply(text, [(edit.0, &*edit.1)]))
    }

    #[test]
    fn members_are_set_added_and_taken_out() {
        let set = |text: &str, name: &'static str| {
            edited(text, move |text, outline| {
                let start = text.find('{')?;
                set_member(text, outline, start..text.rfind('}')? + 1, name, "\"v\"")
            })
        };
        assert_eq!(set("t = { a = 1 }\n", "b").as_deref(), Some("t = { a = 1, b = \"v\" }\n"));
        assert_eq!(set("t = {}\n", "b").as_deref(), Some("t = { b = \"v\" }\n"));
        assert_eq!(set("t = { a = 1 }\n", "a").as_deref(), Some("t = { a = \"v\" }\n"));
        assert_eq!(set("t = { a = var.x }\n", "a"), None);
        assert_eq!(set("t = { for k in x : k => 1 }\n", "a"), None);
        assert_eq!(
            set("t = {\n  long = 1 # why\n}\n", "b").as_deref(),
            Some("t = {\n  long = 1 # why\n  b    = \"v\"\n}\n")
        );
        let out = |text: &str, value: &str| {
            let value = value.to_owned();
            edited(text, move |text, outline| {
                let start = text.find(&value)?;
                remove(text, outline, start..start + value.len())
            })
        };
        assert_eq!(out("t = { a = 11, b = 22 }\n", "11").as_deref(), Some("t = { b = 22 }\n"));
        assert_eq!(out("t = { a = 11, b = 22 }\n", "22").as_deref(), Some("t = { a = 11 }\n"));
        assert_eq!(
            out("t = {\n  a = 11\n  b = 22 # x\n}\n", "11").as_deref(),
            Some("t = {\n  b = 22 # x\n}\n")
        );
        assert_eq!(out("r \"a\" {\n  a = 11\n}\n", "11").as_deref(), Some("r \"a\" {\n}\n"));
    }

    #[test]
    fn blocks_are_added_and_taken_out() {
        let text = "r \"a\" {\n  x = 1\n\n  rule {\n    n = 1\n  }\n}\n";
        let added = edited(text, |text, outline| add_to_block(text, outline, 0, "  new {}\n")).unwrap();
        assert!(added.ends_with("  }\n  new {}\n}\n"), "{added}");
        let all = remove_blocks(text, &Outline::of(text), 0, "rule").unwrap();
        assert_eq!(apply(text, all.iter().map(|(r, t)| (r.clone(), &**t))), "r \"a\" {\n  x = 1\n\n}\n");
        assert!(
            remove_blocks(
                "r \"a\" {\n  dynamic \"rule\" {\n  }\n}\n",
                &Outline::of("r \"a\" {\n  dynamic \"rule\" {\n  }\n}\n"),
                0,
                "rule"
            )
            .is_none()
        );
    }
}
