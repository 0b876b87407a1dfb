//! Type constraints: the text after `type =`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hcl_edit::expr::{Expression, FuncCall, ObjectKey};

use super::body::Expr;
use super::literal;
use super::sources::Sources;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::Span;
use crate::terraform::syntax;
use crate::terraform::value::{Defaults, ObjectType, Str, Type, TypeConstraint, Value};

/// Nesting beyond this is refused.
const MAX_DEPTH: usize = 64;

/// Evaluates the default of an `optional(type, default)`; the text is that of the tree, where it is not
/// the file's.
pub(super) type Constant<'a> = &'a dyn Fn(&Expression, Span, Option<&str>) -> Result<Value, Diagnostic>;

/// Reads a type constraint.
pub(super) fn parse(
    sources: &Sources,
    expr: &Expr,
    constant: Constant<'_>,
) -> Result<TypeConstraint, Diagnostic> {
    let file = expr.span.file;
    if expr.json
        && let Some(text) = literal::text(sources, expr)?
    {
        let text = text.trim();
        let reader = Reader { file, whole: expr.span, constant, text: Some(text) };
        let inner = syntax::parse_expression(file, text).map_err(|_| reader.invalid(expr.span))?;
        return reader.json(&inner);
    }
    let reader = Reader { file, whole: expr.span, constant, text: None };
    if let Expression::String(quoted) = literal::peel(&expr.node) {
        return Err(legacy(quoted.as_str(), expr.span));
    }
    match keyword(&expr.node) {
        Some("list") => return Ok(TypeConstraint { ty: Type::list(Type::Dynamic), defaults: None }),
        Some("map") => return Ok(TypeConstraint { ty: Type::map(Type::Dynamic), defaults: None }),
        _ => {}
    }
    reader.constraint(&expr.node)
}

/// The quoted constraints of Terraform 0.11.
fn legacy(quoted: &str, span: Span) -> Diagnostic {
    let summary = "Invalid quoted type constraints";
    let old = "Terraform 0.11 and earlier required type constraints to be given in quotes, but that form is \
               now deprecated and will be removed in a future version of Terraform.";
    let instead = match quoted {
        "string" => "Remove the quotes around \"string\".".to_owned(),
        "list" | "map" => format!(
            "Remove the quotes around {quoted:?} and write {quoted}(string) instead to explicitly indicate \
             that the {quoted} elements are strings."
        ),
        _ => {
            return Diagnostic::error(
                span,
                "Invalid legacy variable type hint",
                "To provide a full type expression, remove the surrounding quotes and give the type \
                 expression directly.",
            );
        }
    };
    Diagnostic::error(span, summary, format!("{old} {instead}"))
}

fn keyword(node: &Expression) -> Option<&str> {
    match node {
        Expression::Variable(name) => Some(name.as_str()),
        _ => None,
    }
}

struct Reader<'a> {
    file: crate::terraform::source::FileId,
    whole: Span,
    constant: Constant<'a>,
    text: Option<&'a str>,
}

