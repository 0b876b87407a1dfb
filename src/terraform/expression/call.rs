//! Function calls. `try`, `can` and the first argument of `templatestring` see expressions; all other
//! functions see values.

use hcl_edit::expr::{Expression, FuncCall};

use super::evaluate::{Inside, Names, Run, derived, failed};
use super::references::references;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::functions::{self, CallError};
use crate::terraform::source::Span;
use crate::terraform::value::{Origin, Reason, Type, Value};

const CALL_FAILED: &str = "Error in function call";

/// Functions that evaluate templates: not inside of templates.
const TEMPLATES: &[&str] = &["templatefile", "templatestring"];

/// Functions that read files: not inside of template strings.
const FILES: &[&str] = &[
    "file",
    "filebase64",
    "filebase64sha256",
    "filebase64sha512",
    "fileexists",
    "filemd5",
    "fileset",
    "filesha1",
    "filesha256",
    "filesha512",
    "templatefile",
];

/// Why nothing is certain of what is computed from something that stands in for an id.
fn not_in_full() -> Reason {
    Reason::Other("it is computed from an id that is not known in full".into())
}

/// An argument: its text, or the element of an expanded collection.
enum Argument<'t> {
    Text(&'t Expression),
    Element(Value),
}

impl Run<'_> {
    pub(super) fn call(&self, call: &FuncCall, span: Span, names: Names<'_>) -> Value {
        let namespace: String =
            call.name.namespace.iter().map(|part| format!("{}::", part.as_str())).collect();
        let name = format!("{namespace}{}", call.name.name.as_str());
        let head = self.name_span(call, span);
        let Some(function) = functions::lookup(&name) else {
            return match namespace.split("::").next() {
                Some("") | None => self.refuse(functions::unknown_function(&name), head, &[], span),
                Some("provider") => self.of_provider(call, &name, head, span, names),
                Some(other) => self.no_namespace(other, head),
            };
        };
        let plain = function.name;
        let Some((arguments, places)) = self.arguments(call, span, names) else { return failed() };
        let arguments = match arguments {
            Ok(arguments) => arguments,
            Err(unknown) => return unknown,
        };
        if let Some(message) = self.forbidden(plain) {
            return self.call_failed(&name, message, head);
        }
        match plain {
            "try" => return self.try_first(&name, &arguments, head, span, names),
            "can" if arguments.len() == 1 => return self.can(&arguments, span, names),
            _ => {}
        }
        let before = self.errors();
        if plain == "templatestring"
            && let Some(Argument::Text(expression)) = arguments.first()
            && let Some(message) = not_a_reference(expression)
        {
            return self.fail(
                self.span(*expression),
                "Invalid function argument",
                format!("Invalid value for \"template\" parameter: invalid template expression: {message}."),
            );
        }
        let values: Vec<Value> = arguments.iter().map(|argument| self.argument(argument, names)).collect();
        if self.errors() > before {
            return failed();
        }
        let origins: Vec<Origin> = values.iter().map(|v| v.origin.clone()).collect();
        match functions::call(function, self.host.functions, values) {
            Ok(value) if value.origin.at.is_some() => self.passed(value, span),
            Ok(value) if value.marks.provisional && functions::digests(plain) => {
                Value::unknown_not_null(value.ty(), not_in_full()).with_marks(value.marks)
            }
            Ok(value) => self.computed(value, span, &origins),
            Err(error) => self.refuse(error, head, &places, span),
        }
    }

    fn name_span(&self, call: &FuncCall, span: Span) -> Span {
        let first = call.name.namespace.first().map(|part| self.span(part));
        let last = self.span(&call.name.name);
        let head = first.map_or(last, |first| first.to(last));
        if head.end == 0 { span } else { head }
    }

    fn argument(&self, argument: &Argument<'_>, names: Names<'_>) -> Value {
        match argument {
            Argument::Text(expression) => self.eval(expression, names),
            Argument::Element(value) => value.clone(),
        }
    }

    /// The arguments, with the last one expanded where the call says so, and their places. `None` after an
    /// error; an unknown when it cannot be told how many there are.
    #[allow(clippy::type_complexity)]
    fn arguments<'t>(
        &self,
        call: &'t FuncCall,
        span: Span,
        names: Names<'_>,
    ) -> Option<(Result<Vec<Argument<'t>>, Value>, Vec<Span>)> {
        let mut texts: Vec<&Expression> = call.args.iter().collect();
        let expanded = if call.args.expand_final() { texts.pop() } else { None };
        let mut places: Vec<Span> = texts.iter().map(|text| self.span(*text)).collect();
        let mut arguments: Vec<Argument<'t>> = texts.into_iter().map(Argument::Text).collect();
        let Some(expanded) = expanded else { return Some((Ok(arguments), places)) };
        const SUMMARY: &str = "Invalid expanding argument value";
        let place = self.span(expanded);
        let before = self.errors();
        let value = self.eval(expanded, names);
        if self.errors() > before {
            return None;
        }
        let ty = value.ty();
        let sequence = matches!(ty, Type::Tuple(_) | Type::List(_) | Type::Set(_));
        if !sequence && ty != Type::Dynamic {
            self.error(
                place,
                SUMMARY,
                "The expanding argument (indicated by ...) must be of a tuple, list, or set type.",
            );
            return None;
        }
        if value.is_null() {
            self.error(place, SUMMARY, "The expanding argument (indicated by ...) must not be null.");
            return None;
        }
        let Some(items) = value.as_slice() else {
            let unknown = Value::unknown(Type::Dynamic, derived(&value));
            return Some((Err(self.computed(unknown, span, [&value.origin])), places));
        };
        for item in items {
            let mut item = item.clone().with_marks(value.marks);
            if item.origin.at.is_none() {
                item.origin = value.origin.clone();
            }
            arguments.push(Argument::Element(item));
            places.push(place);
        }
        Some((Ok(arguments), places))
    }

    /// What a function may not be called for inside of a template.
    fn forbidden(&self, name: &str) -> Option<String> {
        let inside = self.inside?;
        if TEMPLATES.contains(&name) {
            return Some(format!("cannot recursively call {name} from inside another template function"));
        }
        (inside == Inside::TemplateString && FILES.contains(&name)).then(|| {
            format!(
                "cannot use filesystem access functions like {name} in templatestring templates; consider \
                 passing the function result as a template variable instead"
            )
        })
    }

    fn call_failed(&self, name: &str, message: String, head: Span) -> Value {
        let place = self.with_parenthesis(head);
        self.fail(place, CALL_FAILED, format!("Call to function \"{name}\" failed: {message}."))
    }

    /// The name of a function with its opening parenthesis, where Terraform marks failed calls.
    fn with_parenthesis(&self, head: Span) -> Span {
        let rest = self.host.text.get(head.end as usize..).unwrap_or("");
        let blanks = rest.len() - rest.trim_start().len();
        let end = head.end + if rest.trim_start().starts_with('(') { blanks as u32 + 1 } else { 0 };
        Span { end, ..head }
    }

    fn refuse(&self, error: CallError, head: Span, places: &[Span], span: Span) -> Value {
        let place = match error.argument {
            Some(i) => places.get(i).copied().unwrap_or(span),
            None if error.summary == CALL_FAILED => self.with_parenthesis(head),
            None => head,
        };
        self.fail(place, error.summary, error.detail)
    }

    /// Refused before anything is evaluated, so that no `try` hides it.
    fn no_namespace(&self, namespace: &str, head: Span) -> Value {
        let detail = format!(
            "The function namespace \"{namespace}\" is not valid. Provider function calls must use the \
             \"provider::\" namespace prefix."
        );
        self.fixed(Diagnostic::error(head, "Unknown provider function", detail));
        failed()
    }

    /// A function that only its provider could run: what it gives is not known.
    fn of_provider(&self, call: &FuncCall, name: &str, head: Span, span: Span, names: Names<'_>) -> Value {
        let before = self.errors();
        let origins: Vec<Origin> = call.args.iter().map(|text| self.eval(text, names).origin).collect();
        if self.errors() > before {
            return failed();
        }
        let detail = format!(
            "trueup runs no providers and does not know the function \"{name}\": what it gives is unknown here."
        );
        self.fixed(Diagnostic::warning(head, "Unknown provider function", detail));
        let reason = Reason::Other(format!("trueup does not know {name}()").into());
        self.computed(Value::unknown(Type::Dynamic, reason), span, &origins)
    }

    /// The first argument that has no error. One with unknown parts leaves everything open, because it
    /// may yet fail.
    fn try_first(
        &self,
        name: &str,
        arguments: &[Argument<'_>],
        head: Span,
        span: Span,
        names: Names<'_>,
    ) -> Value {
        if arguments.is_empty() {
            return self.call_failed(name, "at least one argument is required".to_owned(), head);
        }
        let mut all: Vec<Diagnostic> = Vec::new();
        let mut rest = arguments.iter();
        for argument in rest.by_ref() {
            let (value, errors) = self.captured(|| self.argument(argument, names));
            if !errors.is_empty() && self.stands_in(argument, names) {
                return self.computed(Value::unknown(Type::Dynamic, not_in_full()), span, []);
            }
            if !errors.is_empty() {
                all.extend(errors);
                continue;
            }
            for skipped in rest {
                if let Argument::Text(expression) = skipped {
                    self.check_references(expression, names);
                }
            }
            if value.is_wholly_known() {
                return self.passed(value, span);
            }
            // What is known after apply to be a text or a number cannot fail then: it is the result itself.
            let same =
                value.as_unknown().filter(|u| matches!(u.ty, Type::String | Type::Number | Type::Bool));
            let reason = same.map_or_else(|| derived(&value), |u| u.reason.clone());
            return self.computed(Value::unknown(Type::Dynamic, reason), span, [&value.origin]);
        }
        let list: String = all.iter().map(|d| format!("- {}\n  {}\n", d.summary, d.detail)).collect();
        self.call_failed(
            name,
            format!(
                "no expression succeeded:\n{list}\nAt least one expression must produce a successful result"
            ),
            head,
        )
    }

    /// True when an argument works on something that stands in for an id: that it fails is no certain thing.
    fn stands_in(&self, argument: &Argument<'_>, names: Names<'_>) -> bool {
        let expression = match argument {
            Argument::Text(expression) => *expression,
            Argument::Element(value) => return value.deep_marks().provisional,
        };
        let mut bound = std::iter::successors(names, |frame| frame.outer);
        let named = references(self.host.file, self.host.text, expression);
        bound.any(|frame| frame.value.deep_marks().provisional)
            || named.iter().any(|reference| {
                let resolved = self.host.scope.resolve(reference);
                resolved.is_ok_and(|resolved| resolved.value.deep_marks().provisional)
            })
    }

    fn can(&self, arguments: &[Argument<'_>], span: Span, names: Names<'_>) -> Value {
        let Some(argument) = arguments.first() else { return failed() };
        let (value, errors) = self.captured(|| self.argument(argument, names));
        let result = if !errors.is_empty() && self.stands_in(argument, names) {
            Value::unknown(Type::Bool, not_in_full())
        } else if !errors.is_empty() {
            Value::from(false)
        } else if value.is_wholly_known() {
            Value::from(true)
        } else {
            Value::unknown(Type::Bool, value.unknown_reason().unwrap_or(Reason::Failed).derived())
        };
        self.computed(result, span, [&value.origin])
    }
}

/// Why an expression is no direct reference to a template.
fn not_a_reference(expression: &Expression) -> Option<&'static str> {
    match expression {
        Expression::Variable(_) => None,
        Expression::Traversal(traversal) => not_a_reference(&traversal.expr),
        Expression::StringTemplate(template) => Some(
            if matches!(template.as_single_element(), Some(hcl_edit::template::Element::Interpolation(_))) {
                "templatestring is only for rendering templates retrieved dynamically from elsewhere; to treat \
                 the inner expression as template syntax, write the reference expression directly without any \
                 template interpolation syntax"
            } else {
                "templatestring is only for rendering templates retrieved dynamically from elsewhere; to render \
                 an inline template, consider using a plain template string expression"
            },
        ),
        Expression::String(_) | Expression::HeredocTemplate(_) => Some(
            "templatestring is only for rendering templates retrieved dynamically from elsewhere, and so does \
             not support providing a literal template; consider using a template string expression instead",
        ),
        _ => Some(
            "must be a direct reference to a single string from elsewhere, containing valid Terraform template \
             syntax",
        ),
    }
}
