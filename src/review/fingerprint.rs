//! By what a finding is known again when lines, files and instance keys have changed.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::Subject;
use crate::analysis::finding::Finding;
use crate::terraform::address::without_keys;
use crate::terraform::evaluation::Instance;
use crate::terraform::moves::previous;
use crate::terraform::source::{FileId, SourceMap, Span};
use crate::terraform::syntax::outline::Outline;

/// The rule, the address without instance keys, and the path of the argument at fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// Code of the finding.
    pub code: String,
    /// Address of the resource without instance keys, or the id of a live one.
    pub address: String,
    /// Names of the blocks and the argument in the resource that the finding is about, such as
    /// `default_node_pool.upgrade_settings`; empty for the resource itself.
    pub path: String,
}

impl Fingerprint {
    /// Its digest in hexadecimal; `ordinal` tells findings apart that are alike otherwise, from 0.
    pub fn digest(&self, ordinal: usize) -> String {
        let text = format!("{}\0{}\0{}\0{ordinal}", self.code, self.address, self.path);
        Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// Makes fingerprints of the findings of one root module.
pub struct Fingerprints<'a> {
    subject: &'a Subject,
    instances: HashMap<String, &'a Instance>,
    outlines: HashMap<FileId, Outline>,
}

impl<'a> Fingerprints<'a> {
    /// For the findings of a root module.
    pub fn new(subject: &'a Subject) -> Fingerprints<'a> {
        let instances = subject.evaluation.instances.iter().map(|i| (i.address.to_string(), i)).collect();
        Fingerprints { subject, instances, outlines: HashMap::new() }
    }

    /// The fingerprint of a finding.
    pub fn of(&mut self, finding: &Finding) -> Fingerprint {
        let block = self.instances.get(&*finding.address).map(|i| i.block);
        let places: Vec<Span> = finding.places().collect();
        let path = block.and_then(|block| self.path(block, &places)).unwrap_or_default();
        Fingerprint {
            code: finding.code.to_string(),
            address: without_keys(&finding.address).into_owned(),
            path,
        }
    }

    /// The fingerprint that the same finding had before `moved` blocks.
    pub fn before(&self, fingerprint: &Fingerprint) -> Option<Fingerprint> {
        let address = previous(&self.subject.evaluation.moves, &fingerprint.address)?;
        Some(Fingerprint { address: without_keys(&address).into_owned(), ..fingerprint.clone() })
    }

    /// The path in a block of the first of these places that lies in it.
    fn path(&mut self, block: Span, places: &[Span]) -> Option<String> {
        let sources = &self.subject.evaluation.sources;
        let outline = self.outlines.entry(block.file).or_insert_with(|| outline(sources, block.file));
        let top = outline.top(outline.at(block.start as usize)?);
        let inside = places.iter().filter(|p| p.file == block.file);
        let mut items = inside.filter_map(|p| outline.at(p.start as usize));
        let item = items.find(|i| outline.top(*i) == top && *i != top)?;
        let mut names: Vec<String> = outline
            .ancestors(item)
            .take_while(|i| *i != top)
            .map(|i| name(sources, block.file, outline, i))
            .collect();
        names.reverse();
        Some(names.join("."))
    }
}

fn outline(sources: &SourceMap, file: FileId) -> Outline {
    let file = sources.file(file);
    if file.path.as_str().ends_with(".json") { Outline::default() } else { Outline::of(&file.text) }
}

/// The name of an item; of a block that may be repeated with the literal `name` in it.
fn name(sources: &SourceMap, file: FileId, outline: &Outline, item: usize) -> String {
    let found = &outline.items[item];
    let members = outline.items.iter().skip(item + 1).take_while(|i| i.range.start < found.range.end);
    let label =
        members.filter(|i| found.is_block && i.parent == Some(item) && i.name == "name").find_map(|i| {
            let text = sources.file(file).text.get(i.range.clone())?;
            let (_, value) = text.split_once('=')?;
            let value = value.trim();
            (value.starts_with('"') && !value.contains('$')).then(|| value.to_owned())
        });
    match label {
        Some(label) => format!("{}[{label}]", found.name),
        None => found.name.clone(),
    }
}
