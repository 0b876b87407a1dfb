//! Calling a function: number and types of arguments, unknown values, marks, the bound on work.

use super::table::{Function, Returns};
use super::{Context, Param};
use crate::terraform::expression::Budget;
use crate::terraform::value::convert::convert;
use crate::terraform::value::{Kind, Marks, Reason, Refinement, Type, Value};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq)]
pub struct CallError {
    /// The argument at fault, from 0; with `...` it may lie in the expanded one.
    pub argument: Option<usize>,
    /// Terraform's summary.
    pub summary: &'static str,
    /// Terraform's detail.
    pub detail: String,
}

/// What goes wrong inside a function: its message without capital and full stop.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The argument at this position is wrong.
    Argument(usize, String),
    /// The call as a whole failed.
    Call(String),
    /// The bound on work is reached.
    Exhausted,
}

/// The call failed.
pub(super) fn fail<T>(message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Call(message.into()))
}

/// An argument is wrong.
pub(super) fn wrong<T>(index: usize, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Argument(index, message.into()))
}

/// A call under way: arguments converted to the parameters' types, marks taken off where the
/// parameter does not want them.
pub(super) struct Call<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) args: Vec<Value>,
    /// The type that the result must have; `Dynamic` while it is being found.
    pub(super) returns: Type,
    reason: Option<Reason>,
}

impl Call<'_> {
    /// An unknown result, for the reason that the arguments give.
    pub(super) fn unknown(&self, ty: Type) -> Value {
        Value::unknown(ty, self.reason())
    }

    /// An unknown result of the call's type.
    pub(super) fn unknown_result(&self) -> Value {
        self.unknown(self.returns.clone())
    }

    /// An unknown result of which something is known.
    pub(super) fn refined(&self, ty: Type, refinement: Refinement) -> Value {
        Value::refined(ty, self.reason(), Refinement { not_null: true, ..refinement })
    }

    fn reason(&self) -> Reason {
        self.reason.clone().unwrap_or_else(|| Reason::Other("it cannot be told before apply".into()))
    }

    /// Charges the making of collection members, before they are made.
    pub(super) fn charge_members(&self, count: usize) -> Result<(), Fault> {
        charge(&self.context.budget.steps, count as u64)
    }

    /// Charges the making of text, before it is made.
    pub(super) fn charge_text(&self, bytes: usize) -> Result<(), Fault> {
        charge(&self.context.budget.bytes, bytes as u64)
    }

    /// The text, charged.
    pub(super) fn text(&self, text: &str) -> Result<Value, Fault> {
        self.charge_text(text.len())?;
        Ok(Value::string(text))
    }
}

fn charge(left: &std::cell::Cell<u64>, cost: u64) -> Result<(), Fault> {
    match left.get().checked_sub(cost) {
        Some(rest) => {
            left.set(rest);
            Ok(())
        }
        None => {
            left.set(0);
            Err(Fault::Exhausted)
        }
    }
}

/// Calls a function. The result has the marks that Terraform gives it; its origin is that of the
/// argument or member it passes on, else none.
pub fn call(function: &Function, context: &Context<'_>, args: Vec<Value>) -> Result<Value, CallError> {
    let name = function.name;
    let wanted = function.params.len();
    if let Some(missing) = function.params.get(args.len()) {
        let least = if function.variadic.is_some() { " at least" } else { "" };
        return Err(CallError {
            argument: None,
            summary: "Not enough function arguments",
            detail: format!(
                "Function \"{name}\" expects{least} {wanted} argument(s). Missing value for \"{}\".",
                missing.name
            ),
        });
    }
    if function.variadic.is_none() && args.len() > wanted {
        return Err(CallError {
            argument: Some(wanted),
            summary: "Too many function arguments",
            detail: format!("Function \"{name}\" expects only {wanted} argument(s)."),
        });
    }
    run(function, context, args).map_err(|fault| explain(function, fault))
}

