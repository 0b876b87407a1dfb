//! Values of the root's variables from outside: environment, variables files, `-var`.

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::body::{Body, Expr};
use super::declaration::Module;
use super::loader::{Loader, Text};
use super::options::{Input, Options};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::files::{DiskFiles, FileError, FileKind, FileSource, join};
use crate::terraform::source::{FileId, Span};
use crate::terraform::syntax;
use crate::terraform::value::{Str, Value};

/// What a root variable is given.
#[derive(Clone, Debug)]
pub(super) enum Given {
    /// From a variables file.
    Value(Value),
    /// From `-var` or the environment: taken as it is, or (for a complex type) as an expression.
    Text {
        /// The text.
        text: String,
        /// The text as an expression, when it is one.
        expression: Option<Expr>,
        /// `using -var="x=..."`
        from: String,
    },
}

/// What was read, before it is evaluated: the last entry of a name wins.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// By name of the variable.
    pub values: HashMap<Str, Source>,
}

/// A value from outside, not evaluated.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// An argument of a variables file.
    File(Expr),
    /// A text.
    Text {
        /// The text.
        text: String,
        /// The text as an expression.
        expression: Option<Expr>,
        /// Where it comes from, in words.
        from: String,
    },
}

/// Reads all inputs in Terraform's order of precedence.
pub(super) fn read(options: &Options, module: &Module, loader: &mut Loader<'_>) -> Inputs {
    let mut reader = Reader { inputs: Inputs::default(), undeclared: 0, module };
    for (key, text) in &options.environment {
        // A variable that is not declared is no concern here: the environment is for all roots.
        if let Some(name) = key.strip_prefix("TF_VAR_").filter(|n| module.variables.contains_key(*n)) {
            let from = format!("using the TF_VAR_{name} environment variable");
            reader.text(name, text, from, loader);
        }
    }
    for name in automatic_files(options.files.as_ref(), &options.root) {
        let path = options.root.join(&name);
        if let Ok(Text::Good(file)) = loader.read(&path) {
            reader.file(file, loader);
        }
    }
    for input in &options.inputs {
        match input {
            Input::Var(text) => reader.var(text, loader),
            Input::File(path) => reader.var_file(options, path, loader),
        }
    }
    reader.summary(loader);
    reader.inputs
}

/// `terraform.tfvars`, `terraform.tfvars.json`, then `*.auto.tfvars` and `*.auto.tfvars.json` by name.
fn automatic_files(files: &dyn FileSource, root: &Utf8Path) -> Vec<String> {
    let names: Vec<String> = files
        .list(root)
        .unwrap_or_default()
        .into_iter()
        .filter(|(_, kind)| *kind == FileKind::File)
        .map(|(name, _)| name)
        .collect();
    let fixed = ["terraform.tfvars", "terraform.tfvars.json"];
    let auto = names.iter().filter(|n| n.ends_with(".auto.tfvars") || n.ends_with(".auto.tfvars.json"));
    let first = fixed.iter().filter(|f| names.iter().any(|n| n == **f)).map(|f| (*f).to_owned());
    first.chain(auto.cloned()).collect()
}

struct Reader<'a> {
    inputs: Inputs,
    undeclared: usize,
    module: &'a Module,
}

/// How many undeclared names are warned of one by one.
const SHOWN: usize = 2;

