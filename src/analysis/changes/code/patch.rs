//! The edits that would make the code say what is live.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::body::{Writer, is_collection};
use crate::analysis::changes::Class;
use crate::analysis::changes::cascade::entry;
use crate::analysis::changes::report::{Difference, DriftReport, ResourceDrift, Status};
use crate::azure::catalogue::{self, AttrType, Attribute, Reader, ResourceType};
use crate::azure::estate::{Declared, Estate};
use crate::azure::id::ResourceId;
use crate::terraform::evaluation::Evaluation;
use crate::terraform::schema;
use crate::terraform::source::{FileId, SourceMap, Span};
use crate::terraform::syntax::edit::{self, Edit};
use crate::terraform::syntax::outline::Outline;
use crate::terraform::syntax::print::{key, literal};
use crate::terraform::value::{Str, Value};

/// What is proposed for one difference.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Address of the resource.
    pub address: String,
    /// The attribute that differs; empty for a resource as a whole.
    pub attribute: String,
    /// Edits, or why there are none.
    pub edits: Result<Vec<(FileId, Edit)>, String>,
}

/// Proposals for all drift that nobody accepts.
pub fn proposals(
    report: &DriftReport,
    evaluation: &Evaluation,
    declared: &Estate,
    live: &Estate,
) -> Vec<Proposal> {
    let own = declared.iter().filter_map(|d| d.declared.as_ref().filter(|s| s.inline.is_empty()));
    let sides = own.chain(declared.associations.iter().map(|a| &a.declared));
    let sides = sides.map(|side| (side.address.to_string(), side)).collect();
    let mut maker = Maker { sources: &evaluation.sources, sides, live, outlines: HashMap::new() };
    let mut out = Vec::new();
    for resource in &report.resources {
        let drift = resource.differences.iter().filter(|d| d.class == Class::Drift && d.accepted.is_none());
        match resource.status {
            Status::Changed => out.extend(drift.map(|difference| Proposal {
                address: resource.address.clone(),
                attribute: difference.attribute.clone(),
                edits: maker.edits(resource, difference),
            })),
            Status::Missing if resource.accepted.is_none() => out.push(Proposal {
                address: resource.address.clone(),
                attribute: String::new(),
                edits: Err("it is missing in Azure: apply again, or take its block out".to_owned()),
            }),
            _ => {}
        }
    }
    out
}

struct Maker<'a> {
    sources: &'a SourceMap,
    sides: HashMap<String, &'a Declared>,
    live: &'a Estate,
    outlines: HashMap<FileId, Outline>,
}

type Edits = Result<Vec<(FileId, Edit)>, String>;

