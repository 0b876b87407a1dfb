//! What stands outside of the root module, and what the code calls it.

use std::collections::HashMap;

use super::Graph;
use crate::azure::id::ResourceId;
use crate::terraform::source::Span;
use crate::terraform::value::Value;

/// The data source that reads what another root module hands out.
const STATE: &str = "terraform_remote_state";

/// Names of what is outside.
pub(super) struct Outside {
    /// Data sources by the key of the id of what they read.
    read: HashMap<String, String>,
    /// Those that read the state of another root module, by their blocks.
    states: Vec<(Span, String)>,
}

impl Outside {
    pub(super) fn new(graph: &Graph<'_>) -> Outside {
        let data = graph.estate.data.iter();
        let read = data.filter_map(|d| Some((d.host.as_ref()?.key(), d.declared.address.to_string())));
        let instances = graph.evaluation.into_iter().flat_map(|e| &e.instances);
        let states = instances.filter(|i| &*i.address.type_name == STATE);
        Outside { read: read.collect(), states: states.map(|i| (i.block, i.address.to_string())).collect() }
    }

    /// What a value with an id leads to: the data source that says the id, else the name in it.
    pub(super) fn name(&self, value: &Value, id: &str) -> String {
        let passed = |at: Span| value.origin.at == Some(at) || value.origin.via().contains(&at);
        let state = self.states.iter().find(|(block, _)| passed(*block)).map(|(_, address)| address);
        let id = ResourceId::new(id);
        let found = state.or_else(|| self.read.get(&id.key())).cloned();
        found.unwrap_or_else(|| format!("{}, a resource outside this root", id.name()))
    }
}
