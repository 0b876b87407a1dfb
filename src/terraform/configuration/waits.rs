//! Which resource is made after which: the graph of references, kept for questions after evaluation.

use std::collections::HashSet;

use petgraph::graph::{Graph, NodeIndex};

use super::declaration::ResourceName;
use super::dependencies::{Item, Target, target};
use super::graph::Task;
use super::tree::Tree;
use crate::terraform::address::Address;

/// The graph: an edge leads from a declaration to one that it waits for.
#[derive(Debug, Default)]
pub(super) struct Waits {
    graph: Graph<(), ()>,
    tasks: Vec<Task>,
}

impl Waits {
    /// The graph of an order, with what `depends_on` says of whole modules: evaluation needs only their
    /// outputs, but an apply waits for all that is in them.
    pub(super) fn new(mut graph: Graph<(), ()>, tasks: Vec<Task>, tree: &Tree) -> Waits {
        let mut more = Vec::new();
        for (at, task) in tasks.iter().enumerate() {
            let module = tree.module(task.node);
            let named = match task.item {
                Item::Resource(number) => module.resources.get_index(number).map(|(_, r)| &r.depends_on),
                Item::Call(number) => module.calls.get_index(number).map(|(_, c)| &c.depends_on),
                _ => None,
            };
            for reference in named.into_iter().flatten() {
                let Ok(Target::Module(call)) = target(module, reference, &String::new) else { continue };
                let Some(child) = tree.nodes[task.node].children.get(call).copied().flatten() else {
                    continue;
                };
                let below = |t: &Task| tree.nodes[t.node].path.starts_with(&tree.nodes[child].path);
                let inside = tasks.iter().enumerate().filter(|(_, t)| below(t));
                more.extend(inside.map(|(to, _)| (NodeIndex::new(at), NodeIndex::new(to))));
            }
        }
        for (from, to) in more {
            graph.add_edge(from, to, ());
        }
        Waits { graph, tasks }
    }

    fn number(&self, tree: &Tree, address: &Address) -> Option<NodeIndex> {
        let names = || address.module.0.iter().map(|step| &step.name);
        let node = tree.nodes.iter().position(|n| n.path.iter().eq(names()))?;
        let (mode, type_name, name) = (address.mode, address.type_name.clone(), address.name.clone());
        let key = ResourceName { mode, type_name, name };
        let item = Item::Resource(tree.module(node).resources.get_index_of(&key)?);
        self.tasks.iter().position(|t| *t == Task { node, item }).map(NodeIndex::new)
    }

    /// True when an apply makes one resource before it begins with the other.
    pub(super) fn follows(&self, tree: &Tree, later: &Address, earlier: &Address) -> bool {
        let (Some(later), Some(earlier)) = (self.number(tree, later), self.number(tree, earlier)) else {
            return false;
        };
        let mut open = vec![later];
        let mut seen: HashSet<NodeIndex> = HashSet::new();
        while let Some(at) = open.pop() {
            for next in self.graph.neighbors(at).filter(|n| seen.insert(*n)) {
                if next == earlier {
                    return true;
                }
                open.push(next);
            }
        }
        false
    }
}
