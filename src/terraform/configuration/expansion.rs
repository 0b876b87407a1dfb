//! `count` and `for_each`: how often a block repeats, and with which keys.

use std::collections::HashMap;
use std::sync::Arc;

use super::body::Attribute;
use super::run::{Children, ModuleInstance, Run, Shape};
use super::scope::Frame;
use crate::terraform::address::InstanceKey;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::Span;
use crate::terraform::value::convert::convert;
use crate::terraform::value::{Kind, Reason, Type, Value};

/// Keys of the instances with their `each.value`.
#[derive(Debug)]
pub(super) struct Repetition {
    /// How the block repeats.
    pub shape: Shape,
    /// Key and `each.value` of each instance, in order.
    pub instances: Vec<(Option<InstanceKey>, Option<Value>)>,
}

impl Repetition {
    fn one() -> Repetition {
        Repetition { shape: Shape::One, instances: vec![(None, None)] }
    }

    /// What failed has no instances; what is merely not known has one that stands for all.
    fn unknown(reason: Reason) -> Repetition {
        let instances = match reason {
            Reason::Failed => Vec::new(),
            _ => vec![(Some(InstanceKey::Unknown), None)],
        };
        Repetition { shape: Shape::Unknown(reason), instances }
    }
}

/// Why Terraform itself could not tell: a value that exists only after apply. Others it would know.
fn at_apply(reason: &Reason) -> bool {
    matches!(reason, Reason::Computed { .. } | Reason::Function(_))
}

