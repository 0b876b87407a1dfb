//! Who speaks of a resource: other resources' values, and the module calls that get it.

use std::collections::{HashMap, HashSet};

use super::Graph;
use crate::analysis::rules::Truth;
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::terraform::evaluation::{Evaluation, Instance};
use crate::terraform::source::Span;
use crate::terraform::value::{Reason, Value};

/// How deep values are looked into.
const MAX_DEPTH: u32 = 32;

/// True when a value, or a part of it, is the resource's attribute or holds one of the words.
pub(crate) fn mentions(value: &Value, address: &str, words: &[&str]) -> bool {
    below(value, MAX_DEPTH, &|v| match v.as_unknown().map(|u| &u.reason) {
        Some(Reason::Computed { address: of, .. }) => of.to_string() == address,
        _ => v.as_str().is_some_and(|text| words.iter().any(|w| !w.is_empty() && text.contains(w))),
    })
}

fn below(value: &Value, depth: u32, test: &impl Fn(&Value) -> bool) -> bool {
    if test(value) {
        return true;
    }
    let deeper = |v: &Value| depth > 0 && below(v, depth - 1, test);
    value.as_slice().is_some_and(|items| items.iter().any(deeper))
        || value.as_map().is_some_and(|members| members.values().any(deeper))
}

/// What the code names: addresses of resources whose attributes are used, and literal ids.
#[derive(Default)]
pub(super) struct Named<'a> {
    by_resource: HashMap<String, Vec<&'a Instance>>,
    by_output: HashSet<String>,
}

impl<'a> Named<'a> {
    /// What the arguments of all instances and the outputs of the root name.
    pub(super) fn of(evaluation: &'a Evaluation, instances: &'a [Instance]) -> Named<'a> {
        let mut named = Named::default();
        for instance in instances {
            let mut names = HashSet::new();
            gather(&instance.config, MAX_DEPTH, &mut names);
            for name in names {
                named.by_resource.entry(name).or_default().push(instance);
            }
        }
        for output in evaluation.outputs.values() {
            gather(&output.value, MAX_DEPTH, &mut named.by_output);
        }
        named
    }
}

/// Adds the addresses and ids that a value names.
fn gather(value: &Value, depth: u32, into: &mut HashSet<String>) {
    if let Some(unknown) = value.as_unknown() {
        if let Reason::Computed { address, .. } = &unknown.reason {
            into.insert(address.to_string());
        }
    } else if let Some(id) = value.as_str().filter(|text| text.starts_with('/')) {
        into.insert(ResourceId::new(id).key());
    } else if depth > 0 {
        let members = value.as_map().into_iter().flat_map(|m| m.values());
        let parts = value.as_slice().unwrap_or_default().iter().chain(members);
        parts.for_each(|v| gather(v, depth - 1, into));
    }
}

impl<'a> Graph<'a> {
    /// Whether something uses a resource: another resource names it (or Azure says that it is attached), or
    /// an output hands it out, so that another root may.
    pub fn is_used(&self, document: &Document) -> Truth {
        let Some(declared) = &document.declared else {
            let attached = ["properties.ipConfiguration", "properties.natGateway"];
            return attached.iter().any(|p| document.get(p).is_some()).into();
        };
        let Some(evaluation) = self.evaluation else {
            return Truth::Unknown("the code that may use it was not read".into());
        };
        let named = self.named.get_or_init(|| Named::of(evaluation, self.all_instances));
        let keys = [declared.address.to_string(), document.id.key()];
        if keys.iter().any(|k| named.by_resource.contains_key(k)) {
            return Truth::Yes;
        }
        if keys.iter().any(|k| named.by_output.contains(k)) {
            return Truth::Unknown("an output hands it out; another root may use it".into());
        }
        self.closed_world(document, Truth::No)
    }

