//! Blocks to declarations.

use std::sync::Arc;

use camino::Utf8PathBuf;
use hcl_edit::expr::{Expression, ObjectKey};
use indexmap::IndexMap;
use indexmap::map::Entry;

use super::body::{Attribute, Block, Body, Expr};
use super::code::WrittenBackend;
use super::declaration::{
    Call, Check, Condition, Import, Module, Output, ProviderBlock, Requirement, Resource, ResourceName,
    Variable,
};
use super::literal::{self, boolean, reference, reference_list, reference_text, text};
use super::sources::Sources;
use crate::terraform::address::Mode;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::Lifecycle;
use crate::terraform::expression::{Reference, references};
use crate::terraform::source::Span;
use crate::terraform::syntax;
use crate::terraform::value::Str;

/// Decodes the merged blocks of a module.
pub(super) fn module(
    dir: Utf8PathBuf,
    body: Body,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Module {
    let mut decoder = Decoder { sources, diagnostics, module: Module { dir, ..Module::default() } };
    for block in body.blocks {
        decoder.block(block);
    }
    decoder.module
}

struct Decoder<'a> {
    sources: &'a Sources,
    diagnostics: &'a mut Vec<Diagnostic>,
    module: Module,
}

impl Decoder<'_> {
    fn block(&mut self, block: Block) {
        match &*block.kind {
            "variable" => self.variable(block),
            "locals" => self.locals(block),
            "output" => self.output(block),
            "resource" => self.resource(block, Mode::Managed),
            "data" => self.resource(block, Mode::Data),
            "ephemeral" => self.resource(block, Mode::Ephemeral),
            "module" => self.call(block),
            "provider" => self.provider(block),
            "terraform" => self.terraform(block),
            "required_providers" => self.required_providers(&block),
            "check" => self.check(block),
            "moved" => self.module.moved.push(block),
            "removed" => self.module.removed.push(block),
            "import" => self.import(block),
            _ => {}
        }
    }

    fn duplicate(&mut self, at: Span, first: Span, summary: String, thing: String, rule: &str) {
        let place = self.sources.map.place(first);
        let detail = format!("{thing} was already declared at {}:{}. {rule}", place.file, place.line);
        let diagnostic = Diagnostic::error(at, summary, detail).related(first, "first declared here");
        self.diagnostics.push(diagnostic);
    }

    fn name(&mut self, name: &str, span: Span) {
        let mut chars = name.chars();
        let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
        if !first || !chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
            let detail = "A name must start with a letter or underscore and may contain only letters, \
                          digits, underscores, and dashes.";
            self.diagnostics.push(Diagnostic::error(span, "Invalid name", detail));
        }
    }

    fn flag(&mut self, body: &Body, name: &str) -> Option<bool> {
        let attribute = body.attribute(name)?;
        match boolean(&attribute.expr) {
            Ok(value) => value,
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn text(&mut self, attribute: &Attribute) -> Option<(String, Span)> {
        match text(self.sources, &attribute.expr) {
            Ok(value) => value.map(|text| (text, attribute.expr.span)),
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn description(&mut self, body: &Body) -> Option<String> {
        body.attribute("description").and_then(|a| self.text(a)).map(|(text, _)| text)
    }

    fn depends_on(&mut self, body: &Body) -> Vec<Reference> {
        let Some(attribute) = body.attribute("depends_on") else { return Vec::new() };
        reference_list(self.sources, &attribute.expr, true, self.diagnostics)
    }

    fn conditions(&mut self, body: &Body, kind: &str) -> Vec<Condition> {
        let found = body.blocks(kind).filter_map(|b| {
            let condition = b.body.attribute("condition")?.expr.clone();
            let message = b.body.attribute("error_message")?.expr.clone();
            Some(Condition { header: b.header, condition, message })
        });
        let found: Vec<Condition> = found.collect();
        for condition in found.iter().filter(|_| kind != "validation") {
            if self.references(&condition.condition).is_empty() {
                self.diagnostics.push(Diagnostic::error(
                    condition.condition.span,
                    format!("Invalid {kind} expression"),
                    "The condition expression must refer to at least one object from elsewhere in the \
                     configuration, or else its result would not be checking anything.",
                ));
            }
        }
        found
    }

    fn references(&self, expr: &Expr) -> Vec<Reference> {
        references(expr.span.file, &self.sources.text(expr.span.file), &expr.node)
    }

    fn variable(&mut self, block: Block) {
        let (name, at) = (block.label(0), block.label_span(0));
        self.name(&name, at);
        const RESERVED: &[&str] =
            &["source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"];
        if RESERVED.contains(&&*name) {
            let detail = format!(
                "The variable name {name:?} is reserved due to its special meaning inside module blocks."
            );
            self.diagnostics.push(Diagnostic::error(at, "Invalid variable name", detail));
        }
        let validations = self.conditions(&block.body, "validation");
        for validation in &validations {
            let refers = self.references(&validation.condition).iter().any(|r| {
                &*r.root == "var" && matches!(r.steps.first(), Some(s) if step_name(s) == Some(&*name))
            });
            if !refers {
                let detail = format!(
                    "The condition for variable {name:?} must refer to var.{name} in order to test incoming \
                     values."
                );
                self.diagnostics.push(Diagnostic::error(
                    validation.condition.span,
                    "Invalid variable validation condition",
                    detail,
                ));
            }
        }
        let variable = Variable {
            header: block.header,
            sensitive: self.flag(&block.body, "sensitive").unwrap_or(false),
            ephemeral: self.flag(&block.body, "ephemeral").unwrap_or(false),
            nullable: self.flag(&block.body, "nullable").unwrap_or(true),
            description: self.description(&block.body),
            type_expr: block.body.attribute("type").cloned(),
            default: block.body.attribute("default").cloned(),
            validations,
        };
        if let Some(first) = self.module.variables.get(&name).map(|v| v.header) {
            let thing = format!("A variable named {name:?}");
            let rule = "Variable names must be unique within a module.";
            self.duplicate(block.header, first, "Duplicate variable declaration".into(), thing, rule);
            return;
        }
        self.module.variables.insert(name, variable);
    }

    fn locals(&mut self, block: Block) {
        for (name, attribute) in block.body.attributes {
            self.name(&name, attribute.name_span);
            if let Some(first) = self.module.locals.get(&name).map(|l| l.name_span) {
                let thing = format!("A local value named {name:?}");
                let rule = "Local value names must be unique within a module.";
                let summary = "Duplicate local value definition".into();
                self.duplicate(attribute.name_span, first, summary, thing, rule);
                continue;
            }
            self.module.locals.insert(name, attribute);
        }
    }

    fn output(&mut self, block: Block) {
        let name = block.label(0);
        self.name(&name, block.label_span(0));
        let output = Output {
            header: block.header,
            value: block.body.attribute("value").cloned(),
            description: self.description(&block.body),
            sensitive: self.flag(&block.body, "sensitive").unwrap_or(false),
            ephemeral: self.flag(&block.body, "ephemeral").unwrap_or(false),
            depends_on: self.depends_on(&block.body),
            preconditions: self.conditions(&block.body, "precondition"),
        };
        if let Some(first) = self.module.outputs.get(&name).map(|o| o.header) {
            let thing = format!("An output named {name:?}");
            let rule = "Output names must be unique within a module.";
            self.duplicate(block.header, first, "Duplicate output definition".into(), thing, rule);
            return;
        }
        self.module.outputs.insert(name, output);
    }

    /// Takes `count` and `for_each` out of a body.
    fn repetition(&mut self, body: &mut Body, of: &str) -> (Option<Attribute>, Option<Attribute>) {
        let count = body.attributes.shift_remove("count");
        let for_each = body.attributes.shift_remove("for_each");
        if let (Some(_), Some(for_each)) = (&count, &for_each) {
            self.diagnostics.push(Diagnostic::error(
                for_each.name_span,
                "Invalid combination of \"count\" and \"for_each\"",
                format!(
                    "The \"count\" and \"for_each\" meta-arguments are mutually-exclusive, only one should \
                     be used to be explicit about the number of {of} to be created."
                ),
            ));
        }
        (count, for_each)
    }

    fn resource(&mut self, block: Block, mode: Mode) {
        let header = block.header;
        let name = ResourceName { mode, type_name: block.label(0), name: block.label(1) };
        self.name(&name.type_name, block.label_span(0));
        self.name(&name.name, block.label_span(1));
        let mut body = block.body;
        let (count, for_each) = self.repetition(&mut body, "resources");
        let depends_on = self.depends_on(&body);
        body.attributes.shift_remove("depends_on");
        let provider = self.provider_of(&mut body, &name.type_name);
        let (mut meta, rest): (Vec<Block>, Vec<Block>) = std::mem::take(&mut body.blocks)
            .into_iter()
            .partition(|b| matches!(&*b.kind, "lifecycle" | "provisioner" | "connection"));
        body.blocks = rest;
        let provisioner_references = self.provisioners(&meta);
        let provisioner = |b: &Block| (&*b.kind == "provisioner").then(|| (b.label(0), b.body.clone()));
        let provisioners = meta.iter().filter_map(provisioner).collect();
        let lifecycle_body = meta
            .iter_mut()
            .find(|b| &*b.kind == "lifecycle")
            .map(|b| std::mem::take(&mut b.body))
            .unwrap_or_default();
        let replace_triggered_by = lifecycle_body
            .attribute("replace_triggered_by")
            .map(|a| reference_list(self.sources, &a.expr, false, self.diagnostics))
            .unwrap_or_default();
        let resource = Resource {
            header,
            count,
            for_each,
            provider,
            depends_on,
            provisioner_references,
            provisioners,
            lifecycle: Arc::new(self.lifecycle(&lifecycle_body)),
            replace_triggered_by,
            preconditions: self.conditions(&lifecycle_body, "precondition"),
            postconditions: self.conditions(&lifecycle_body, "postcondition"),
            body,
            name: name.clone(),
        };
        match self.module.resources.entry(name) {
            Entry::Vacant(entry) => drop(entry.insert(resource)),
            Entry::Occupied(entry) => {
                let (first, name) = (entry.get().header, entry.key().clone());
                let what = if mode == Mode::Data { "data source" } else { "resource" };
                let thing = format!("A {} {what} named {:?}", name.type_name, &*name.name);
                let summary = format!("Duplicate {what} {:?} configuration", &*name.type_name);
                let rule = "Resource names must be unique per type in each module.";
                self.duplicate(header, first, summary, thing, rule);
            }
        }
    }

    /// The local name of a resource's provider: its `provider` argument, else the first word of its type.
    fn provider_of(&mut self, body: &mut Body, type_name: &str) -> Str {
        if let Some(attribute) = body.attributes.shift_remove("provider") {
            if let Some(reference) = reference(self.sources, &attribute.expr) {
                return reference_text(&reference).into();
            }
            self.diagnostics.push(Diagnostic::error(
                attribute.expr.span,
                "Invalid provider configuration reference",
                "The provider argument requires a provider type name, optionally followed by a period and \
                 then a configuration alias.",
            ));
        }
        type_name.split('_').next().unwrap_or(type_name).into()
    }

    fn lifecycle(&mut self, body: &Body) -> Lifecycle {
        let mut lifecycle = Lifecycle {
            prevent_destroy: self.flag(body, "prevent_destroy").unwrap_or(false),
            create_before_destroy: self.flag(body, "create_before_destroy").unwrap_or(false),
            ..Lifecycle::default()
        };
        let Some(attribute) = body.attribute("ignore_changes") else { return lifecycle };
        let whole = |text: &str| text == "all";
        match literal::peel(&attribute.expr.node) {
            Expression::Variable(name) if whole(name.as_str()) => lifecycle.ignore_all = true,
            Expression::String(name) if whole(name.as_str()) => lifecycle.ignore_all = true,
            _ => {
                let paths = reference_list(self.sources, &attribute.expr, true, self.diagnostics);
                lifecycle.ignore_changes = paths.iter().map(|r| reference_text(r).into()).collect();
            }
        }
        lifecycle
    }

    /// Provisioners do not run in a plan, but what they refer to is checked.
    fn provisioners(&mut self, blocks: &[Block]) -> Vec<Reference> {
        let mut all = Vec::new();
        for block in blocks.iter().filter(|b| &*b.kind != "lifecycle") {
            let inner = block.body.blocks.iter().flat_map(|b| b.body.attributes.values());
            let keyword = |a: &&Attribute| matches!(&*a.name, "when" | "on_failure");
            let arguments = block.body.attributes.values().chain(inner).filter(|a| !keyword(a));
            let found: Vec<Reference> = arguments.flat_map(|a| self.references(&a.expr)).collect();
            let own = |r: &Reference| matches!(&*r.root, "self" | "count" | "each" | "path" | "terraform");
            if destroys(block) {
                self.diagnostics.extend(found.iter().filter(|r| !own(r)).map(|r| {
                    Diagnostic::error(
                        r.span,
                        "Invalid reference from destroy provisioner",
                        "Destroy-time provisioners and their connection configurations may only reference \
                         attributes of the related resource, via 'self', 'count.index', or 'each.key'.",
                    )
                }));
            } else {
                all.extend(found);
            }
        }
        all
    }

    fn call(&mut self, block: Block) {
        let name = block.label(0);
        self.name(&name, block.label_span(0));
        let mut body = block.body;
        let (count, for_each) = self.repetition(&mut body, "modules");
        let depends_on = self.depends_on(&body);
        let source = body.attributes.shift_remove("source").and_then(|a| self.text(&a));
        let version = body.attributes.shift_remove("version").and_then(|a| self.text(&a)).map(|v| v.0);
        body.attributes.shift_remove("depends_on");
        let providers =
            body.attributes.shift_remove("providers").map(|a| self.passed(&a)).unwrap_or_default();
        let call = Call {
            name: name.clone(),
            header: block.header,
            source,
            version,
            count,
            for_each,
            depends_on,
            providers,
            inputs: body.attributes,
        };
        if let Some(first) = self.module.calls.get(&name).map(|c| c.header) {
            let thing = format!("A module call named {name:?}");
            let rule = "Module calls must have unique names within a module.";
            self.duplicate(block.header, first, "Duplicate module call".into(), thing, rule);
            return;
        }
        self.module.calls.insert(name, call);
    }

    /// The entries of a `providers` argument, as texts: `azurerm.hub`.
    fn passed(&mut self, attribute: &Attribute) -> Vec<(Str, Str)> {
        use hcl_edit::Span as _;
        let Expression::Object(object) = literal::peel(&attribute.expr.node) else { return Vec::new() };
        let text = self.sources.text(attribute.expr.span.file);
        let part = |range: Option<std::ops::Range<usize>>| -> Option<Str> {
            let text: String =
                text.get(range?)?.chars().filter(|c| !c.is_whitespace() && *c != '"').collect();
            Some(text.into())
        };
        let entry = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
            Some((part(key.span())?, part(value.expr().span())?))
        };
        object.iter().filter_map(entry).collect()
    }

    fn provider(&mut self, block: Block) {
        let name = block.label(0);
        let mut body = block.body;
        let alias = body.attributes.shift_remove("alias").and_then(|a| self.text(&a)).map(|a| a.0);
        let version = body.attributes.shift_remove("version").and_then(|a| self.text(&a));
        let same = |p: &&ProviderBlock| p.name == name && p.alias == alias;
        if let Some(first) = self.module.providers.iter().find(same).map(|p| p.header) {
            let thing = format!("A provider configuration for {name:?}");
            let rule = "If multiple configurations are required, set the \"alias\" argument for alternative \
                        configurations.";
            self.duplicate(block.header, first, "Duplicate provider configuration".into(), thing, rule);
            return;
        }
        self.module.providers.push(ProviderBlock { name, alias, header: block.header, version, body });
    }

    fn terraform(&mut self, block: Block) {
        if let Some(version) = block.body.attribute("required_version").and_then(|a| self.text(a)) {
            self.module.required_version.push(version);
        }
        for inner in block.body.blocks("required_providers") {
            self.required_providers(inner);
        }
        let backend = block.body.blocks.iter().rfind(|b| matches!(&*b.kind, "backend" | "cloud"));
        if let Some(backend) = backend {
            self.module.backend = Some(self.backend(backend));
        }
    }

    fn backend(&self, block: &Block) -> WrittenBackend {
        let written = |attribute: &Attribute| {
            let span = attribute.expr.span;
            let text = self.sources.text(span.file);
            let text = text.get(span.start as usize..span.end as usize).unwrap_or_default();
            (attribute.name.clone(), text.trim_matches('"').to_owned(), attribute.span())
        };
        let kind = if &*block.kind == "cloud" { "cloud".into() } else { block.label(0) };
        let arguments = block.body.attributes.values().map(written).collect();
        WrittenBackend { kind, header: block.header, arguments }
    }

    fn required_providers(&mut self, block: &Block) {
        for (name, attribute) in &block.body.attributes {
            let mut found = Requirement::default();
            match literal::peel(&attribute.expr.node) {
                Expression::Object(object) => {
                    for (key, value) in object.iter() {
                        let key = match key {
                            ObjectKey::Ident(name) => name.as_str(),
                            ObjectKey::Expression(Expression::String(text)) => text.as_str(),
                            ObjectKey::Expression(Expression::Variable(name)) => name.as_str(),
                            ObjectKey::Expression(_) => continue,
                        };
                        let text = match value.expr() {
                            Expression::String(text) => Some(text.as_str().to_owned()),
                            _ => None,
                        };
                        if key == "configuration_aliases"
                            && let Expression::Array(aliases) = value.expr()
                        {
                            let file = attribute.expr.span.file;
                            let text = self.sources.text(file);
                            let names = aliases.iter().flat_map(|a| references(file, &text, a));
                            found.aliases = names.map(|r| reference_text(&r)).collect();
                        }
                        match key {
                            "source" => found.source = text,
                            "version" => found.version = text,
                            _ => {}
                        }
                    }
                }
                Expression::String(version) => found.version = Some(version.as_str().to_owned()),
                _ => {}
            }
            self.module.required_providers.insert(name.clone(), found);
        }
    }

    fn check(&mut self, block: Block) {
        let name = block.label(0);
        self.name(&name, block.label_span(0));
        let asserts = self.conditions(&block.body, "assert");
        for inner in block.body.blocks {
            if &*inner.kind == "data" {
                self.resource(inner, Mode::Data);
            }
        }
        if let Some(first) = self.module.checks.get(&name).map(|c| c.header) {
            let thing = format!("A check block named {name:?}");
            let rule = "Check blocks must have unique names within a module.";
            self.duplicate(block.header, first, "Duplicate check block".into(), thing, rule);
            return;
        }
        self.module.checks.insert(name, Check { header: block.header, asserts });
    }

    fn import(&mut self, block: Block) {
        let Some(to) = block.body.attribute("to").map(|a| a.expr.clone()) else { return };
        self.module.imports.push(Import {
            header: block.header,
            to,
            id: block.body.attribute("id").map(|a| a.expr.clone()),
            for_each: block.body.attribute("for_each").cloned(),
        });
    }
}

/// True for a provisioner with `when = destroy`.
fn destroys(block: &Block) -> bool {
    match block.body.attribute("when").map(|a| literal::peel(&a.expr.node)) {
        Some(Expression::Variable(name)) => name.as_str() == "destroy",
        Some(Expression::String(name)) => name.as_str() == "destroy",
        _ => false,
    }
}

/// The name that a constant step selects.
pub(super) fn step_name(step: &crate::terraform::expression::Step) -> Option<&str> {
    use crate::terraform::expression::Step;
    match step {
        Step::Attribute(name) | Step::Key(name) => Some(name),
        Step::Index(_) | Step::Dynamic => None,
    }
}

/// The order of inputs and their names, for messages.
pub(super) fn names<V>(map: &IndexMap<Str, V>) -> impl Iterator<Item = &str> {
    map.keys().map(|k| &**k)
}

/// The span of an expression node.
pub(super) fn span_of(expr: &Expr, node: &Expression) -> Span {
    syntax::span(expr.span.file, node).unwrap_or(expr.span)
}
