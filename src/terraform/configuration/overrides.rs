//! Override files: `override.tf`, `*_override.tf` change what the other files declare.

use super::body::{Block, Body};
use crate::terraform::diagnostic::Diagnostic;

/// Kinds of blocks that an override may also add.
const MAY_ADD: &[&str] =
    &["terraform", "provider", "moved", "removed", "import", "check", "required_providers"];

/// Merges the blocks of an override file into those of the base files.
pub(super) fn merge(base: &mut Body, over: Body, diagnostics: &mut Vec<Diagnostic>) {
    for block in over.blocks {
        if &*block.kind == "locals" {
            merge_locals(base, block, diagnostics);
            continue;
        }
        let same = |b: &&mut Block| {
            b.kind == block.kind && b.labels.iter().map(|l| &l.0).eq(block.labels.iter().map(|l| &l.0))
        };
        match base.blocks.iter_mut().find(same) {
            Some(target) if &*block.kind != "terraform" => merge_block(target, block),
            None if !MAY_ADD.contains(&&*block.kind) => diagnostics.push(missing_base(&block)),
            // `terraform` blocks add up; later entries win when they are decoded.
            _ => base.blocks.push(block),
        }
    }
}

fn merge_locals(base: &mut Body, over: Block, diagnostics: &mut Vec<Diagnostic>) {
    for (name, attribute) in over.body.attributes {
        let holder =
            base.blocks.iter_mut().find(|b| &*b.kind == "locals" && b.body.attributes.contains_key(&name));
        match holder {
            Some(block) => drop(block.body.attributes.insert(name, attribute)),
            None => diagnostics.push(Diagnostic::error(
                attribute.name_span,
                "Missing base local value definition to override",
                format!(
                    "There is no local value named {name:?}. An override file can only override a local \
                     value that was already defined in a primary configuration file."
                ),
            )),
        }
    }
}

fn merge_block(base: &mut Block, over: Block) {
    for (one, other) in [("count", "for_each"), ("for_each", "count")] {
        if over.body.attributes.contains_key(one) {
            base.body.attributes.shift_remove(other);
        }
    }
    base.body.attributes.extend(over.body.attributes);
    // Nested blocks of one type replace all of that type; `lifecycle` is merged by argument.
    let target = |b: &Block| if &*b.kind == "dynamic" { b.label(0) } else { b.kind.clone() };
    let kinds: Vec<_> = over.body.blocks.iter().map(target).filter(|k| &**k != "lifecycle").collect();
    base.body.blocks.retain(|b| !kinds.contains(&target(b)));
    for block in over.body.blocks {
        match base.body.blocks.iter_mut().find(|b| &*b.kind == "lifecycle" && *b.kind == *block.kind) {
            Some(lifecycle) => merge_block(lifecycle, block),
            None => base.body.blocks.push(block),
        }
    }
}

fn missing_base(block: &Block) -> Diagnostic {
    let (first, second) = (block.label(0), block.label(1));
    let (what, named, thing) = match &*block.kind {
        "resource" => (
            "Missing resource to override",
            format!("{first} resource named {second:?}"),
            "a resource block defined",
        ),
        "data" => (
            "Missing data resource to override",
            format!("{first} data resource named {second:?}"),
            "a data block defined",
        ),
        "ephemeral" => (
            "Missing ephemeral resource to override",
            format!("{first} ephemeral resource named {second:?}"),
            "an ephemeral block defined",
        ),
        "variable" => (
            "Missing base variable declaration to override",
            format!("variable named {first:?}"),
            "a variable that was already declared",
        ),
        "output" => (
            "Missing base output definition to override",
            format!("output named {first:?}"),
            "an output that was already declared",
        ),
        _ => (
            "Missing module call to override",
            format!("module call named {first:?}"),
            "a module call that was already declared",
        ),
    };
    let detail = format!(
        "There is no {named}. An override file can only override {thing} in a primary configuration file."
    );
    Diagnostic::error(block.header, what, detail)
}
