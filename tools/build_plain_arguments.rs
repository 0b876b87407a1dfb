//! Writes the table of arguments whose removal is a change: single values for which the azurerm provider
//! has no default, computes nothing and suppresses no difference.
//!
//!     cargo run --example build-plain-arguments -- PROVIDER-SOURCE > src/terraform/behaviour/plain.txt
//!
//! PROVIDER-SOURCE is `internal/services` of the provider's source. An argument counts that is written out
//! there as a schema of its own. A name that is so wherever it occurs stands in the line of `*`; other names
//! stand in the line of each type whose own file has them so, and no file beside it that several types share
//! has them otherwise.

#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use trueup::terraform::address::Mode;
use trueup::terraform::schema::{self, Block};
use trueup::terraform::value::Type;

/// What keeps the removal of an argument from being a plain one.
const OPEN: &[&str] =
    &["Default:", "DefaultFunc:", "Computed:", "DiffSuppressFunc:", "DiffSuppressOnRefresh:", "StateFunc:"];

/// A folder, and the type that a file in it is about; empty for a file that types share.
type File = (PathBuf, String);

/// The files that have a name as a plain argument, and those that have it otherwise.
#[derive(Default)]
struct Uses {
    plain: HashSet<File>,
    open: HashSet<File>,
}

impl Uses {
    fn is_plain_in(&self, type_name: &str) -> bool {
        let shared = |folder: &PathBuf| (folder.clone(), String::new());
        let own = self.plain.iter().filter(|(_, of)| of == type_name);
        own.clone().any(|file| !self.open.contains(file) && !self.open.contains(&shared(&file.0)))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::env::args().nth(1).ok_or("usage: build-plain-arguments PROVIDER-SOURCE")?;
    let mut uses: HashMap<String, Uses> = HashMap::new();
    read(Path::new(&root), &mut uses)?;
    let mut everywhere: BTreeSet<String> = BTreeSet::new();
    let mut by_type: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for major in [3, 4, 5] {
        for type_name in schema::types("azurerm", Some(major), Mode::Managed).unwrap_or_default() {
            let Some(block) = schema::resource("azurerm", Some(major), type_name) else { continue };
            let mut names = BTreeSet::new();
            single(&block, &mut names);
            let file = type_name.trim_start_matches("azurerm_");
            for name in names {
                let Some(uses) = uses.get(&name) else { continue };
                if uses.open.is_empty() {
                    everywhere.insert(name);
                } else if uses.is_plain_in(file) {
                    by_type.entry(type_name).or_default().insert(name);
                }
            }
        }
    }
    let line = |names: &BTreeSet<String>| names.iter().map(|n| format!(" {n}")).collect::<String>();
    println!("*{}", line(&everywhere));
    for (type_name, names) in &by_type {
        println!("{}{}", type_name.trim_start_matches("azurerm_"), line(names));
    }
    Ok(())
}

/// The optional single arguments of a block and of those in it, which the provider does not compute.
fn single(block: &Block, names: &mut BTreeSet<String>) {
    let is_single = |ty: &Type| matches!(ty, Type::String | Type::Number | Type::Bool);
    let plain = block.attributes.iter().filter(|a| a.optional && !a.computed && is_single(&a.ty));
    names.extend(plain.map(|a| a.name.to_string()));
    for nested in block.blocks.iter().filter(|b| &*b.name != "timeouts") {
        single(&nested.block, names);
    }
}

/// Reads all files below a folder but those of earlier schema versions.
fn read(dir: &Path, uses: &mut HashMap<String, Uses>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.ends_with("migration") {
            continue;
        }
        if path.is_dir() {
            read(&path, uses)?;
            continue;
        }
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let other = ["_test.go", "_data_source.go", "_list.go"].iter().any(|end| name.ends_with(end));
        if other || !name.ends_with(".go") {
            continue;
        }
        let file = (dir.to_owned(), name.strip_suffix("_resource.go").unwrap_or_default().to_owned());
        let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        arguments(&text, &file, uses);
    }
    Ok(())
}

/// Entries of schemas: `"name": {`, closed at the same depth, or `"name": call(...),`.
fn arguments(text: &str, file: &File, uses: &mut HashMap<String, Uses>) {
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let inner = line.trim_start_matches('\t');
        let depth = line.len() - inner.len();
        let Some((name, value)) = inner.strip_prefix('"').and_then(|rest| rest.split_once("\":")) else {
            continue;
        };
        let value = value.trim();
        if value.ends_with('{') && (value == "{" || value.contains("Schema{")) {
            let end = format!("{}}}", "\t".repeat(depth));
            let one_deeper = |l: &&&str| l.len() - l.trim_start_matches('\t').len() == depth + 1;
            let body = lines[at + 1..].iter().take_while(|l| !l.starts_with(&end));
            let members: Vec<&str> = body.filter(one_deeper).map(|l| l.trim()).collect();
            if !members.iter().any(|m| m.starts_with("Type:")) {
                continue;
            }
            let uses = uses.entry(name.to_owned()).or_default();
            let is_open = members.iter().any(|m| OPEN.iter().any(|word| m.starts_with(word)));
            let files = if is_open { &mut uses.open } else { &mut uses.plain };
            files.insert(file.clone());
        } else if value.ends_with("),") {
            uses.entry(name.to_owned()).or_default().open.insert(file.clone());
        }
    }
}
