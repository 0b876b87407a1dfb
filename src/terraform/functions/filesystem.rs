//! Files and paths: `abspath`, `basename`, `dirname`, `file`, `filebase64`, `fileexists`, `fileset`,
//! `pathexpand`; `templatefile` and `templatestring`.

use super::call::{Call, Fault, fail, wrong};
use super::encoding::base64_encode;
use super::table::{Function, Param, Shape};
use super::{TemplateError, TemplateKind};
use crate::terraform::value::convert::convert;
use crate::terraform::value::text::quote_go;
use crate::terraform::value::{Type, Value};

const PATH: &[Param] = &[Param::string("path")];
const OPEN_PATH: &[Param] = &[Param::string("path").marked().unknown()];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abspath", PATH, Shape::String, |c| c.text(&absolute(c.context.cwd, c.str(0)))),
    Function::new("basename", PATH, Shape::String, |c| c.text(base(c.str(0)))),
    Function::new("dirname", PATH, Shape::String, |c| c.text(&directory(c.str(0)))),
    Function::new("file", OPEN_PATH, Shape::String, |c| file(c, false)),
    Function::new("filebase64", OPEN_PATH, Shape::String, |c| file(c, true)),
    Function::new("fileexists", OPEN_PATH, Shape::Bool, fileexists),
    Function::new(
        "fileset",
        &[Param::string("path").marked().unknown(), Param::string("pattern").marked().unknown()],
        Shape::Set(&Shape::String),
        fileset,
    ),
    Function::new("pathexpand", PATH, Shape::String, pathexpand),
    Function::typed(
        "templatefile",
        &[Param::string("path").marked().unknown(), Param::any("vars").marked().unknown()],
        |c| Ok(templatefile(c)?.ty()),
        templatefile,
    )
    .may_be_null(),
    Function::new(
        "templatestring",
        &[Param::any("template").marked().unknown().nullable().dynamic(), Param::any("vars")],
        Shape::String,
        templatestring,
    ),
];

/// Go's `filepath.Clean`: one slash, no `.`, `..` taken off where possible; `.` when nothing is left.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

fn absolute(cwd: &str, path: &str) -> String {
    if path.starts_with('/') { clean(path) } else { clean(&format!("{cwd}/{path}")) }
}

fn base(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" if path.is_empty() => ".",
        "" => "/",
        path => path.rsplit('/').next().unwrap_or(path),
    }
}

fn directory(path: &str) -> String {
    let end = path.rfind('/').map_or(0, |at| at + 1);
    clean(&path[..end])
}

/// The path as a message may show it.
fn shown(path: &Value) -> String {
    if path.marks.sensitive { "(sensitive value)".into() } else { quote_go(path.as_str().unwrap_or("")) }
}

fn file(call: &Call, base64: bool) -> Result<Value, Fault> {
    let path = call.arg(0);
    if path.is_unknown() {
        return Ok(call.unknown_result().with_marks(path.marks));
    }
    let bytes = call.context.files.read(call.str(0)).map_err(|message| Fault::Argument(0, message))?;
    let text = match String::from_utf8(bytes) {
        Ok(text) if base64 => base64_encode(text.as_bytes()),
        Ok(text) => text,
        Err(error) if base64 => base64_encode(error.as_bytes()),
        Err(_) => {
            return fail(format!(
                "contents of {} are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded \
                 contents or the other file functions (e.g. filemd5, filesha256) to obtain file hashing \
                 results instead",
                shown(path)
            ));
        }
    };
    Ok(call.text(&text)?.with_marks(path.marks))
}

fn fileexists(call: &Call) -> Result<Value, Fault> {
    let path = call.arg(0);
    if path.is_unknown() {
        return Ok(call.unknown_result().with_marks(path.marks));
    }
    match call.context.files.exists(call.str(0)) {
        Ok(exists) => Ok(Value::from(exists).with_marks(path.marks)),
        Err(message) => fail(message),
    }
}