    /// The instances that name a resource, by its address or its id, in the order of the code.
    pub fn users(&self, address: &str, id: Option<&ResourceId>) -> Vec<&'a Instance> {
        let Some(evaluation) = self.evaluation else { return Vec::new() };
        let named = self.named.get_or_init(|| Named::of(evaluation, self.all_instances));
        let of = |key: &str| named.by_resource.get(key).into_iter().flatten().copied();
        let mut found: Vec<&Instance> = of(address).collect();
        let by_id: Vec<&Instance> = id.map(|i| of(&i.key()).collect()).unwrap_or_default();
        found.extend(by_id.into_iter().filter(|b| !of(address).any(|a| std::ptr::eq(a, *b))));
        found
    }

    /// True when an output of the root hands a resource out.
    pub fn is_output(&self, address: &str) -> bool {
        let Some(evaluation) = self.evaluation else { return false };
        self.named.get_or_init(|| Named::of(evaluation, self.all_instances)).by_output.contains(address)
    }

    /// Instances whose type begins like this: `kubernetes_`, `helm_`.
    pub fn instances_like(
        &self,
        prefixes: &'static [&'static str],
    ) -> impl Iterator<Item = &'a Instance> + use<'a> {
        self.all_instances.iter().filter(move |i| prefixes.iter().any(|p| i.address.type_name.starts_with(p)))
    }

    /// True when a module call that leads to a resource gets something of another one: the text of
    /// the call speaks of it, or of the module that holds it.
    pub fn handed_to_module_of(&self, of: &Document, what: &Document) -> bool {
        let (Some(of), Some(what)) = (&of.declared, &what.declared) else { return false };
        let depth = of.address.module.0.len().min(of.instance.calls.len());
        (0..depth).any(|level| {
            let shared = of.address.module.0.get(..level) == what.address.module.0.get(..level);
            let name = match what.address.module.0.get(level) {
                Some(step) => format!("module.{}", step.name),
                None => format!("{}.{}", what.address.type_name, what.address.name),
            };
            let own = of.address.module.0.get(level) == what.address.module.0.get(level);
            shared
                && !own
                && self.call_text(of.instance.calls[level]).is_some_and(|text| has_word(text, &name))
        })
    }

    /// The text of the block that begins with a header.
    fn call_text(&self, header: Span) -> Option<&'a str> {
        let file = &self.evaluation?.sources.file(header.file).text;
        let rest = file.get(header.start as usize..)?;
        // The closing brace of a block at the top of a file stands at the beginning of a line.
        let end = rest.find("\n}").unwrap_or(rest.len());
        rest.get(..end)
    }
}

/// The text of the block at the top of a file that holds a place.
pub(super) fn block_around(evaluation: &Evaluation, span: Span) -> Option<&str> {
    let file = &evaluation.sources.file(span.file).text;
    let mut end = (span.start as usize).min(file.len());
    loop {
        let start = file.get(..end)?.rfind('\n').map_or(0, |at| at + 1);
        let text = file.get(start..)?;
        // Code may stand without indentation: a line that opens nothing is an argument.
        let opens = text.lines().next().is_some_and(|line| line.contains('{'));
        if start == 0 || opens && text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return text.get(..text.find("\n}").unwrap_or(text.len()));
        }
        end = start - 1;
    }
}

/// Whether a document will be there when the resource at an address is: not certain where one instance
/// stands for an unknown number of them, of which there may be none.
pub(crate) fn there(document: &Document, with: &str) -> Truth {
    stands(&document.label(), with)
}

/// The same of what is declared at an address.
pub(crate) fn stands(own: &str, with: &str) -> Truth {
    let shared = own.split('.').zip(with.split('.')).take_while(|(a, b)| a == b).count();
    match own.split('.').skip(shared).any(|step| step.ends_with("[*]")) {
        true => Truth::Unknown(format!("how many there are of {own} is not known")),
        false => Truth::Yes,
    }
}

/// True when a dotted name occurs and does not go on with another letter.
pub(super) fn has_word(text: &str, name: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(|c| goes_on(c) || c == '.') && !after.is_some_and(goes_on)
    })
}
