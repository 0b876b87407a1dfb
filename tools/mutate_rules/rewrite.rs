//! Finds the conditions of a source file, and wraps each so that it can be negated at run time.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, ExprClosure, ItemFn, Pat, ReturnType, Signature, Stmt, Type, UnOp};

/// A condition that can be negated.
pub(crate) struct Mutant {
    /// Line in the file, from 1.
    pub(crate) line: usize,
    /// What the condition is: `if`, `judge`, `any`.
    pub(crate) kind: &'static str,
    /// Its text, on one line.
    pub(crate) text: String,
}

/// The text with every condition wrapped; mutants are numbered from `first`.
pub(crate) fn rewrite(text: &str, first: usize) -> syn::Result<(String, Vec<Mutant>)> {
    let file = syn::parse_file(text)?;
    let mut finder = Finder { text, first, ..Finder::default() };
    finder.visit_file(&file);
    // At one place, what ends comes before what begins.
    finder.edits.sort_by_key(|(at, begins, _)| (*at, *begins));
    let (mut out, mut done) = (String::with_capacity(text.len() * 2), 0);
    for (at, _, inserted) in &finder.edits {
        out += &text[done..*at];
        out += inserted;
        done = *at;
    }
    Ok((out + &text[done..], finder.mutants))
}

/// Methods whose last argument is a closure that gives a boolean.
const PREDICATES: &[&str] = &[
    "all",
    "any",
    "filter",
    "find",
    "is_none_or",
    "is_some_and",
    "partition",
    "position",
    "retain",
    "rfind",
    "rposition",
    "skip_while",
    "take_while",
];
/// Methods and functions that give a boolean or a `Truth`, beside those whose name begins with `is_` or `has_`.
const QUESTIONS: &[&str] = &[
    "all",
    "any",
    "closed_world",
    "contains",
    "contains_key",
    "ends_with",
    "eq_ignore_ascii_case",
    "flag",
    "holds",
    "starts_with",
];

#[derive(Default)]
struct Finder<'t> {
    text: &'t str,
    first: usize,
    mutants: Vec<Mutant>,
    edits: Vec<(usize, bool, String)>,
    /// Expressions that are conditions by where they stand.
    wanted: HashMap<(usize, usize), &'static str>,
    /// Expressions whose negation is that of the one around them.
    told: HashSet<(usize, usize)>,
    /// In the value of a constant, where nothing runs.
    constant: bool,
    /// In a function that gives a boolean or a `Truth`.
    truth: bool,
}

fn range(node: &impl Spanned) -> Range<usize> {
    node.span().byte_range()
}

fn key(expr: &Expr) -> (usize, usize) {
    let range = range(expr);
    (range.start, range.end)
}

fn inner(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(paren) => inner(&paren.expr),
        Expr::Group(group) => inner(&group.expr),
        other => other,
    }
}

/// True for `a && let ... = b`, which is no value.
fn binds(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(b) if matches!(b.op, BinOp::And(_)) => binds(&b.left) || binds(&b.right),
        _ => false,
    }
}

fn is_truth(output: &ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else { return false };
    let Type::Path(path) = &**ty else { return false };
    path.path.segments.last().is_some_and(|s| s.ident == "bool" || s.ident == "Truth")
}

/// The word for an expression that is a condition by what it says.
fn question(expr: &Expr) -> Option<&'static str> {
    let named = |name: String| {
        let question =
            ["is_", "has_"].iter().any(|p| name.starts_with(p)) || QUESTIONS.contains(&name.as_str());
        question.then_some("call")
    };
    match expr {
        Expr::Binary(b) => match b.op {
            BinOp::And(_) | BinOp::Or(_) => (!binds(expr)).then_some("and/or"),
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => {
                Some("comparison")
            }
            _ => None,
        },
        Expr::Unary(u) if matches!(u.op, UnOp::Not(_)) => Some("not"),
        Expr::Macro(m) if m.mac.path.is_ident("matches") => Some("matches"),
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            let of_each = name == "all" || name == "any";
            named(name).filter(|_| !of_each || call.args.len() == 1)
        }
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return None };
            let mut names = path.path.segments.iter().rev().map(|s| s.ident.to_string());
            let (name, of) = (names.next()?, names.next());
            let of_each = name == "all" || name == "any";
            named(name).filter(|_| !of_each || of.as_deref() == Some("Truth"))
        }
        _ => None,
    }
}

