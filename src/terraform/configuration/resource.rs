//! Instances of resources and data sources.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::blocks;
use super::body::Body;
use super::builtin;
use super::declaration::Resource;
use super::json_blocks;
use super::run::{Repeated, Run, Shape};
use super::scope::Frame;
use super::spec;
use crate::terraform::address::{Address, InstanceKey, Mode};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::Instance;
use crate::terraform::schema::{self, Block, PlanContext};
use crate::terraform::source::Span;
use crate::terraform::value::{Origin, Reason, Str, Type, Value};

/// What is the same for all instances of a resource in one module instance.
pub(super) struct Common<'a> {
    /// The block.
    pub(super) resource: &'a Resource,
    body: Cow<'a, Body>,
    /// The schema of its type.
    pub(super) schema: Option<Arc<Block>>,
    /// It is created before it is destroyed, because one that refers to it is.
    pub(super) create_first: bool,
    provider: Str,
    calls: Arc<[Span]>,
    first: Address,
}

impl Run<'_> {
    /// Evaluates all instances of a resource.
    pub(super) fn resource(&self, instance: usize, at: usize) -> Repeated {
        let module = self.module_of(instance);
        let Some((name, resource)) = module.resources.get_index(at) else { return Repeated::failed() };
        let repetition =
            self.repetition(instance, resource.count.as_ref(), resource.for_each.as_ref(), "resource");
        let (path, calls, provider, create_first) = {
            let state = self.state.borrow();
            let module = &state.modules[instance];
            let create_first = self.create_first.contains(&(module.node, at));
            let provider = self.tree.nodes[module.node].provider(&resource.provider);
            (module.path.clone(), module.calls.clone(), provider, create_first)
        };
        let first = Address {
            module: path,
            mode: name.mode,
            type_name: name.type_name.clone(),
            name: name.name.clone(),
            key: None,
            root: None,
        };
        let schema = self.schema(resource);
        let body = match &schema {
            Some(schema) if json_blocks::is_json(&resource.body) => {
                Cow::Owned(json_blocks::with_schema(&resource.body, schema, &|file| self.sources.text(file)))
            }
            _ => Cow::Borrowed(&resource.body),
        };
        let common = Common { resource, body, schema, create_first, provider, calls, first };
        if let Some(schema) = common.schema.as_ref().filter(|_| repetition.instances.is_empty()) {
            self.check_names(schema, &common.body, resource.header);
        }
        let mut values: Vec<(Option<InstanceKey>, Value)> = Vec::with_capacity(repetition.instances.len());
        let mut config = HashMap::new();
        for (key, each) in repetition.instances {
            if self.stopped.get() {
                return Repeated::failed();
            }
            let frame = Frame::new(self, instance).repeated(&repetition.shape, key.clone(), each);
            let made = self.instance(frame, &common, key.clone());
            values.push((key.clone(), made.planned.clone()));
            if common.schema.is_none() {
                config.insert(key, made.config.clone());
            }
            self.state.borrow_mut().instances.push(made);
        }
        let value = match &repetition.shape {
            Shape::One => values.pop().map_or_else(super::run::failed, |(_, value)| value),
            Shape::Count => Value::tuple(values.into_iter().map(|(_, value)| value).collect()),
            Shape::Each => {
                let members = values.into_iter().filter_map(|(key, value)| match key {
                    Some(InstanceKey::Key(key)) => Some((key, value)),
                    _ => None,
                });
                Value::object(members)
            }
            Shape::Unknown(reason) => Value::unknown(Type::Dynamic, reason.clone()),
        };
        Repeated { shape: repetition.shape, value, config }
    }

    /// Terraform checks a resource also when it has no instances. References are checked by the graph;
    /// here are the names of arguments and blocks.
    fn check_names(&self, schema: &Block, body: &Body, header: Span) {
        for (name, attribute) in &body.attributes {
            if schema.attribute(name).is_none() && schema.nested(name).is_none() {
                let known = schema.attributes.iter().filter(|a| a.required || a.optional).map(|a| &*a.name);
                self.report(spec::unsupported_argument(name, attribute.name_span, known, false));
            }
        }
        let mut present: Vec<Str> = Vec::new();
        for block in &body.blocks {
            let dynamic = &*block.kind == "dynamic";
            let (kind, at) = if dynamic {
                (block.label(0), block.label_span(0))
            } else {
                (block.kind.clone(), block.kind_span)
            };
            let content = if dynamic {
                block.body.blocks("content").next().map(|c| &c.body)
            } else {
                Some(&block.body)
            };
            match (schema.nested(&kind), content) {
                (Some(nested), Some(content)) => self.check_names(&nested.block, content, block.header),
                (None, _) if schema.attribute(&kind).is_none() => {
                    let known = schema.blocks.iter().map(|b| &*b.name);
                    self.report(spec::unsupported_block(&kind, at, known, false));
                }
                _ => {}
            }
            present.push(kind);
        }
        for required in schema.attributes.iter().filter(|a| a.required) {
            if !body.attributes.contains_key(&required.name) && !present.contains(&required.name) {
                self.report(spec::missing_argument(&required.name, Some(header)));
            }
        }
    }

    /// The schema of a resource's type; what is wrong with the type is reported where it is first used.
    pub(super) fn schema(&self, resource: &Resource) -> Option<Arc<Block>> {
        let key = (resource.name.mode, resource.name.type_name.clone());
        if let Some(known) = self.schemas.borrow().get(&key) {
            return known.clone();
        }
        let found = self.find_schema(resource);
        self.schemas.borrow_mut().insert(key, found.clone());
        found
    }

    fn find_schema(&self, resource: &Resource) -> Option<Arc<Block>> {
        let name = &resource.name;
        let local = super::providers::local_name(resource);
        let found = self.providers.get(&local);
        let provider = (found.map_or("", |p| &*p.source), found.and_then(|p| p.major));
        if provider.0 == schema::builtin::SOURCE {
            let found = schema::builtin::schema(name.mode, &name.type_name);
            if found.is_none() {
                let what = if name.mode == Mode::Data { "data source" } else { "resource type" };
                let detail =
                    format!("The provider {} does not support {what} {:?}.", provider.0, &*name.type_name);
                let what = if name.mode == Mode::Data { "data source" } else { "resource type" };
                self.report(Diagnostic::error(resource.header, format!("Invalid {what}"), detail));
            }
            return found;
        }
        let find = match name.mode {
            Mode::Managed => schema::resource,
            Mode::Data => schema::data_source,
            Mode::Ephemeral => schema::ephemeral,
        };
        if let Some(found) = find(provider.0, provider.1, &name.type_name) {
            return Some(found);
        }
        // A provider whose schema is known, but not this type of it.
        let types = schema::types(provider.0, provider.1, name.mode)?;
        let hint = super::suggest::did_you_mean(&name.type_name, types.iter().copied());
        let what = if name.mode == Mode::Data { "data source" } else { "resource type" };
        let version = provider.1.map(|m| format!(" {m}.x")).unwrap_or_default();
        let detail = format!(
            "The provider {}{version} does not support {what} {:?}, as far as trueup knows.{hint}",
            provider.0, &*name.type_name
        );
        self.report(Diagnostic::warning(resource.header, format!("Invalid {what}"), detail));
        None
    }

    fn instance(&self, mut frame: Frame<'_, '_>, common: &Common<'_>, key: Option<InstanceKey>) -> Instance {
        let resource = common.resource;
        let address = Address { key, ..common.first.clone() };
        let precondition =
            self.conditions(&frame, &resource.preconditions, "precondition", "Resource precondition failed");
        let config = blocks::object(&mut frame, &common.body, Origin::at(resource.header));
        if address.mode != Mode::Ephemeral {
            self.refuse_ephemeral(&config, common.schema.as_deref());
        }
        let planned = self.planned(&address, &config, common);
        let planned = match address.mode {
            Mode::Managed => self.against_prior(&address, planned, &config, common, &frame),
            _ => planned,
        };
        let planned = self.derive(&address, &common.provider, &config, planned);
        frame.this = Some(planned.clone());
        let postcondition = self.conditions(
            &frame,
            &resource.postconditions,
            "postcondition",
            "Resource postcondition failed",
        );
        if !resource.preconditions.is_empty() || !resource.postconditions.is_empty() {
            let status = precondition.and(postcondition);
            self.state.borrow_mut().checks.insert(address.to_string(), status);
        }
        Instance {
            address,
            provider: common.provider.clone(),
            config,
            planned,
            block: resource.header,
            calls: common.calls.clone(),
            lifecycle: resource.lifecycle.clone(),
        }
    }

    fn refuse_ephemeral(&self, config: &Value, schema: Option<&Block>) {
        for (name, origin) in blocks::ephemeral_arguments(config) {
            if schema.and_then(|s| s.attribute(&name)).is_some_and(|a| a.write_only) {
                continue;
            }
            let detail = format!(
                "Ephemeral values are not valid for {name:?}, because it is not a write-only attribute and \
                 must be persisted to state."
            );
            let at = origin.via().last().copied().or(origin.at);
            self.report(Diagnostic::error(at, "Invalid use of ephemeral value", detail));
        }
    }

    fn planned(&self, address: &Address, config: &Value, common: &Common<'_>) -> Value {
        let header = common.resource.header;
        let answered = |planned: Value| match address.mode {
            Mode::Data => {
                let schema = common.schema.as_deref();
                self.answered(address, &common.provider, config, planned, schema, header)
            }
            _ => planned,
        };
        let Some(schema) = &common.schema else {
            return answered(unplanned(address));
        };
        let shared = Arc::new(address.clone());
        let cx = PlanContext { address: &shared, block: common.resource.header };
        let (planned, diagnostics) = schema::plan_value(schema, config, &cx);
        self.diagnostics.borrow_mut().extend(diagnostics);
        let import = self.state.borrow().imports.get(&address.to_string()).cloned();
        let planned = answered(builtin::refine(self, address, planned, import));
        match (address.mode, &*address.type_name) {
            (Mode::Data, "terraform_remote_state") => self.with_remote_state(address, planned, header),
            _ => planned,
        }
    }
}

/// A type without schema: nothing is known of it but what the configuration sets, which references
/// find by themselves.
fn unplanned(address: &Address) -> Value {
    let (address, path, derived) = (Arc::new(address.clone()), "".into(), false);
    let reason = match address.mode {
        Mode::Data => Reason::Data { address, path, derived, why: None },
        _ => Reason::Computed { address, path, derived },
    };
    Value::unknown_not_null(Type::Dynamic, reason)
}