impl Run<'_> {
    /// Evaluates `count` or `for_each`.
    pub(super) fn repetition(
        &self,
        instance: usize,
        count: Option<&Attribute>,
        for_each: Option<&Attribute>,
        what: &str,
    ) -> Repetition {
        match (count, for_each) {
            // Both at once were reported.
            (_, Some(attribute)) => self.for_each(instance, attribute, what),
            (Some(attribute), None) => self.count(instance, attribute, what),
            (None, None) => Repetition::one(),
        }
    }

    fn refuse(&self, span: Span, summary: &str, detail: impl Into<String>) -> Repetition {
        self.report(Diagnostic::error(span, summary, detail));
        Repetition::unknown(Reason::Failed)
    }

    /// A warning when only trueup cannot tell, an error when Terraform cannot either.
    fn not_known(&self, name: &str, reason: &Reason, span: Span, detail: &str) -> Repetition {
        if *reason == Reason::Failed {
            return Repetition::unknown(Reason::Failed);
        }
        if at_apply(reason) {
            self.report(Diagnostic::error(span, format!("Invalid {name} argument"), detail));
        } else {
            self.report(Diagnostic::warning(
                span,
                format!("Unknown {name}"),
                format!(
                    "How many instances there are is not known: {reason}. One instance stands for all of \
                     them."
                ),
            ));
        }
        Repetition::unknown(reason.clone())
    }

    fn count(&self, instance: usize, attribute: &Attribute, what: &str) -> Repetition {
        let span = attribute.expr.span;
        let (value, marks) = self.evaluate(&Frame::new(self, instance), &attribute.expr).unmark();
        if marks.ephemeral {
            let detail = "The given \"count\" is derived from an ephemeral value, which means that Terraform \
                          cannot persist it between plan/apply rounds. Use only non-ephemeral values to \
                          specify the number of resource instances.";
            return self.refuse(span, "Invalid count argument", detail);
        }
        if let Some(unknown) = value.as_unknown() {
            let detail = "The \"count\" value depends on resource attributes that cannot be determined until \
                          apply, so Terraform cannot predict how many instances will be created. To work \
                          around this, use the -target argument to first apply only the resources that the \
                          count depends on.";
            return self.not_known("count", &unknown.reason, span, detail);
        }
        if value.is_null() {
            let detail = "The given \"count\" argument value is null. An integer is required.";
            return self.refuse(span, "Invalid count argument", detail);
        }
        let number = match convert(value, &Type::Number) {
            Ok(number) => number,
            Err(error) => {
                return self.refuse(
                    span,
                    "Incorrect value type",
                    format!("Invalid expression value: {error}."),
                );
            }
        };
        let unsuitable = |why: &str| {
            let detail = format!("The given \"count\" argument value is unsuitable: {why}.");
            self.refuse(span, "Invalid count argument", detail)
        };
        let Some(count) = number.as_i64() else {
            return unsuitable(
                "value must be a whole number, between -9223372036854775808 and 9223372036854775807",
            );
        };
        let Ok(count) = usize::try_from(count) else {
            return unsuitable("must be greater than or equal to zero");
        };
        let _ = what;
        if !self.limit_instances(count, span) {
            return Repetition::unknown(Reason::Failed);
        }
        let instances = (0..count).map(|i| (Some(InstanceKey::Index(i as u64)), None)).collect();
        Repetition { shape: Shape::Count, instances }
    }

    fn for_each(&self, instance: usize, attribute: &Attribute, what: &str) -> Repetition {
        const SUMMARY: &str = "Invalid for_each argument";
        let span = attribute.expr.span;
        let (value, marks) = self.evaluate(&Frame::new(self, instance), &attribute.expr).unmark();
        let reason = value.as_unknown().map(|u| u.reason.clone());
        if reason == Some(Reason::Failed) {
            return Repetition::unknown(Reason::Failed);
        }
        if marks.ephemeral {
            let detail = "The given \"for_each\" value is derived from an ephemeral value, which means that \
                          Terraform cannot persist it between plan/apply rounds. Use only non-ephemeral \
                          values to specify a resource's instance keys.";
            return self.refuse(span, SUMMARY, detail);
        }
        if marks.sensitive {
            let detail = "Sensitive values, or values derived from sensitive values, cannot be used as \
                          for_each arguments. If used, the sensitive value could be exposed as a resource \
                          instance key.";
            return self.refuse(span, SUMMARY, detail);
        }
        if value.is_null() {
            let detail =
                "The given \"for_each\" argument value is null. A map, or set of strings is allowed.";
            return self.refuse(span, SUMMARY, detail);
        }
        let ty = value.ty();
        match &ty {
            Type::Dynamic | Type::Map(_) | Type::Object(_) | Type::Set(_) => {}
            other => {
                let detail = format!(
                    "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be \
                     a map, or set of strings, and you have provided a value of type {}.",
                    other.friendly_name()
                );
                return self.refuse(span, SUMMARY, detail);
            }
        }
        let set_detail = "The \"for_each\" set includes values derived from resource attributes that cannot \
                          be determined until apply, and so Terraform cannot determine the full set of keys \
                          that will identify the instances of this resource.";
        if let Some(reason) = reason {
            let detail = match ty {
                Type::Set(_) => set_detail,
                _ => {
                    "The \"for_each\" map includes keys derived from resource attributes that cannot be \
                     determined until apply, and so Terraform cannot determine the full set of keys that \
                     will identify the instances of this resource."
                }
            };
            return self.not_known("for_each", &reason, span, detail);
        }
        let _ = what;
        let entries: Vec<(Option<InstanceKey>, Option<Value>)> = match &value.kind {
            Kind::Map(_, m) | Kind::Object(m) => {
                if !self.limit_instances(m.len(), span) {
                    return Repetition::unknown(Reason::Failed);
                }
                let entry =
                    |(k, v): (&Arc<str>, &Value)| (Some(InstanceKey::Key(k.clone())), Some(v.clone()));
                m.iter().map(entry).collect()
            }
            Kind::Set(element, members) => {
                if let Some(unknown) = members.iter().find_map(Value::as_unknown) {
                    return self.not_known("for_each", &unknown.reason, span, set_detail);
                }
                let set_error = |why: String| {
                    let detail = format!("The given \"for_each\" argument value is unsuitable: {why}.");
                    self.refuse(span, "Invalid for_each set argument", detail)
                };
                if !members.is_empty() && *element != Type::String {
                    return set_error(format!(
                        "\"for_each\" supports maps and sets of strings, but you have provided a set \
                         containing type {}",
                        element.friendly_name()
                    ));
                }
                if members.iter().any(Value::is_null) {
                    return set_error("\"for_each\" sets must not contain null values".into());
                }
                if !self.limit_instances(members.len(), span) {
                    return Repetition::unknown(Reason::Failed);
                }
                let key = |v: &Value| Some(InstanceKey::Key(v.as_str()?.into()));
                members.iter().map(|v| (key(v), Some(v.clone()))).collect()
            }
            _ => Vec::new(),
        };
        Repetition { shape: Shape::Each, instances: entries }
    }

    /// Makes the instances of a called module.
    pub(super) fn call(&self, node: usize, instance: usize, at: usize, given_up: bool) {
        let Some(child) = self.tree.nodes[node].children.get(at).copied().flatten() else { return };
        let Some((name, call)) = self.tree.module(node).calls.get_index(at) else { return };
        let repetition = if given_up {
            Repetition::unknown(Reason::Failed)
        } else {
            self.repetition(instance, call.count.as_ref(), call.for_each.as_ref(), "module")
        };
        let mut state = self.state.borrow_mut();
        let parent = &state.modules[instance];
        let calls: Arc<[Span]> = parent.calls.iter().copied().chain([call.header]).collect();
        let path = parent.path.clone();
        let mut children =
            Children { shape: repetition.shape, instances: Vec::new(), by_key: HashMap::new() };
        for (key, each) in repetition.instances {
            let number = state.modules.len();
            let path = path.child(name.clone(), key.clone());
            let mut made = ModuleInstance::new(child, self.tree.module(child), path, calls.clone());
            made.parent = Some(instance);
            made.key = key.clone();
            made.each = each;
            state.modules.push(made);
            state.by_node[child].push(number);
            children.instances.push(number);
            children.by_key.insert(key, number);
        }
        if let Some(slot) = state.modules[instance].children.get_mut(at) {
            *slot = Some(Arc::new(children));
        }
    }
}