impl Reader<'_> {
    /// Parses the text as an expression only where the variable's type may want one.
    fn text(&mut self, name: &str, text: &str, from: String, loader: &mut Loader<'_>) {
        let file = loader.sources.map.add(format!("<value for var.{name}>"), text);
        let complex = self.module.variables.get(name).and_then(|v| v.type_expr.as_ref()).is_some_and(|t| {
            use hcl_edit::expr::Expression;
            !matches!(super::literal::peel(&t.expr.node), Expression::Variable(n)
                if matches!(n.as_str(), "string" | "number" | "bool"))
        });
        let expression = if complex {
            match syntax::parse_expression(file, text) {
                Ok(node) => {
                    let span = Span { file, start: 0, end: text.len() as u32 };
                    Some(Expr { node: std::sync::Arc::new(node), span, json: false })
                }
                Err(diagnostics) => {
                    loader.diagnostics.extend(diagnostics.into_iter().map(extra_characters));
                    None
                }
            }
        } else {
            None
        };
        let source = Source::Text { text: text.to_owned(), expression, from };
        self.inputs.values.insert(name.into(), source);
    }

    fn var(&mut self, text: &str, loader: &mut Loader<'_>) {
        let Some((name, value)) = text.split_once('=') else {
            let detail = format!(
                "The given -var option {text:?} is not correctly specified. It must be a variable name and \
                 value separated by an equals sign, like -var=\"key=value\"."
            );
            loader.diagnostics.push(Diagnostic::error(None, "Invalid -var option", detail));
            return;
        };
        let name = name.trim();
        if !self.module.variables.contains_key(name) {
            let known = super::decode::names(&self.module.variables);
            let hint = super::suggest::did_you_mean(name, known);
            let detail = format!(
                "A variable named {name:?} was assigned on the command line, but the root module does not \
                 declare a variable of that name. To use this value, add a \"variable\" block to the \
                 configuration.{hint}"
            );
            loader.diagnostics.push(Diagnostic::error(None, "Value for undeclared variable", detail));
            return;
        }
        let from = format!("using -var=\"{name}=...\"");
        self.text(name, value, from, loader);
    }

    fn var_file(&mut self, options: &Options, path: &Utf8Path, loader: &mut Loader<'_>) {
        let inside = if path.is_absolute() {
            path.strip_prefix(&options.checkout).ok().map(Utf8Path::to_owned)
        } else {
            join(&options.root, path.as_str())
        };
        let read = match inside {
            Some(inside) => match loader.read(&inside) {
                // A file that a base revision does not have yet: the user named the one on disk.
                Err(FileError::NotFound) => from_disk(&options.checkout, &inside)
                    .map(|bytes| loader.keep(&loader.shown(&inside), bytes)),
                read => read,
            },
            // The user named a file outside the checkout, so it is read from there.
            None => {
                let at: Utf8PathBuf = options.checkout.join(&options.root).join(path);
                let dir = at.parent().unwrap_or(Utf8Path::new("/"));
                from_disk(dir, Utf8Path::new(at.file_name().unwrap_or_default()))
                    .map(|bytes| loader.keep_outside(path, bytes))
            }
        };
        match read {
            Ok(Text::Good(file)) => self.file(file, loader),
            Ok(Text::Bad) => {}
            Err(error) => {
                let (summary, detail) = match error {
                    FileError::NotFound => (
                        "Failed to read variables file",
                        format!("Given variables file {path} does not exist."),
                    ),
                    other => (
                        "Failed to read variables file",
                        format!("The file {path} could not be read: {other}."),
                    ),
                };
                loader.diagnostics.push(Diagnostic::error(None, summary, detail));
            }
        }
    }

    fn file(&mut self, file: FileId, loader: &mut Loader<'_>) {
        let path = loader.sources.map.file(file).path.clone();
        let body = if path.as_str().ends_with(".json") {
            let Some((native, object)) = loader.json(file, syntax::parse_expression) else { return };
            let spec = super::spec::Spec { required: &[], optional: &[], blocks: &[], open: true };
            super::json::body(file, &native, &object, &spec, &mut loader.diagnostics)
        } else {
            let text = loader.sources.text(file);
            let parsed = syntax::parse(file, &text);
            loader.diagnostics.extend(parsed.diagnostics);
            Body::from_native(file, parsed.body, &mut loader.diagnostics)
        };
        for block in &body.blocks {
            loader.diagnostics.push(unexpected_block(&block.kind, block.labels.first(), block.header));
        }
        for (name, attribute) in body.attributes {
            if !self.module.variables.contains_key(&name) {
                self.undeclared += 1;
                if self.undeclared <= SHOWN {
                    let known = super::decode::names(&self.module.variables);
                    let hint = super::suggest::did_you_mean(&name, known);
                    let detail = format!(
                        "The root module does not declare a variable named {name:?} but a value was found in \
                         file \"{path}\". If you meant to use this value, add a \"variable\" block to the \
                         configuration.{hint}"
                    );
                    let span = attribute.name_span;
                    loader.diagnostics.push(Diagnostic::warning(
                        span,
                        "Value for undeclared variable",
                        detail,
                    ));
                }
                continue;
            }
            self.inputs.values.insert(name, Source::File(attribute.expr));
        }
    }

    fn summary(&self, loader: &mut Loader<'_>) {
        if self.undeclared > SHOWN {
            let detail = format!(
                "In addition to the other similar warnings shown, {} other variable(s) defined without being \
                 declared.",
                self.undeclared - SHOWN
            );
            loader.diagnostics.push(Diagnostic::warning(None, "Values for undeclared variables", detail));
        }
    }
}

fn from_disk(dir: &Utf8Path, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
    DiskFiles::new(dir)?.read(path)
}

/// What follows an expression that stands alone is not a second argument.
fn extra_characters(diagnostic: Diagnostic) -> Diagnostic {
    if diagnostic.summary != "Missing newline after argument" {
        return diagnostic;
    }
    Diagnostic {
        summary: "Extra characters after expression".into(),
        detail: "An expression was successfully parsed, but extra characters were found after it.".into(),
        ..diagnostic
    }
}

fn unexpected_block(kind: &str, label: Option<&(Str, Span)>, header: Span) -> Diagnostic {
    match (kind, label) {
        ("variable", Some((name, _))) => Diagnostic::error(
            header,
            "Variable declaration in .tfvars file",
            format!(
                "A .tfvars file is used to assign values to variables that have already been declared in .tf \
                 files, not to declare new variables. To declare variable {name:?}, place this block in one \
                 of your .tf files, such as variables.tf.\n\nTo set a value for this variable in {name:?}, \
                 use the definition syntax instead:\n    {name} = <value>"
            ),
        ),
        _ => Diagnostic::error(
            header,
            "Unexpected block",
            "A variables file holds only arguments (name = value); blocks are not allowed here.",
        ),
    }
}

/// A required variable that nothing gives a value.
pub(super) fn missing(name: &str, header: Span, strict: bool) -> Diagnostic {
    let detail = format!(
        "The root module input variable {name:?} is not set, and has no default value. Use a -var or \
         -var-file command line argument to provide a value for this variable."
    );
    let severity = if strict {
        crate::terraform::diagnostic::Severity::Error
    } else {
        crate::terraform::diagnostic::Severity::Warning
    };
    Diagnostic { severity, ..Diagnostic::error(header, "No value for required variable", detail) }
}
