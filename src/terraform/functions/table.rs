//! The rows of the function table: names, parameters, types of results.

use super::call::{Call, Fault};
use crate::terraform::value::{Type, Value};

/// A type of a parameter or result; a constant where [`Type`] cannot be one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Any,
    Bool,
    Number,
    String,
    List(&'static Shape),
    Set(&'static Shape),
    Map(&'static Shape),
}

impl Shape {
    pub(super) fn to_type(self) -> Type {
        match self {
            Shape::Any => Type::Dynamic,
            Shape::Bool => Type::Bool,
            Shape::Number => Type::Number,
            Shape::String => Type::String,
            Shape::List(element) => Type::list(element.to_type()),
            Shape::Set(element) => Type::set(element.to_type()),
            Shape::Map(element) => Type::map(element.to_type()),
        }
    }
}

/// A parameter, and which special values the function itself wants to see.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name in messages.
    pub name: &'static str,
    pub(super) shape: Shape,
    pub(super) null: bool,
    pub(super) unknown: bool,
    pub(super) marked: bool,
    pub(super) dynamic: bool,
}

impl Param {
    pub(super) const fn new(name: &'static str, shape: Shape) -> Param {
        Param { name, shape, null: false, unknown: false, marked: false, dynamic: false }
    }

    pub(super) const fn any(name: &'static str) -> Param {
        Param::new(name, Shape::Any)
    }

    pub(super) const fn number(name: &'static str) -> Param {
        Param::new(name, Shape::Number)
    }

    pub(super) const fn string(name: &'static str) -> Param {
        Param::new(name, Shape::String)
    }

    /// May be null.
    pub(super) const fn nullable(self) -> Param {
        Param { null: true, ..self }
    }

    /// An unknown argument reaches the function.
    pub(super) const fn unknown(self) -> Param {
        Param { unknown: true, ..self }
    }

    /// Marks reach the function, which puts them on its result where they belong.
    pub(super) const fn marked(self) -> Param {
        Param { marked: true, ..self }
    }

    /// An argument of unknown type reaches the function.
    pub(super) const fn dynamic(self) -> Param {
        Param { dynamic: true, ..self }
    }
}

pub(super) type TypeOf = fn(&Call) -> Result<Type, Fault>;
pub(super) type Run = fn(&Call) -> Result<Value, Fault>;

#[derive(Clone, Copy)]
pub(super) enum Returns {
    Always(Shape),
    /// Depends on the arguments; also where they are checked before unknown ones end the call.
    From(TypeOf),
}

/// A function: a row of the table.
pub struct Function {
    /// Its name, without `core::`.
    pub name: &'static str,
    /// Positional parameters.
    pub params: &'static [Param],
    /// The parameter that takes all further arguments.
    pub variadic: Option<Param>,
    pub(super) returns: Returns,
    /// The result is never null, which refines an unknown result.
    pub(super) not_null: bool,
    /// Takes the same time for collections of any size, once they were surveyed.
    pub(super) selects: bool,
    pub(super) run: Run,
}

impl Function {
    /// A function whose result has always the same type and is never null.
    pub(super) const fn new(
        name: &'static str,
        params: &'static [Param],
        returns: Shape,
        run: Run,
    ) -> Function {
        Function::typed(name, params, |_| Ok(Type::Dynamic), run).returning(Returns::Always(returns))
    }

    /// A function whose result's type depends on the arguments.
    pub(super) const fn typed(
        name: &'static str,
        params: &'static [Param],
        returns: TypeOf,
        run: Run,
    ) -> Function {
        let returns = Returns::From(returns);
        Function { name, params, variadic: None, returns, not_null: true, selects: false, run }
    }

    const fn returning(self, returns: Returns) -> Function {
        Function { returns, ..self }
    }

    /// The function looks at one member of a collection, however many there are.
    pub(super) const fn selects(self) -> Function {
        Function { selects: true, ..self }
    }

    pub(super) const fn variadic(self, param: Param) -> Function {
        Function { variadic: Some(param), ..self }
    }

    /// The result may be null.
    pub(super) const fn may_be_null(self) -> Function {
        Function { not_null: false, ..self }
    }

    /// The parameter that takes the argument at this position.
    pub fn param(&self, index: usize) -> Option<&Param> {
        self.params.get(index).or(self.variadic.as_ref())
    }
}
