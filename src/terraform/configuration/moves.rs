//! `moved` and `removed` blocks: kept in the result, and checked against what is declared.

use super::body::Block;
use super::declaration::{Module, ResourceName};
use super::literal::{self, reference_text};
use super::outputs::steps;
use super::sources::Sources;
use super::tree::Tree;
use crate::terraform::address::{Mode, Part};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::Move;
use crate::terraform::expression::Reference;

/// All moves and removals, the root's first.
pub(super) fn moves(tree: &Tree, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Vec<Move> {
    let mut found = Vec::new();
    for node in 0..tree.nodes.len() {
        let module = tree.module(node);
        let path: Vec<_> = tree.nodes[node].path.iter().map(|name| format!("module.{name}")).collect();
        let path = path.join(".");
        let mut redundant = Vec::new();
        for block in &module.moved {
            let (from, to) =
                (endpoint(block, "from", sources, diagnostics), endpoint(block, "to", sources, diagnostics));
            let (Some(from), Some(to)) = (from, to) else { continue };
            let still = declared(module, &from).filter(|_| !repeats(module, &from));
            let (from, to) = (reference_text(&from), reference_text(&to));
            if from == to {
                redundant.push((block.header, from));
                continue;
            }
            let earlier = found.iter().find(|m: &&Move| m.module == path && m.from == from && m.to.is_some());
            if earlier.is_some_and(|m| m.to.as_ref() == Some(&to)) {
                continue;
            }
            if let Some(first) = earlier {
                let detail = format!(
                    "A statement has already declared that {from} moved. Each object can move only once."
                );
                let diagnostic = Diagnostic::error(block.header, "Ambiguous move statements", detail);
                diagnostics.push(diagnostic.related(first.span, "first declared here"));
                continue;
            }
            if let Some(still) = still {
                let detail = format!(
                    "This statement declares a move from {from}, but that is still declared. Change your \
                     configuration so that it will be declared as {to} instead."
                );
                let diagnostic = Diagnostic::error(block.header, "Moved object still exists", detail);
                diagnostics.push(diagnostic.related(still, "still declared here"));
            }
            found.push(Move { module: path.clone(), from, to: Some(to), destroy: false, span: block.header });
        }
        for block in &module.removed {
            let Some(from) = endpoint(block, "from", sources, diagnostics) else { continue };
            let lifecycle = block.body.blocks("lifecycle").next();
            let destroy = lifecycle.and_then(|l| l.body.attribute("destroy"));
            let destroy = destroy.and_then(|a| literal::boolean(&a.expr).ok().flatten()).unwrap_or(true);
            if let Some(still) = declared(module, &from) {
                let detail = format!(
                    "This statement declares that {} was removed, but it is still declared in configuration.",
                    reference_text(&from)
                );
                diagnostics.push(
                    Diagnostic::error(still, "Removed resource still exists", detail)
                        .related(block.header, "declared as removed here"),
                );
            }
            let from = reference_text(&from);
            found.push(Move { module: path.clone(), from, to: None, destroy, span: block.header });
        }
        // Terraform looks at moves only when the configuration is otherwise right.
        if !diagnostics.iter().any(Diagnostic::is_error) {
            diagnostics.extend(redundant.into_iter().map(|(span, address)| {
                let detail = format!(
                    "This statement declares a move from {address} to the same address, which is the same as \
                     not declaring this move at all."
                );
                Diagnostic::error(span, "Redundant move statement", detail)
            }));
        }
    }
    found
}

fn endpoint(
    block: &Block,
    name: &str,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Reference> {
    let expr = &block.body.attribute(name)?.expr;
    let reference = literal::reference(sources, expr);
    if reference.is_none() {
        diagnostics.push(literal::static_reference_required(expr.span));
    }
    reference
}

/// True for a resource or module with `count` or `for_each`: the object without key is gone.
fn repeats(module: &Module, reference: &Reference) -> bool {
    let Some([Part::Name(first), Part::Name(second)]) =
        steps(reference).as_deref().map(|p| p.to_vec()).and_then(|p| <[Part; 2]>::try_from(p).ok())
    else {
        return false;
    };
    let call = module.calls.get(&second).filter(|_| &*first == "module");
    let key = ResourceName { mode: Mode::Managed, type_name: first.clone(), name: second.clone() };
    let resource = module.resources.get(&key);
    call.is_some_and(|c| c.count.is_some() || c.for_each.is_some())
        || resource.is_some_and(|r| r.count.is_some() || r.for_each.is_some())
}

/// Where a resource or module that was declared removed still stands.
fn declared(module: &Module, reference: &Reference) -> Option<crate::terraform::source::Span> {
    let parts = steps(reference)?;
    let [Part::Name(first), Part::Name(second)] = parts.as_slice() else { return None };
    if &**first == "module" {
        return module.calls.get(second).map(|call| call.header);
    }
    let key = ResourceName { mode: Mode::Managed, type_name: first.clone(), name: second.clone() };
    module.resources.get(&key).map(|r| r.header)
}
