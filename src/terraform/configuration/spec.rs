//! Which arguments and blocks each kind of block may have, as data.

use super::body::{Block, Body};
use super::suggest::did_you_mean;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::Span;

/// What a body may hold.
#[derive(Debug)]
pub(super) struct Spec {
    /// Arguments that must be there.
    pub required: &'static [&'static str],
    /// Arguments that may be there.
    pub optional: &'static [&'static str],
    /// Blocks.
    pub blocks: &'static [BlockSpec],
    /// Other arguments and blocks are somebody else's (a provider's, a module's).
    pub open: bool,
}

/// A kind of block.
#[derive(Debug)]
pub(super) struct BlockSpec {
    /// Its name.
    pub kind: &'static str,
    /// Names of its labels.
    pub labels: &'static [&'static str],
    /// What is in it.
    pub body: &'static Spec,
}

const fn closed(
    required: &'static [&'static str],
    optional: &'static [&'static str],
    blocks: &'static [BlockSpec],
) -> Spec {
    Spec { required, optional, blocks, open: false }
}

const fn block(kind: &'static str, labels: &'static [&'static str], body: &'static Spec) -> BlockSpec {
    BlockSpec { kind, labels, body }
}

static OPEN: Spec = Spec { required: &[], optional: &[], blocks: &[], open: true };
static CONDITION: Spec = closed(&["condition", "error_message"], &[], &[]);
static VARIABLE: Spec = closed(
    &[],
    &["description", "type", "default", "sensitive", "ephemeral", "nullable", "const", "deprecated"],
    &[block("validation", &[], &CONDITION)],
);
static OUTPUT: Spec = closed(
    &["value"],
    &["description", "sensitive", "ephemeral", "depends_on", "deprecated"],
    &[block("precondition", &[], &CONDITION), block("postcondition", &[], &CONDITION)],
);
static LIFECYCLE: Spec = closed(
    &[],
    &[
        "create_before_destroy",
        "prevent_destroy",
        "ignore_changes",
        "replace_triggered_by",
        // OpenTofu
        "enabled",
        "destroy",
    ],
    &[
        block("precondition", &[], &CONDITION),
        block("postcondition", &[], &CONDITION),
        block("action_trigger", &[], &OPEN),
    ],
);
static PROVISIONER: Spec =
    Spec { required: &[], optional: &[], blocks: &[block("connection", &[], &OPEN)], open: true };
/// A `dynamic` block.
pub(super) static DYNAMIC: Spec =
    closed(&["for_each"], &["iterator", "labels"], &[block("content", &[], &CONTENT)]);
static CONTENT: Spec =
    Spec { required: &[], optional: &[], blocks: &[block("dynamic", &["name"], &DYNAMIC)], open: true };
/// A resource, data source or ephemeral resource.
pub(super) static RESOURCE: Spec = Spec {
    required: &[],
    optional: &["count", "for_each", "provider", "depends_on"],
    blocks: &[
        block("lifecycle", &[], &LIFECYCLE),
        block("provisioner", &["type"], &PROVISIONER),
        block("connection", &[], &OPEN),
        block("dynamic", &["name"], &DYNAMIC),
    ],
    open: true,
};
static MODULE: Spec = Spec {
    required: &["source"],
    optional: &["version", "count", "for_each", "providers", "depends_on"],
    blocks: &[],
    open: true,
};
static PROVIDER: Spec = Spec {
    required: &[],
    optional: &["alias", "version"],
    blocks: &[block("dynamic", &["name"], &DYNAMIC)],
    open: true,
};
static TERRAFORM: Spec = closed(
    &[],
    &["required_version", "experiments", "language"],
    &[
        block("required_providers", &[], &OPEN),
        block("backend", &["type"], &OPEN),
        block("cloud", &[], &OPEN),
        block("provider_meta", &["provider"], &OPEN),
        // OpenTofu
        block("encryption", &[], &OPEN),
    ],
);
static CHECK: Spec =
    closed(&[], &[], &[block("assert", &[], &CONDITION), block("data", &["type", "name"], &RESOURCE)]);
static MOVED: Spec = closed(&["from", "to"], &[], &[]);
static IMPORT: Spec = closed(&["to"], &["id", "identity", "for_each", "provider"], &[]);
static REMOVED: Spec = closed(
    &["from"],
    &[],
    &[block("lifecycle", &[], &LIFECYCLE), block("provisioner", &["type"], &PROVISIONER)],
);

/// A file.
pub(super) static FILE: Spec = closed(
    &[],
    &[],
    &[
        block("terraform", &[], &TERRAFORM),
        block("required_providers", &[], &OPEN),
        block("provider", &["name"], &PROVIDER),
        block("variable", &["name"], &VARIABLE),
        block("locals", &[], &OPEN),
        block("output", &["name"], &OUTPUT),
        block("module", &["name"], &MODULE),
        block("resource", &["type", "name"], &RESOURCE),
        block("data", &["type", "name"], &RESOURCE),
        block("ephemeral", &["type", "name"], &RESOURCE),
        block("moved", &[], &MOVED),
        block("import", &[], &IMPORT),
        block("removed", &[], &REMOVED),
        block("check", &["name"], &CHECK),
    ],
);

/// Checks a body of the block with this header: unexpected arguments and blocks, wrong labels, and
/// (unless it overrides another) missing arguments. Blocks with wrong labels are taken out.
pub(super) fn check(
    spec: &Spec,
    body: &mut Body,
    header: Option<Span>,
    overrides: bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if !spec.open {
        for (name, attribute) in &body.attributes {
            if !spec.required.iter().chain(spec.optional).any(|a| *a == &**name) {
                diagnostics.push(unsupported_argument(
                    name,
                    attribute.name_span,
                    spec.required.iter().chain(spec.optional).copied(),
                    spec.blocks.iter().any(|b| b.kind == &**name),
                ));
            }
        }
    }
    for name in spec.required {
        if !overrides && !body.attributes.contains_key(*name) {
            diagnostics.push(missing_argument(name, header));
        }
    }
    body.blocks.retain_mut(|inner| check_block(spec, inner, overrides, diagnostics));
}

fn check_block(spec: &Spec, inner: &mut Block, overrides: bool, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let Some(found) = spec.blocks.iter().find(|b| b.kind == &*inner.kind) else {
        if !spec.open {
            let kinds = spec.blocks.iter().map(|b| b.kind);
            let attribute = spec.required.iter().chain(spec.optional).any(|a| *a == &*inner.kind);
            diagnostics.push(unsupported_block(&inner.kind, inner.kind_span, kinds, attribute));
        }
        return spec.open;
    };
    if inner.labels.len() != found.labels.len() {
        diagnostics.push(wrong_labels(found, inner));
        return false;
    }
    check(found.body, &mut inner.body, Some(inner.header), overrides, diagnostics);
    true
}

fn wrong_labels(spec: &BlockSpec, block: &Block) -> Diagnostic {
    let (kind, names) = (spec.kind, spec.labels.join(", "));
    if let Some(missing) = spec.labels.get(block.labels.len()) {
        return Diagnostic::error(
            block.header,
            format!("Missing {missing} for {kind}"),
            format!("All {kind} blocks must have {} labels ({names}).", spec.labels.len()),
        );
    }
    let at = block.labels.get(spec.labels.len()).map_or(block.header, |(_, span)| *span);
    let detail = if spec.labels.is_empty() {
        format!("No labels are expected for {kind} blocks.")
    } else {
        format!("Only {} labels ({names}) are expected for {kind} blocks.", spec.labels.len())
    };
    Diagnostic::error(at, format!("Extraneous label for {kind}"), detail)
}

/// "Unsupported argument", with the nearest name.
pub(super) fn unsupported_argument<'a>(
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'a str>,
    is_block: bool,
) -> Diagnostic {
    let hint = if is_block {
        format!(" Did you mean to define a block of type {name:?}?")
    } else {
        did_you_mean(name, known)
    };
    let detail = format!("An argument named {name:?} is not expected here.{hint}");
    Diagnostic::error(span, "Unsupported argument", detail)
}

/// "Unsupported block type", with the nearest name.
pub(super) fn unsupported_block<'a>(
    kind: &str,
    span: Span,
    known: impl Iterator<Item = &'a str>,
    is_argument: bool,
) -> Diagnostic {
    let hint = if is_argument {
        format!(" Did you mean to define argument {kind:?}? If so, use the equals sign to assign it a value.")
    } else {
        did_you_mean(kind, known)
    };
    let detail = format!("Blocks of type {kind:?} are not expected here.{hint}");
    Diagnostic::error(span, "Unsupported block type", detail)
}

/// "Missing required argument"
pub(super) fn missing_argument(name: &str, header: Option<Span>) -> Diagnostic {
    let detail = format!("The argument {name:?} is required, but no definition was found.");
    Diagnostic::error(header, "Missing required argument", detail)
}