fn fileset(call: &Call) -> Result<Value, Fault> {
    let (path, pattern) = (call.arg(0), call.arg(1));
    let marks = path.marks.and(pattern.marks);
    if path.is_unknown() || pattern.is_unknown() {
        return Ok(call.unknown_result().with_marks(marks));
    }
    // The pattern counts from the directory once `.` and `..` are resolved.
    let (directory, pattern) = (clean(call.str(0)), clean(call.str(1)));
    let rest = pattern.trim_start_matches("../");
    let start = clean(&format!("{directory}/{}", &pattern[..pattern.len() - rest.len()]));
    match call.context.files.glob(&start, &plain_classes(rest)) {
        Ok(paths) => {
            let shown =
                |path: &String| Value::string(&relative(&directory, &clean(&format!("{start}/{path}"))));
            Ok(Value::set(Type::String, paths.iter().map(shown).collect()).with_marks(marks))
        }
        Err(message) => fail(message),
    }
}

/// The pattern with `!` moved from the start of a class to its end: only `^` negates in Terraform.
fn plain_classes(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, class)) = rest.split_once("[!") {
        out.push_str(before);
        out.push('[');
        match class.split_once(']').filter(|(members, _)| !members.is_empty()) {
            Some((members, after)) => {
                out.push_str(&format!("{members}!]"));
                rest = after;
            }
            None => {
                out.push('!');
                rest = class;
            }
        }
    }
    out + rest
}

/// The way from one clean path to another.
fn relative(from: &str, to: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
    };
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    up.chain(to[common..].iter().map(String::as_str)).collect::<Vec<_>>().join("/")
}

fn pathexpand(call: &Call) -> Result<Value, Fault> {
    let path = call.str(0);
    match path.strip_prefix('~') {
        None => Ok(call.arg(0).clone()),
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
            let home = std::env::var("HOME").unwrap_or_default();
            call.text(&clean(&format!("{home}/{rest}")))
        }
        Some(_) => fail("cannot expand user-specific home dir"),
    }
}

/// Checks `vars` and renders.
fn render(call: &Call, kind: TemplateKind, text: &str, vars: &Value) -> Result<Value, Fault> {
    let Some(entries) = vars.as_map() else { return wrong(1, "invalid vars value: must be a map") };
    for name in entries.keys() {
        let mut chars = name.chars();
        let start = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic());
        if !start || !chars.all(|c| c == '_' || c == '-' || c.is_alphanumeric()) {
            let name = quote_go(name);
            return wrong(
                1,
                format!(
                    "invalid template variable name {name}: must start with a letter, followed by zero or more \
                     letters, digits, and underscores"
                ),
            );
        }
    }
    match call.context.templates.render(kind, text, vars) {
        Ok(value) if value.is_null() => fail("the result of the template is null"),
        Ok(value) => Ok(value),
        Err(TemplateError::Variable(message)) => wrong(1, message),
        Err(TemplateError::Syntax(message)) if kind == TemplateKind::String => {
            wrong(0, format!("invalid template: {message}"))
        }
        Err(TemplateError::Syntax(message) | TemplateError::Failed(message)) => fail(message),
    }
}

fn templatefile(call: &Call) -> Result<Value, Fault> {
    let path = call.arg(0);
    let (vars, marks) = call.arg(1).clone().unmark_deep();
    let marks = marks.and(path.marks);
    if path.is_unknown() || vars.is_unknown() {
        return Ok(call.unknown(Type::Dynamic).with_marks(marks));
    }
    let name = call.str(0);
    let bytes = call.context.files.read(name).map_err(|message| Fault::Argument(0, message))?;
    let Ok(text) = String::from_utf8(bytes) else {
        return fail(format!("contents of {} are not valid UTF-8", shown(path)));
    };
    call.charge_text(text.len())?;
    Ok(render(call, TemplateKind::File(name), &text, &vars)?.with_marks(marks))
}

/// The evaluator has checked that the template is a plain reference.
fn templatestring(call: &Call) -> Result<Value, Fault> {
    let template = call.arg(0);
    if template.is_unknown() {
        return Ok(call.unknown_result());
    }
    let Some(text) = template.as_str() else {
        return wrong(0, "invalid template value: a string is required");
    };
    let rendered = render(call, TemplateKind::String, text, call.arg(1))?;
    match convert(rendered, &Type::String) {
        Ok(value) => Ok(value.with_marks(template.marks)),
        Err(error) => fail(format!("invalid template result: {error}")),
    }
}