impl Maker<'_> {
    fn edits(&mut self, resource: &ResourceDrift, difference: &Difference) -> Edits {
        if difference.sensitive {
            return Err("its value is sensitive".to_owned());
        }
        let side = *self.sides.get(&resource.address).ok_or("its block is not known")?;
        let ty = catalogue::resource(&side.address.type_name);
        let attribute = ty.and_then(|ty| entry(ty, &difference.attribute));
        let declared = difference.declared.as_ref().filter(|v| !v.is_null());
        if let (Some(ty), Some(block)) = (ty, attribute.filter(|a| a.is_block())) {
            // What differs in a set is told by the set, with the value that differs.
            let scalar = |v: Option<&Value>| v.is_some_and(|v| !is_collection(v));
            if !(scalar(declared)
                && scalar(difference.live.as_ref())
                && declared.is_some_and(|v| v.origin.at.is_some()))
            {
                return self.blocks(resource, side, ty, block, difference);
            }
        }
        let live = difference.live.clone();
        match (declared.and_then(|v| v.origin.at), live.filter(|v| !v.is_null())) {
            (Some(span), live) => {
                let lists = declared.and_then(Value::as_slice).zip(live.as_ref().and_then(Value::as_slice));
                match lists.filter(|_| !edit::is_constant(self.written(span).as_str())) {
                    Some((declared, live)) => self.items(span, declared, live),
                    None => self.replace(span, live.as_ref()),
                }
            }
            (None, Some(live)) => self.add(resource, side, ty, attribute, difference, &live),
            (None, None) => Err("there is nothing to write".to_owned()),
        }
    }

    /// The text in a place.
    fn written(&self, span: Span) -> String {
        let text = self.text(span.file);
        text.get(span.start as usize..span.end as usize).unwrap_or_default().to_owned()
    }

    /// Elements of a list that is no constant, each where its own text stands: what only the code has becomes what
    /// only Azure has. What is left over is taken out of the list or added to it.
    fn items(&mut self, span: Span, declared: &[Value], live: &[Value]) -> Edits {
        let same = |a: &Value, b: &Value| match (literal(a, 0), literal(b, 0)) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(&b),
            _ => false,
        };
        let gone: Vec<(usize, &Value)> =
            declared.iter().enumerate().filter(|(_, d)| !live.iter().any(|l| same(d, l))).collect();
        let new: Vec<&Value> = live.iter().filter(|l| !declared.iter().any(|d| same(d, l))).collect();
        let place = self.sources.place(span);
        let computed = || format!("it is computed at {}:{}", place.file, place.line);
        let mut edits = Vec::new();
        for ((_, old), new) in gone.iter().zip(&new) {
            edits.extend(self.replace(old.origin.at.ok_or_else(computed)?, Some(new))?);
        }
        let (left, more) = (gone.get(new.len()..), new.get(gone.len()..));
        let (left, more) = (left.unwrap_or_default(), more.unwrap_or_default());
        if left.is_empty() && more.is_empty() {
            return Ok(edits);
        }
        if place.file.as_str().ends_with(".json") {
            return Err(computed());
        }
        let text = self.text(span.file);
        let start = span.start as usize;
        let places = edit::elements(&self.written(span)).filter(|p| p.len() == declared.len());
        let places: Vec<Range<usize>> =
            places.ok_or_else(computed)?.iter().map(|p| start + p.start..start + p.end).collect();
        for (at, _) in left {
            let place = places.get(*at).ok_or_else(computed)?;
            edits.push((span.file, (edit::with_line(&text, place), String::new())));
        }
        let end = places.last().ok_or_else(computed)?.end;
        for value in more {
            let value = literal(value, 0).ok_or("it cannot be written")?;
            edits.push((span.file, (end..end, format!(", {value}"))));
        }
        Ok(edits)
    }

    /// Another value in the place of a literal, or nothing.
    fn replace(&mut self, span: Span, live: Option<&Value>) -> Edits {
        let (text, range) = (self.text(span.file), span.start as usize..span.end as usize);
        let old = text.get(range.clone()).unwrap_or_default().to_owned();
        let place = self.sources.place(span);
        let computed = || match old.strip_prefix("var.") {
            // A value of the files would have led to its own text.
            Some(name) => format!("the variable {name} is given from outside of the files"),
            None => format!("it is computed at {}:{}", place.file, place.line),
        };
        if place.file.as_str().ends_with(".json") {
            let written = live.map_or(Some(serde_json::Value::Null), json).ok_or("it cannot be written")?;
            let same_form = serde_json::from_str::<serde_json::Value>(&old).is_ok();
            return match same_form && !old.contains("${") {
                true => Ok(vec![(span.file, (range, written.to_string()))]),
                false => Err(computed()),
            };
        }
        if !edit::is_constant(&old) {
            return Err(computed());
        }
        let Some(live) = live else {
            let outline = self.outline(span.file);
            // A member of an object, or an argument of a block that is no variable, is taken out.
            let taken = edit::remove(&text, outline, range.clone()).filter(|_| {
                let top = outline.at(range.start).map(|at| outline.top(at));
                let of_resource = top.is_some_and(|t| outline.items[t].name.starts_with("resource."));
                let own = outline.at(range.start).and_then(|at| outline.items[at].parent);
                own.is_some_and(|p| !outline.items[p].is_block || of_resource)
            });
            return Ok(vec![(span.file, taken.unwrap_or((range, "null".to_owned())))]);
        };
        if let Some(edits) = elements(&text, &range, live) {
            return Ok(edits.into_iter().map(|e| (span.file, e)).collect());
        }
        let written = literal(live, indent_at(&text, range.start)).ok_or("it cannot be written")?;
        Ok(vec![(span.file, (range, written))])
    }

    /// A value where the code says nothing.
    fn add(
        &mut self,
        resource: &ResourceDrift,
        side: &Declared,
        ty: Option<&ResourceType>,
        attribute: Option<&Attribute>,
        difference: &Difference,
        live: &Value,
    ) -> Edits {
        if ty.is_none() {
            return Err("nothing in the body sets it".to_owned());
        }
        let path = &difference.attribute;
        let map = attribute.filter(|a| a.ty == AttrType::Map && a.path.len() < path.len());
        let Some(map) = map else {
            let written = literal(live, 2 + 2 * path.matches('.').count()).ok_or("it cannot be written")?;
            return self.argument(side, path, &written);
        };
        let name = path.get(map.path.len() + 1..).unwrap_or_default();
        let whole = catalogue::declared(&side.instance.config, map.path);
        if let Some(span) = whole.and_then(|v| v.origin.at) {
            let text = self.text(span.file);
            let range = span.start as usize..span.end as usize;
            let value = literal(live, indent_at(&text, range.start) + 2).ok_or("it cannot be written")?;
            let place = self.sources.place(span);
            // What `merge` takes last wins.
            let range = edit::last_object(&text, &range).unwrap_or(range);
            let made = edit::set_member(&text, self.outline(span.file), range, &key(name), &value);
            let made =
                made.ok_or_else(|| format!("{} is computed at {}:{}", map.path, place.file, place.line))?;
            return Ok(vec![(span.file, made)]);
        }
        // Nothing is set: all keys that are live at once.
        let below = |d: &Difference| {
            let key = d.attribute.strip_prefix(map.path)?.strip_prefix('.')?;
            let wanted = d.class == Class::Drift && d.accepted.is_none() && !d.sensitive;
            Some((Str::from(key), d.live.clone().filter(|_| wanted)?))
        };
        let all = Value::object(resource.differences.iter().filter_map(below));
        let written = literal(&all, 2).ok_or("it cannot be written")?;
        self.argument(side, map.path, &written)
    }

    /// A new argument of the resource's block, or of a block in it.
    fn argument(&mut self, side: &Declared, path: &str, written: &str) -> Edits {
        let text = self.text(side.block.file);
        let outline = self.outline(side.block.file);
        let made = edit::set_argument(&text, outline, side.block.start as usize, path, written);
        let made = made.ok_or("the block that would hold it is not written out, or it is one of several")?;
        Ok(vec![(side.block.file, made)])
    }

    /// Nested blocks as they are live, in place of those that the code has.
    fn blocks(
        &mut self,
        resource: &ResourceDrift,
        side: &Declared,
        ty: &'static ResourceType,
        block: &'static Attribute,
        difference: &Difference,
    ) -> Edits {
        if ty.synthetic.is_some() {
            return Err("it is part of another resource".to_owned());
        }
        if !difference.attribute.ends_with(block.name()) {
            return Err("the older name of the block has another form".to_owned());
        }
        let document = self.live.by_id(&ResourceId::new(&*resource.id)).ok_or("it was not read")?;
        let schema = schema::catalogue::resource("hashicorp/azurerm", Some(side.major), ty.name)
            .ok_or("its schema is not known")?;
        let reader = Reader { estate: self.live, document, declared: &side.attributes, parent: None };
        let (file, text) = (side.block.file, self.text(side.block.file));
        let outline = self.outline(file);
        // The block that holds it must be one, in the code and in Azure.
        let steps: Vec<&str> = block.path.split('.').collect();
        let (mut header, mut around, mut within) = (side.block.start as usize, Some(&*schema), Vec::new());
        for depth in 1..steps.len() {
            let path = steps.get(..depth).unwrap_or_default().join(".");
            let outer = ty.attribute(&path).ok_or("the block that holds it is not known")?;
            let mut there = reader.elements(outer, &within).into_iter();
            match (there.next(), there.next()) {
                (Some(one), None) => within.push(one),
                _ => return Err(format!("{path} stands in Azure several times, or not at all")),
            }
            header = edit::only_block(outline, header, outer.name())
                .ok_or_else(|| format!("the block {path} is not written out, or it is one of several"))?;
            around = around.and_then(|s| s.nested(outer.name())).map(|n| &*n.block);
        }
        let known = HashMap::new();
        let unsaid = RefCell::default();
        let writer = Writer { reader, ty, major: side.major, known: &known, unsaid };
        let lines = writer.blocks(block, around, &within, 2 * steps.len())?;
        let written = difference.declared.as_ref().is_some_and(|v| !v.is_null());
        let mut edits: Vec<(FileId, Edit)> = Vec::new();
        if written {
            let out = edit::remove_blocks(&text, outline, header, block.name());
            let out = out.ok_or("the blocks are made by a dynamic block")?;
            edits.extend(out.into_iter().map(|e| (file, e)));
        }
        let new = lines.join("\n");
        match edits.first_mut() {
            Some((_, (_, first))) => *first = new,
            None => {
                let lines = format!("\n{new}");
                let added = edit::add_to_block(&text, outline, header, &lines);
                edits.push((file, added.ok_or("the block has no line of its own for it")?));
            }
        }
        Ok(edits)
    }

    fn text(&self, file: FileId) -> std::sync::Arc<str> {
        self.sources.file(file).text.clone()
    }

    fn outline(&mut self, file: FileId) -> &Outline {
        let sources = self.sources;
        self.outlines.entry(file).or_insert_with(|| Outline::of(&sources.file(file).text))
    }
}

