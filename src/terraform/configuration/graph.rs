//! The order of evaluation: every declaration after what it refers to, as Terraform's graph has it.
//!
//! The nodes are declarations, not instances: a resource with its `count` is one node, so that the
//! graph is as large as the text of the configuration. A module that is called twice stands in it
//! twice. All passes are iterative; a chain of a hundred thousand locals needs no stack.

use std::collections::{BTreeSet, HashMap, HashSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{Graph, NodeIndex};

use super::declaration::{Module, ResourceName};
use super::decode::step_name;
use super::dependencies::{self, Item, Target, target};
use super::literal;
use super::sources::Sources;
use super::tree::Tree;
use super::waits::Waits;
use crate::terraform::address::Mode;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::expression::{Reference, Step};

/// One declaration of one module call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Task {
    /// Node of the module tree.
    pub node: usize,
    /// The declaration.
    pub item: Item,
}

/// The tasks in an order in which each comes after what it refers to.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// The tasks; one that refers to itself, directly or through others, is to be given up.
    pub tasks: Vec<(Task, bool)>,
    /// Resources that something with `create_before_destroy` refers to, by node of the tree and number:
    /// they are created first, too.
    pub create_first: HashSet<(usize, usize)>,
    /// The graph, for questions afterwards.
    pub waits: Waits,
}

/// Numbers of a module's declarations, laid out one kind after another.
#[derive(Clone, Debug, Default)]
struct Layout {
    items: Vec<Item>,
    at: HashMap<Item, usize>,
}

impl Layout {
    fn of(module: &Module) -> Layout {
        let mut items: Vec<Item> = Vec::new();
        items.extend((0..module.variables.len()).map(Item::Variable));
        let validated = module.variables.values().enumerate().filter(|(_, v)| !v.validations.is_empty());
        items.extend(validated.map(|(i, _)| Item::Validation(i)));
        // Before resources: who answers a data source looks at its provider's settings.
        items.extend((0..module.providers.len()).map(Item::Provider));
        items.extend((0..module.locals.len()).map(Item::Local));
        items.extend((0..module.outputs.len()).map(Item::Output));
        items.extend((0..module.resources.len()).map(Item::Resource));
        items.extend((0..module.calls.len()).map(Item::Call));
        items.extend((0..module.checks.len()).map(Item::Check));
        items.extend((0..module.imports.len()).map(Item::Import));
        let at = items.iter().enumerate().map(|(i, item)| (*item, i)).collect();
        Layout { items, at }
    }
}

/// What the declarations of one module refer to, found once however often it is called.
struct Links {
    layout: Layout,
    /// By number of the declaration.
    targets: Vec<Vec<Target>>,
    /// Declarations that refer to themselves (which was reported).
    selfish: BTreeSet<usize>,
}

