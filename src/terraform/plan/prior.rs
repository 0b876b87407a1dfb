//! What becomes of a prior state, in the plan.

use serde_json::{Map, Value as Json, json};

use super::{Module, Writer, full_name, is_read, known_json, sensitive_json, type_json, unknown_json};
use crate::terraform::address::{InstanceKey, Part};
use crate::terraform::change::{Action, AttributePath, Change, Gone};
use crate::terraform::evaluation::{Instance, Output};
use crate::terraform::input::RecordedOutput;
use crate::terraform::value::Value;

/// What an apply does to an output.
pub(super) fn output_action(before: Option<&RecordedOutput>, output: &Output) -> &'static str {
    let value = output.value.clone().unmark_deep().0;
    match before {
        // Without a state at all, plans say so even of null.
        None => "create",
        Some(was) if value.is_null() && was.value.is_null() => "no-op",
        Some(was) => {
            let same = value.is_wholly_known() && value.equals(&was.value).as_bool() == Some(true);
            if same && output.sensitive == was.sensitive { "no-op" } else { "update" }
        }
    }
}

impl Writer<'_> {
    /// An instance that is there already.
    pub(super) fn changed(&self, instance: &Instance, prior: &Change) -> Json {
        let mut out = self.place(&instance.address, self.provider_name(instance));
        self.finish(&mut out, prior, Some(&instance.planned));
        if let Some(importing) = self.importing(&instance.address)
            && let Some(Json::Object(change)) = out.get_mut("change")
        {
            change.insert("importing".into(), importing);
        }
        Json::Object(out)
    }

    /// An object that has no place in the configuration.
    pub(super) fn gone(&self, gone: &Gone) -> Json {
        let mut out = self.place(&gone.address, full_name(&gone.source, &gone.address.type_name));
        if let Some(key) = &gone.deposed {
            out.insert("deposed".into(), (&**key).into());
        }
        self.finish(&mut out, &gone.change, None);
        Json::Object(out)
    }

    fn finish(&self, out: &mut Map<String, Json>, prior: &Change, after: Option<&Value>) {
        if let Some(was) = &prior.previous_address {
            out.shift_insert(1, "previous_address".into(), was.to_string().into());
        }
        let mut change = Map::new();
        change.insert("actions".into(), json!(prior.action.words()));
        change.insert("before".into(), known_json(&prior.before, self.secrets).unwrap_or_default());
        match after {
            Some(after) => {
                change.extend(known_json(after, self.secrets).map(|json| ("after".to_owned(), json)))
            }
            None => drop(change.insert("after".into(), Json::Null)),
        }
        let unknown = after.filter(|v| !v.is_wholly_known()).map_or_else(|| json!({}), unknown_json);
        change.insert("after_unknown".into(), unknown);
        change.insert("before_sensitive".into(), sensitive_json(&prior.before));
        change.insert("after_sensitive".into(), after.map_or(false.into(), sensitive_json));
        if prior.action.is_replace() && !prior.replace_paths.is_empty() {
            let paths: Json = prior.replace_paths.iter().map(path_json).collect();
            change.insert("replace_paths".into(), paths);
        }
        out.insert("change".into(), Json::Object(change));
        if let Some(cause) = prior.cause {
            out.insert("action_reason".into(), cause.word().into());
        }
    }

    /// Outputs that are not declared any more.
    pub(super) fn lost_outputs(&self, changes: &mut Map<String, Json>) {
        let before = self.evaluation.changes.iter().flat_map(|c| &c.outputs);
        for (name, was) in before.filter(|(name, _)| !self.evaluation.outputs.contains_key(*name)) {
            let value = known_json(&was.clone().marked(), self.secrets).unwrap_or_default();
            let change = json!({
                "actions": Action::Delete.words(),
                "before": value,
                "after": null,
                "after_unknown": false,
                "before_sensitive": was.sensitive,
                "after_sensitive": false,
            });
            changes.insert(name.to_string(), change);
        }
        changes.sort_keys();
    }

    /// `values` of the prior state: what was there, and the data sources that are known.
    pub(super) fn prior_values(&self) -> Json {
        let Some(changes) = &self.evaluation.changes else { return self.state(is_read) };
        let mut root = Module::default();
        for instance in self.evaluation.instances.iter().filter(|i| is_read(i)) {
            self.put(&mut root, self.identity(instance), &instance.address, &instance.planned);
        }
        for before in &changes.before {
            let identity =
                Self::identity_of(&before.address, full_name(&before.source, &before.address.type_name));
            self.put(&mut root, identity, &before.address, &before.value);
        }
        let outputs = changes.outputs.iter().map(|(name, output)| {
            let value = known_json(&output.clone().marked(), self.secrets).unwrap_or_default();
            let ty = type_json(&output.value.ty());
            (name.to_string(), json!({ "sensitive": output.sensitive, "type": ty, "value": value }))
        });
        let outputs: Map<String, Json> = outputs.collect();
        json!({ "outputs": outputs, "root_module": root.into_json(None) })
    }
}

/// `["default_node_pool", 0, "name"]`
fn path_json(path: &AttributePath) -> Json {
    let step = |part: &Part| match part {
        Part::Name(name) | Part::Key(InstanceKey::Key(name)) => Json::from(&**name),
        Part::Key(InstanceKey::Index(at)) => Json::from(*at),
        Part::Key(InstanceKey::Unknown) => Json::Null,
    };
    path.iter().map(step).collect()
}