impl Reader<'_> {
    fn span(&self, node: &impl hcl_edit::Span) -> Span {
        syntax::span(self.file, node).unwrap_or(self.whole)
    }

    fn invalid(&self, span: Span) -> Diagnostic {
        Diagnostic::error(
            span,
            "Invalid type specification",
            "This is not a type. A type is string, number, bool, any, or list(TYPE), set(TYPE), map(TYPE), \
             tuple([TYPE, ...]), object({NAME = TYPE, ...}).",
        )
    }

    fn constraint(&self, node: &Expression) -> Result<TypeConstraint, Diagnostic> {
        let (ty, defaults) = self.read(node, 0)?;
        Ok(TypeConstraint { ty, defaults: (!defaults.is_empty()).then(|| Arc::new(defaults)) })
    }

    /// From a JSON string: spans are not those of the file.
    fn json(&self, node: &Expression) -> Result<TypeConstraint, Diagnostic> {
        match keyword(node) {
            Some("list") => return Ok(TypeConstraint { ty: Type::list(Type::Dynamic), defaults: None }),
            Some("map") => return Ok(TypeConstraint { ty: Type::map(Type::Dynamic), defaults: None }),
            _ => {}
        }
        self.constraint(node).map_err(|d| Diagnostic { span: Some(self.whole), ..d })
    }

    fn read(&self, node: &Expression, depth: usize) -> Result<(Type, Defaults), Diagnostic> {
        if depth > MAX_DEPTH {
            return Err(self.invalid(self.span(node)));
        }
        match literal::peel(node) {
            Expression::Variable(name) => match name.as_str() {
                "any" => Ok((Type::Dynamic, Defaults::default())),
                "string" => Ok((Type::String, Defaults::default())),
                "number" => Ok((Type::Number, Defaults::default())),
                "bool" => Ok((Type::Bool, Defaults::default())),
                kind @ ("list" | "set" | "map" | "object" | "tuple") => Err(Diagnostic::error(
                    self.span(node),
                    "Invalid type specification",
                    format!("The {kind} type constructor requires one argument specifying the element type."),
                )),
                other => Err(Diagnostic::error(
                    self.span(node),
                    "Invalid type specification",
                    format!("The keyword {other:?} is not a valid type specification."),
                )),
            },
            Expression::FuncCall(call) => self.call(call, self.span(node), depth),
            other => Err(self.invalid(self.span(other))),
        }
    }

    fn call(&self, call: &FuncCall, span: Span, depth: usize) -> Result<(Type, Defaults), Diagnostic> {
        let name = call.name.name.as_str();
        let mut arguments = call.args.iter();
        let (Some(argument), None) = (arguments.next(), arguments.next()) else {
            let detail = match name {
                "optional" => {
                    "Keyword \"optional\" is valid only as a modifier for object type attributes.".to_owned()
                }
                _ => {
                    format!("The {name} type constructor requires one argument specifying the element type.")
                }
            };
            return Err(Diagnostic::error(span, "Invalid type specification", detail));
        };
        let collection = |make: fn(Type) -> Type| {
            let (element, inner) = self.read(argument, depth + 1)?;
            let element_defaults = (!inner.is_empty()).then(|| Box::new(inner));
            Ok((make(element), Defaults { element: element_defaults, ..Defaults::default() }))
        };
        match name {
            "list" => collection(Type::list),
            "set" => collection(Type::set),
            "map" => collection(Type::map),
            "tuple" => self.tuple(argument, depth),
            "object" => self.object(argument, depth),
            "optional" => Err(Diagnostic::error(
                span,
                "Invalid type specification",
                "Keyword \"optional\" is valid only as a modifier for object type attributes.",
            )),
            _ => Err(Diagnostic::error(
                span,
                "Invalid type specification",
                format!("Keyword {name:?} is not a valid type constructor."),
            )),
        }
    }

    fn tuple(&self, argument: &Expression, depth: usize) -> Result<(Type, Defaults), Diagnostic> {
        let Expression::Array(items) = literal::peel(argument) else {
            let detail = "Tuple type constructor requires a list of element types.";
            return Err(Diagnostic::error(self.span(argument), "Invalid type specification", detail));
        };
        let mut types = Vec::new();
        let mut defaults = Defaults::default();
        for (at, item) in items.iter().enumerate() {
            let (ty, inner) = self.read(item, depth + 1)?;
            types.push(ty);
            if !inner.is_empty() {
                defaults.children.insert(at.to_string().into(), inner);
            }
        }
        Ok((Type::Tuple(Arc::new(types)), defaults))
    }

    fn object(&self, argument: &Expression, depth: usize) -> Result<(Type, Defaults), Diagnostic> {
        let Expression::Object(object) = literal::peel(argument) else {
            let detail = "Object type constructor requires a map whose keys are attribute names and whose \
                          values are the corresponding attribute types.";
            return Err(Diagnostic::error(self.span(argument), "Invalid type specification", detail));
        };
        let mut attributes: BTreeMap<Str, Type> = BTreeMap::new();
        let mut optional: BTreeSet<Str> = BTreeSet::new();
        let mut defaults = Defaults::default();
        for (key, value) in object.iter() {
            let name: Str = match key {
                ObjectKey::Ident(name) => name.as_str().into(),
                ObjectKey::Expression(Expression::Variable(name)) => name.as_str().into(),
                ObjectKey::Expression(Expression::String(name)) => name.as_str().into(),
                ObjectKey::Expression(other) => {
                    let detail = "Object constructor map keys must be attribute names.";
                    return Err(Diagnostic::error(self.span(other), "Invalid type specification", detail));
                }
            };
            let (ty, inner) = match optional_call(value.expr()) {
                Some(call) => {
                    optional.insert(name.clone());
                    self.optional(&name, call, &mut defaults, depth)?
                }
                None => self.read(value.expr(), depth + 1)?,
            };
            if !inner.is_empty() {
                defaults.children.insert(name.clone(), inner);
            }
            attributes.insert(name, ty);
        }
        Ok((Type::Object(Arc::new(ObjectType { attributes, optional })), defaults))
    }

    fn optional(
        &self,
        name: &Str,
        call: &FuncCall,
        defaults: &mut Defaults,
        depth: usize,
    ) -> Result<(Type, Defaults), Diagnostic> {
        let arguments: Vec<&Expression> = call.args.iter().collect();
        let (ty, default) = match arguments.as_slice() {
            [ty] => (ty, None),
            [ty, default] => (ty, Some(default)),
            _ => {
                let detail = "Optional attribute modifier requires the attribute type as its argument, and \
                              optionally a default value.";
                let span = self.span(&call.name.name);
                return Err(Diagnostic::error(span, "Invalid type specification", detail));
            }
        };
        let (ty, inner) = self.read(ty, depth + 1)?;
        if let Some(node) = default {
            let span = self.span(*node);
            let value = (self.constant)(node, span, self.text)?;
            let constraint = TypeConstraint {
                ty: ty.clone(),
                defaults: (!inner.is_empty()).then(|| Arc::new(inner.clone())),
            };
            let value = constraint.apply(value).map_err(|error| {
                let detail = format!(
                    "This default value is not compatible with the attribute's type constraint: {error}."
                );
                Diagnostic::error(span, "Invalid default value for optional attribute", detail)
            })?;
            defaults.values.insert(name.clone(), value);
        }
        Ok((ty, inner))
    }
}

fn optional_call(node: &Expression) -> Option<&FuncCall> {
    match literal::peel(node) {
        Expression::FuncCall(call) if call.name.name.as_str() == "optional" => Some(call),
        _ => None,
    }
}