/// Orders the tasks; references to nothing and cycles are reported.
pub(super) fn order(tree: &Tree, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Order {
    let mut place_of: Vec<String> = vec!["the root module".into(); tree.modules.len()];
    for node in tree.nodes.iter().rev().filter(|n| !n.path.is_empty()) {
        place_of[node.module] = path_text(&node.path);
    }
    let links: Vec<Links> = tree
        .modules
        .iter()
        .zip(&place_of)
        .map(|(module, place)| links(module, place, sources, diagnostics))
        .collect();
    let mut builder = Builder { tree, links: &links, base: Vec::new(), graph: Graph::new() };
    builder.build(sources);
    let tasks = builder.tasks();
    let mut order =
        Order { tasks: Vec::new(), create_first: builder.create_first(&tasks), waits: Waits::default() };
    for component in kosaraju_scc(&builder.graph) {
        let cycle = component.len() > 1;
        if cycle {
            diagnostics.push(builder.cycle(&tasks, &component));
        }
        for index in component {
            let Some(task) = tasks.get(index.index()) else { continue };
            let links = &links[tree.nodes[task.node].module];
            let number = index.index() - builder.base[task.node];
            order.tasks.push((*task, cycle || links.selfish.contains(&number)));
        }
    }
    order.waits = Waits::new(builder.graph, tasks, tree);
    order
}

/// `module.a.module.b`
fn path_text(path: &[crate::terraform::value::Str]) -> String {
    path.iter().map(|name| format!("module.{name}")).collect::<Vec<_>>().join(".")
}

fn links(module: &Module, place: &str, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Links {
    let layout = Layout::of(module);
    let mut targets = Vec::with_capacity(layout.items.len());
    let mut selfish = BTreeSet::new();
    for (number, item) in layout.items.iter().enumerate() {
        let mut found = Vec::new();
        let references = dependencies::of(module, *item, sources);
        let content = references.content.into_iter().map(|r| (r, false));
        for (reference, checked) in references.found.into_iter().map(|r| (r, true)).chain(content) {
            match target(module, &reference, &|| place.to_owned()) {
                Ok(Target::Context) => {}
                Ok(Target::Item(other)) if other == *item && waits_for_itself(module, *item, &reference) => {}
                Ok(Target::Item(other)) if other == *item => {
                    selfish.insert(number);
                    diagnostics.push(self_reference(module, *item, &reference));
                }
                Ok(target) => found.push(target),
                Err(diagnostic) if checked => diagnostics.push(diagnostic),
                Err(_) => {}
            }
        }
        targets.push(found);
    }
    // Inputs of calls belong to the variables of the called module, but are written here.
    for call in module.calls.values() {
        for input in call.inputs.values() {
            for reference in dependencies::of_expr(&input.expr, sources) {
                diagnostics.extend(target(module, &reference, &|| place.to_owned()).err());
            }
        }
    }
    Links { layout, targets, selfish }
}

/// True for a resource that names itself in `depends_on`: Terraform lets it.
fn waits_for_itself(module: &Module, item: Item, reference: &Reference) -> bool {
    let Item::Resource(at) = item else { return false };
    let resource = module.resources.get_index(at).map(|(_, resource)| resource);
    resource.is_some_and(|r| r.depends_on.iter().any(|named| named.span == reference.span))
}

fn self_reference(module: &Module, item: Item, reference: &Reference) -> Diagnostic {
    if let Item::Local(at) = item {
        let name = module.locals.get_index(at).map_or("", |(name, _)| name);
        let detail = format!("Local value local.{name} cannot use its own result as part of its expression.");
        return Diagnostic::error(reference.span, "Self-referencing local value", detail);
    }
    let name = match item {
        Item::Resource(at) => module.resources.get_index(at).map(|(name, _)| name.to_string()),
        Item::Call(at) => module.calls.get_index(at).map(|(name, _)| format!("module.{name}")),
        _ => None,
    };
    let detail = format!("Configuration for {} may not refer to itself.", name.unwrap_or_default());
    Diagnostic::error(reference.span, "Self-referential block", detail)
}

struct Builder<'a> {
    tree: &'a Tree,
    links: &'a [Links],
    /// By node of the tree: the number of its first task.
    base: Vec<usize>,
    graph: Graph<(), ()>,
}

impl Builder<'_> {
    fn links(&self, node: usize) -> &Links {
        &self.links[self.tree.nodes[node].module]
    }

    fn tasks(&self) -> Vec<Task> {
        (0..self.tree.nodes.len())
            .flat_map(|node| self.links(node).layout.items.iter().map(move |item| Task { node, item: *item }))
            .collect()
    }

    fn number(&self, node: usize, item: Item) -> Option<NodeIndex> {
        let at = self.links(node).layout.at.get(&item)?;
        Some(NodeIndex::new(self.base.get(node)? + at))
    }

    fn link(&mut self, from: NodeIndex, to: Option<NodeIndex>) {
        if let Some(to) = to {
            self.graph.add_edge(from, to, ());
        }
    }

    fn build(&mut self, sources: &Sources) {
        let mut next = 0;
        for node in 0..self.tree.nodes.len() {
            self.base.push(next);
            next += self.links(node).layout.items.len();
        }
        for _ in 0..next {
            self.graph.add_node(());
        }
        for node in 0..self.tree.nodes.len() {
            self.node(node, sources);
        }
        self.imports(sources);
    }

    fn node(&mut self, node: usize, sources: &Sources) {
        let links = &self.links[self.tree.nodes[node].module];
        let parent = self.tree.nodes[node].parent;
        for (number, item) in links.layout.items.iter().enumerate() {
            let from = NodeIndex::new(self.base[node] + number);
            for target in &links.targets[number] {
                self.target(from, node, target);
            }
            if let Item::Validation(at) = item {
                self.link(from, self.number(node, Item::Variable(*at)));
            }
            let Some((caller, call)) = parent else { continue };
            self.link(from, self.number(caller, Item::Call(call)));
            if let Item::Variable(at) = item {
                self.input(from, node, caller, call, *at, sources);
            }
        }
    }

    /// A variable of a called module depends on what the call gives it.
    fn input(
        &mut self,
        from: NodeIndex,
        node: usize,
        caller: usize,
        call: usize,
        at: usize,
        sources: &Sources,
    ) {
        let name = self.tree.module(node).variables.get_index(at).map(|(name, _)| name);
        let module = self.tree.module(caller);
        let input = module.calls.get_index(call).and_then(|(_, c)| c.inputs.get(name?));
        let Some(input) = input else { return };
        for reference in dependencies::of_expr(&input.expr, sources) {
            if let Ok(target) = target(module, &reference, &String::new) {
                self.target(from, caller, &target);
            }
        }
    }

    fn target(&mut self, from: NodeIndex, node: usize, target: &Target) {
        match target {
            Target::Context => {}
            Target::Item(item) => self.link(from, self.number(node, *item)),
            Target::Output(call, name) => {
                self.link(from, self.number(node, Item::Call(*call)));
                let Some(child) = self.child(node, *call) else { return };
                let output = self.tree.module(child).outputs.get_index_of(name);
                self.link(from, output.and_then(|at| self.number(child, Item::Output(at))));
            }
            Target::Module(call) => {
                self.link(from, self.number(node, Item::Call(*call)));
                let Some(child) = self.child(node, *call) else { return };
                for at in 0..self.tree.module(child).outputs.len() {
                    self.link(from, self.number(child, Item::Output(at)));
                }
            }
        }
    }

    fn child(&self, node: usize, call: usize) -> Option<usize> {
        self.tree.nodes[node].children.get(call).copied().flatten()
    }

    /// A resource that an import block names takes its id from there.
    fn imports(&mut self, sources: &Sources) {
        for at in 0..self.tree.module(0).imports.len() {
            let Some(import) = self.number(0, Item::Import(at)) else { continue };
            let Some(ImportTarget::Resource(node, resource)) = import_target(self.tree, at, sources) else {
                continue;
            };
            if let Some(from) = self.number(node, Item::Resource(resource)) {
                self.link(from, Some(import));
            }
        }
    }

    /// What resources with `create_before_destroy` refer to, directly or through others.
    fn create_first(&self, tasks: &[Task]) -> HashSet<(usize, usize)> {
        let creates_first = |task: &Task| match task.item {
            Item::Resource(at) => {
                let resource = self.tree.module(task.node).resources.get_index(at);
                resource.is_some_and(|(_, r)| r.lifecycle.create_before_destroy)
            }
            _ => false,
        };
        let first = tasks.iter().enumerate().filter(|(_, task)| creates_first(task));
        let mut open: Vec<NodeIndex> = first.map(|(at, _)| NodeIndex::new(at)).collect();
        let mut seen: HashSet<NodeIndex> = open.iter().copied().collect();
        while let Some(at) = open.pop() {
            open.extend(self.graph.neighbors(at).filter(|next| seen.insert(*next)));
        }
        let task = |at: &NodeIndex| match tasks.get(at.index()) {
            Some(Task { node, item: Item::Resource(number) }) => Some((*node, *number)),
            _ => None,
        };
        seen.iter().filter_map(task).collect()
    }

    fn cycle(&self, tasks: &[Task], component: &[NodeIndex]) -> Diagnostic {
        const SHOWN: usize = 20;
        let members = component.iter().filter_map(|i| tasks.get(i.index()));
        let mut names: Vec<String> = members.map(|task| self.name(task)).collect();
        names.sort();
        let more = names.len().saturating_sub(SHOWN);
        names.truncate(SHOWN);
        let tail = if more > 0 { format!(", and {more} more") } else { String::new() };
        let detail = "These refer to each other in a circle, so none of them can be evaluated first. Take \
                      one of the references out.";
        // Terraform has no place for it; the first declaration is where a person starts to look.
        let first = component.iter().filter_map(|i| tasks.get(i.index())).filter_map(|t| self.place(t)).min();
        Diagnostic::error(first, format!("Cycle: {}{tail}", names.join(", ")), detail)
    }

    fn place(&self, task: &Task) -> Option<crate::terraform::source::Span> {
        let module = self.tree.module(task.node);
        match task.item {
            Item::Variable(at) | Item::Validation(at) => {
                module.variables.get_index(at).map(|(_, v)| v.header)
            }
            Item::Local(at) => module.locals.get_index(at).map(|(_, l)| l.name_span),
            Item::Output(at) => module.outputs.get_index(at).map(|(_, o)| o.header),
            Item::Resource(at) => module.resources.get_index(at).map(|(_, r)| r.header),
            Item::Call(at) => module.calls.get_index(at).map(|(_, c)| c.header),
            _ => None,
        }
    }

    /// The name that Terraform gives a task in a cycle.
    fn name(&self, task: &Task) -> String {
        let module = self.tree.module(task.node);
        let path = path_text(&self.tree.nodes[task.node].path);
        let dot = if path.is_empty() { "" } else { "." };
        let in_module = |text: String| format!("{path}{dot}{text}");
        let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
        match task.item {
            Item::Resource(at) => {
                in_module(name(module.resources.get_index(at).map(|(n, _)| n.to_string()).as_deref()))
            }
            Item::Variable(at) | Item::Validation(at) => {
                let text = format!("var.{}", name(module.variables.get_index(at).map(|(n, _)| &**n)));
                if path.is_empty() { text } else { format!("{} (expand)", in_module(text)) }
            }
            Item::Local(at) => {
                in_module(format!("local.{} (expand)", name(module.locals.get_index(at).map(|(n, _)| &**n))))
            }
            Item::Output(at) => in_module(format!(
                "output.{} (expand)",
                name(module.outputs.get_index(at).map(|(n, _)| &**n))
            )),
            Item::Call(at) => {
                in_module(format!("module.{} (expand)", name(module.calls.get_index(at).map(|(n, _)| &**n))))
            }
            Item::Check(at) => {
                in_module(format!("check.{}", name(module.checks.get_index(at).map(|(n, _)| &**n))))
            }
            Item::Provider(at) => {
                in_module(format!("provider.{}", name(module.providers.get(at).map(|p| &*p.name))))
            }
            Item::Import(_) => in_module("import".into()),
        }
    }
}

/// What an import block of the root names.
pub(super) enum ImportTarget {
    /// A resource: its node of the tree and its number.
    Resource(usize, usize),
    /// Something in a module that could not be read.
    Unread,
}

/// What an import block of the root names, if there is such a thing.
pub(super) fn import_target(tree: &Tree, import: usize, sources: &Sources) -> Option<ImportTarget> {
    let to = &tree.module(0).imports.get(import)?.to;
    let reference = literal::first_reference(sources, to)?;
    let mut node = 0;
    let mut names = std::iter::once(&*reference.root).chain(
        reference
            .steps
            .iter()
            .filter(|s| !matches!(s, Step::Index(_) | Step::Key(_) | Step::Dynamic))
            .filter_map(step_name),
    );
    let mut root = names.next()?;
    while root == "module" {
        let call = tree.module(node).calls.get_index_of(names.next()?)?;
        let Some(child) = tree.nodes[node].children.get(call).copied()? else {
            return Some(ImportTarget::Unread);
        };
        node = child;
        root = names.next()?;
    }
    let name = names.next()?;
    let key = ResourceName { mode: Mode::Managed, type_name: root.into(), name: name.into() };
    Some(ImportTarget::Resource(node, tree.module(node).resources.get_index_of(&key)?))
}
