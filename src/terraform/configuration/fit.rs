//! Which major version of a provider the code was written for, where nothing says: the one whose
//! schemas have what the code uses.

use super::body::Body;
use super::declaration::Resource;
use super::providers::local_name;
use super::tree::Tree;
use crate::terraform::address::Mode;
use crate::terraform::schema::{self, Block};

/// How many blocks deep a body is looked at.
const DEPTH: usize = 16;

/// True when every resource of this provider is of a type that the major has, sets what it must, and
/// nothing that the major does not know.
pub(super) fn fits(tree: &Tree, local: &str, source: &str, major: u32) -> bool {
    let resources = tree.modules.iter().flat_map(|m| m.resources.values());
    resources.filter(|r| *local_name(r) == *local).all(|r| resource_fits(r, source, major))
}

fn resource_fits(resource: &Resource, source: &str, major: u32) -> bool {
    let find = match resource.name.mode {
        Mode::Managed => schema::resource,
        Mode::Data => schema::data_source,
        Mode::Ephemeral => schema::ephemeral,
    };
    find(source, Some(major), &resource.name.type_name)
        .is_some_and(|block| body_fits(&resource.body, &block, DEPTH))
}

fn body_fits(body: &Body, block: &Block, depth: usize) -> bool {
    let known = |name: &str| block.attribute(name).is_some() || block.nested(name).is_some();
    let required = block.attributes.iter().filter(|a| a.required);
    let blocks = body.blocks.iter().all(|inner| {
        let (name, inner) = if &*inner.kind == "dynamic" {
            (inner.label(0), inner.body.blocks("content").next().map(|c| &c.body))
        } else {
            (inner.kind.clone(), Some(&inner.body))
        };
        match (block.nested(&name), inner) {
            (Some(nested), Some(inner)) if depth > 0 => body_fits(inner, &nested.block, depth - 1),
            _ => known(&name),
        }
    });
    blocks
        && body.attributes.keys().all(|name| known(name))
        && required.into_iter().all(|a| body.attribute(&a.name).is_some())
}