/// Edits of a list over several lines, element by element, so that comments and layout stay. `None` for any other value.
fn elements(text: &str, range: &Range<usize>, live: &Value) -> Option<Vec<Edit>> {
    let live = live.as_slice()?;
    let old = edit::elements(text.get(range.clone())?)?;
    if !text.get(range.clone())?.contains('\n') || old.is_empty() {
        return None;
    }
    let wanted: Vec<String> = live.iter().map(|v| literal(v, 0)).collect::<Option<_>>()?;
    let at = |inner: &Range<usize>| range.start + inner.start..range.start + inner.end;
    let written: Vec<(Range<usize>, &str)> =
        old.iter().map(at).map(|r| (r.clone(), text.get(r).unwrap_or_default())).collect();
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let have: BTreeSet<String> = written.iter().map(|(_, t)| t.to_lowercase()).collect();
    let mut edits: Vec<Edit> = Vec::new();
    for (place, _) in written.iter().filter(|(_, t)| !wanted.iter().any(|w| same(w, t))) {
        edits.push((edit::with_line(text, place), String::new()));
    }
    let new: Vec<&String> = wanted.iter().filter(|w| !have.contains(&w.to_lowercase())).collect();
    if !new.is_empty() {
        let (last, _) = written.last()?;
        let line = edit::with_line(text, last);
        let pad = " ".repeat(indent_at(text, last.start));
        // The last element may have no comma.
        if !text.get(last.end..line.end)?.trim_start().starts_with(',') {
            edits.push((last.end..last.end, ",".to_owned()));
        }
        let lines: String = new.iter().map(|w| format!("{pad}{w},\n")).collect();
        edits.push((line.end..line.end, lines));
    }
    edits.sort_by_key(|e| (e.0.start, e.0.end));
    // A comma after an element that goes is no edit of its own.
    let gone: Vec<Range<usize>> = edits.iter().filter(|e| e.1.is_empty()).map(|e| e.0.clone()).collect();
    edits.retain(|e| e.1 != "," || !gone.iter().any(|g| g.contains(&e.0.start)));
    Some(edits)
}

/// Blanks at the beginning of the line that holds a byte.
fn indent_at(text: &str, byte: usize) -> usize {
    let start = text.get(..byte).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
    let line = text.get(start..).unwrap_or_default();
    line.len() - line.trim_start_matches(' ').len()
}

/// A value for a file in JSON; a text must not become a template.
fn json(value: &Value) -> Option<serde_json::Value> {
    let found = crate::analysis::changes::report::json(value);
    let text = found.to_string();
    (value.is_wholly_known()
        && !value.is_sensitive_anywhere()
        && !text.contains("${")
        && !text.contains("%{"))
    .then_some(found)
}
