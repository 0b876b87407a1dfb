//! Data sources that something outside the code answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::run::Run;
use crate::terraform::address::Address;
use crate::terraform::data::{Answer, Question};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::schema::Block;
use crate::terraform::source::Span;
use crate::terraform::value::convert::convert;
use crate::terraform::value::{Kind, Marks, Origin, Str, Type, Value};

impl Run<'_> {
    /// The planned value of a data source with what is known of its result. One whose arguments are not
    /// all known is read during apply, as Terraform does.
    pub(super) fn answered(
        &self,
        address: &Address,
        provider: &str,
        config: &Value,
        planned: Value,
        schema: Option<&Block>,
        header: Span,
    ) -> Value {
        if !config.is_wholly_known() {
            return planned;
        }
        let Some(data) = &self.options.data else {
            return self.as_read(address, config, planned, schema, header);
        };
        let settings = self.state.borrow().providers.get(provider).cloned();
        let asked = if schema.is_some() { &planned } else { config };
        let question = Question { address, planned: asked, schema, provider: settings.as_ref() };
        match data.answer(&question) {
            Answer::Unknown => self.as_read(address, config, planned, schema, header),
            Answer::Absent(why) => {
                let summary = "Data source finds nothing";
                self.report(Diagnostic::warning(header, summary, format!("{address}: {why}.")));
                planned
            }
            Answer::Values(values) => {
                let recorded = schema.and_then(|_| self.recorded(address, config, &planned, schema));
                let answered = with_answer(planned, config, values, schema, Origin::at(header));
                // What the answer leaves open is as it was read before.
                match recorded {
                    Some(recorded) => with_answer(answered, config, recorded, schema, Origin::at(header)),
                    None => answered,
                }
            }
        }
    }
}

impl Run<'_> {
    /// With the result that the prior state has, when the data source was read with the same arguments.
    fn as_read(
        &self,
        address: &Address,
        config: &Value,
        planned: Value,
        schema: Option<&Block>,
        header: Span,
    ) -> Value {
        match self.recorded(address, config, &planned, schema) {
            Some(recorded) => with_answer(planned, config, recorded, schema, Origin::at(header)),
            None => planned,
        }
    }

    /// The result that the prior state has, when the data source was read with the same arguments.
    fn recorded(
        &self,
        address: &Address,
        config: &Value,
        planned: &Value,
        schema: Option<&Block>,
    ) -> Option<BTreeMap<Str, Value>> {
        let before = self.prior.as_ref().and_then(|p| p.object(address)).map(|o| o.value(schema))?;
        let values = before.as_map()?;
        let arguments = if schema.is_some() { planned } else { config };
        let asked = arguments.as_map().into_iter().flatten().filter(|(_, v)| !v.is_null() && !v.is_unknown());
        // Nested blocks are settings of how to read (`timeouts`) or filters: the same when they look the same.
        let same = |(name, value): (&Str, &Value)| {
            let nested = schema.is_some_and(|s| s.nested(name).is_some());
            nested && !value.is_wholly_known()
                || values.get(name).is_some_and(|was| value.equals(was).as_bool() == Some(true))
        };
        asked.into_iter().all(same).then(|| values.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}

/// Puts an answer where the planned value is unknown.
fn with_answer(
    planned: Value,
    config: &Value,
    values: BTreeMap<Str, Value>,
    schema: Option<&Block>,
    origin: Origin,
) -> Value {
    let Kind::Object(members) = planned.kind else {
        // A type without schema: what is set, and what is answered.
        let set = config.as_map().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone()));
        let answered = values.into_iter().map(|(k, v)| (k, placed(v, &origin)));
        return Value::object(answered.chain(set).collect::<BTreeMap<_, _>>()).with_origin(planned.origin);
    };
    let mut members = Arc::unwrap_or_clone(members);
    for (name, answer) in values {
        let Some(slot) = members.get_mut(&name).filter(|v| !v.is_wholly_known()) else { continue };
        let attribute = schema.and_then(|s| s.attribute(&name));
        let nested = schema.and_then(|s| s.nested(&name)).map(|b| b.implied_type());
        let Some(ty) = attribute.map(|a| a.value_type()).or(nested) else { continue };
        let answer = placed(fit(answer, &ty), &origin);
        if let Ok(value) = convert(answer, &ty) {
            let marks = if attribute.is_some_and(|a| a.sensitive) { Marks::SENSITIVE } else { Marks::NONE };
            *slot = value.with_marks(slot.marks.and(marks)).with_origin(origin.clone());
        }
    }
    Value { kind: Kind::Object(Arc::new(members)), marks: planned.marks, origin: planned.origin }
}

/// A value and all in it set by the data source, wherever it came from.
fn placed(value: Value, origin: &Origin) -> Value {
    let value = value.map_children(|child| placed(child, origin));
    Value { origin: origin.clone(), ..value }
}

/// An object with null for the attributes that its type has and it has not.
fn fit(value: Value, ty: &Type) -> Value {
    match ty {
        Type::List(inner) | Type::Set(inner) | Type::Map(inner) if value.as_slice().is_some() => {
            value.map_children(|child| fit(child, inner))
        }
        Type::Object(object) => match value.as_map() {
            Some(members) => {
                let member = |(name, ty): (&Str, &Type)| {
                    let value = members.get(name).cloned().map(|v| fit(v, ty));
                    (name.clone(), value.unwrap_or_else(|| Value::null_of(ty.clone())))
                };
                let all: Vec<_> = object.attributes.iter().map(member).collect();
                Value::object(all).with_marks(value.marks).with_origin(value.origin)
            }
            None => value,
        },
        _ => value,
    }
}