fn explain(function: &Function, fault: Fault) -> CallError {
    match fault {
        Fault::Argument(index, message) => match function.param(index) {
            Some(param) => CallError {
                argument: Some(index),
                summary: "Invalid function argument",
                detail: format!("Invalid value for \"{}\" parameter: {message}.", param.name),
            },
            None => explain(function, Fault::Call(message)),
        },
        Fault::Call(message) => CallError {
            argument: None,
            summary: "Error in function call",
            detail: format!("Call to function \"{}\" failed: {message}.", function.name),
        },
        Fault::Exhausted => CallError {
            argument: None,
            summary: "Evaluation limit exceeded",
            detail: format!(
                "Call to function \"{}\" would make more values or text than the evaluation limits allow.",
                function.name
            ),
        },
    }
}

fn run(function: &Function, context: &Context<'_>, args: Vec<Value>) -> Result<Value, Fault> {
    let mut converted = Vec::with_capacity(args.len());
    for (i, (arg, param)) in args.into_iter().zip(params(function)).enumerate() {
        charge_reading(function, context, &arg)?;
        match convert(arg, &param.shape.to_type()) {
            Ok(value) => converted.push(value),
            Err(error) => return wrong(i, error.message),
        }
    }
    let surveys = &context.budget.surveys;
    let reason = converted.iter().find_map(|arg| match surveys.known(arg) {
        Some(survey) => survey.reason.clone(),
        None => arg.unknown_reason(),
    });
    let reason = reason.map(|r| r.derived());
    let mut call = Call { context, args: converted, returns: Type::Dynamic, reason };
    let mut marks = Marks::NONE;
    let mut unknown = false;
    let mut untyped = false;
    for (i, (arg, param)) in call.args.iter_mut().zip(params(function)).enumerate() {
        if arg.is_null() && !param.null {
            if untyped {
                continue;
            }
            return wrong(i, "argument must not be null");
        }
        untyped |= !param.dynamic && is_untyped(arg);
        unknown |= !param.unknown && arg.is_unknown();
        let plain = arg.marks.is_empty() && surveys.known(arg).is_some_and(|s| s.marks.is_empty());
        if !param.marked && !plain {
            let (plain, own) = std::mem::replace(arg, Value::null()).unmark_deep();
            *arg = plain;
            marks = marks.and(own);
        }
    }
    if !untyped {
        call.returns = match function.returns {
            Returns::Always(shape) => shape.to_type(),
            Returns::From(of) => of(&call)?,
        };
    }
    let result = if untyped || unknown { call.unknown_result() } else { (function.run)(&call)? };
    if let Some(members) = result.as_slice().map(<[_]>::len).or_else(|| result.as_map().map(|m| m.len())) {
        call.charge_members(members)?;
    }
    let result = if function.not_null && !untyped { not_null(result) } else { result };
    Ok(result.with_marks(marks))
}

/// Charges the work on an argument. Members are shared between values, so a short configuration can make
/// huge ones; and it can read a long text as often as it likes.
fn charge_reading(function: &Function, context: &Context<'_>, arg: &Value) -> Result<(), Fault> {
    let Budget { steps, surveys, .. } = context.budget;
    if let Some(text) = arg.as_str() {
        return charge(steps, 1 + text.len() as u64 / 16);
    }
    let left = steps.get().saturating_mul(4).saturating_add(4);
    let (survey, known) = surveys.survey(arg, left);
    let plain = arg.marks.is_empty() && survey.marks.is_empty();
    charge(steps, if known && plain && function.selects { 1 } else { 1 + survey.parts / 4 })
}

/// An unknown or null of which not even the type is known.
fn is_untyped(value: &Value) -> bool {
    match &value.kind {
        Kind::Unknown(u) => u.ty == Type::Dynamic,
        Kind::Null(ty) => *ty == Type::Dynamic,
        _ => false,
    }
}

fn params(function: &Function) -> impl Iterator<Item = &Param> {
    function.params.iter().chain(std::iter::repeat_with(|| function.variadic.as_ref()).flatten())
}

/// An unknown result that is known not to be null.
fn not_null(value: Value) -> Value {
    let Value { kind: Kind::Unknown(u), marks, origin } = value else { return value };
    let refinement = Refinement { not_null: true, ..(*u.refinement).clone() };
    Value::refined(u.ty.clone(), u.reason.clone(), refinement).with_marks(marks).with_origin(origin)
}