impl Finder<'_> {
    /// A condition by where it stands.
    fn want(&mut self, expr: &Expr, kind: &'static str) {
        let expr = inner(expr);
        match expr {
            Expr::Let(_) => {
                self.mutants.push(Mutant {
                    line: self.line(range(expr).start),
                    kind: "if let",
                    text: self.shown(expr),
                });
                let id = self.first + self.mutants.len() - 1;
                self.edits.push((range(expr).end, false, format!(" && crate::mutation::flip({id}, true)")));
            }
            Expr::Binary(b) if binds(expr) => {
                self.want(&b.left, kind);
                self.want(&b.right, kind);
            }
            Expr::Lit(_) => {}
            // The opposite of what is not known is not known.
            Expr::Call(call) if self.text[range(&*call.func)] == *"Truth::Unknown" => {}
            _ => drop(self.wanted.insert(key(expr), kind)),
        }
    }

    fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    fn shown(&self, expr: &Expr) -> String {
        let text = self.text[range(expr)].split_whitespace().collect::<Vec<_>>().join(" ");
        text.chars().take(120).collect()
    }

    fn closure(&mut self, expr: &Expr, kind: &'static str) {
        if let Expr::Closure(closure) = expr {
            self.want(&closure.body, kind);
        }
    }

    /// A function: what it gives is a condition where that is a boolean.
    fn function(&mut self, sig: &Signature, block: &Block) {
        if sig.constness.is_some() {
            return;
        }
        let outside = std::mem::replace(&mut self.truth, is_truth(&sig.output));
        if let (true, Some(Stmt::Expr(last, None))) = (self.truth, block.stmts.last()) {
            self.want(last, "result");
        }
        self.visit_block(block);
        self.truth = outside;
    }

    fn in_constant(&mut self, expr: &Expr) {
        let outside = std::mem::replace(&mut self.constant, true);
        self.visit_expr(expr);
        self.constant = outside;
    }

    /// Notes which parts of an expression are conditions.
    fn look(&mut self, expr: &Expr) {
        match expr {
            Expr::If(e) => self.want(&e.cond, "if"),
            Expr::While(e) => self.want(&e.cond, "while"),
            Expr::Match(e) => {
                let by_truth = e.arms.iter().any(|arm| {
                    let text = &self.text[range(&arm.pat)];
                    text.starts_with("Truth::") || text == "true" || text == "false"
                });
                if by_truth && !matches!(*e.expr, Expr::Reference(_) | Expr::Tuple(_)) {
                    self.want(&e.expr, "match");
                }
            }
            Expr::Binary(b) if matches!(b.op, BinOp::And(_) | BinOp::Or(_)) && !binds(expr) => {
                self.want(&b.left, "operand");
                self.want(&b.right, "operand");
            }
            Expr::Unary(u) if matches!(u.op, UnOp::Not(_)) => {
                self.told.insert(key(inner(&u.expr)));
            }
            Expr::MethodCall(call) => {
                let method = call.method.to_string();
                if method == "then" || method == "then_some" {
                    self.want(&call.receiver, "then");
                }
                if method == "judge" && call.args.len() == 4 && self.text[range(&*call.receiver)] == *"out" {
                    self.want(&call.args[2], "judge");
                }
                if let (Some(last), Some(name)) =
                    (call.args.last(), PREDICATES.iter().find(|p| **p == method))
                {
                    self.closure(last, name);
                }
            }
            Expr::Call(call) => {
                let of = &self.text[range(&*call.func)];
                if let (true, Some(last)) = (of == "Truth::of", call.args.last()) {
                    self.closure(last, "test");
                }
                if let ("Truth::all" | "Truth::any", Some(Expr::MethodCall(m))) = (of, call.args.last())
                    && m.method == "map"
                    && let Some(last) = m.args.last()
                {
                    self.closure(last, "truth");
                }
            }
            Expr::Closure(c) if is_truth(&c.output) => {
                if let Expr::Block(b) = &*c.body
                    && let Some(Stmt::Expr(last, None)) = b.block.stmts.last()
                {
                    self.want(last, "result");
                }
            }
            Expr::Return(r) if self.truth => {
                if let Some(value) = &r.expr {
                    self.want(value, "result");
                }
            }
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        self.look(expr);
        let key = key(expr);
        let kind = self.wanted.remove(&key).or_else(|| question(expr));
        let kind =
            kind.filter(|_| !self.constant && !matches!(expr, Expr::Paren(_)) && !self.told.contains(&key));
        let Some(kind) = kind else { return visit::visit_expr(self, expr) };
        let id = self.first + self.mutants.len();
        self.mutants.push(Mutant { line: self.line(key.0), kind, text: self.shown(expr) });
        self.edits.push((key.0, true, format!("crate::mutation::flip({id}, ")));
        visit::visit_expr(self, expr);
        // A `match` looks at a variable or a member where it is.
        let place = kind == "match" && matches!(expr, Expr::Path(_) | Expr::Field(_));
        self.edits.push((key.1, false, if place { ".clone())" } else { ")" }.to_owned()));
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        let outside = (self.constant, self.truth);
        (self.constant, self.truth) = (false, is_truth(&closure.output));
        visit::visit_expr_closure(self, closure);
        (self.constant, self.truth) = outside;
    }

    fn visit_pat(&mut self, pat: &'ast Pat) {
        if let Pat::Guard(guard) = pat {
            self.want(&guard.guard, "guard");
            self.visit_expr(&guard.guard);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(&item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.in_constant(&item.expr);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.in_constant(&item.expr);
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.in_constant(&item.expr);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let test = item.attrs.iter().any(|a| self.text[range(a)].contains("cfg(test)"));
        if !test {
            visit::visit_item_mod(self, item);
        }
    }
}
