//! Addresses of module instances and resource instances, printed as Terraform prints them.

use std::borrow::Cow;
use std::fmt;
use std::iter::Peekable;
use std::sync::Arc;

/// The key of one instance of a `count` or `for_each`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceKey {
    /// `count`: the index.
    Index(u64),
    /// `for_each`: the key.
    Key(Arc<str>),
    /// `count` or `for_each` is not known: one instance, `[*]`, stands for however many there are.
    Unknown,
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstanceKey::Index(i) => write!(f, "[{i}]"),
            InstanceKey::Key(k) => write!(f, "[{}]", quote(k)),
            InstanceKey::Unknown => f.write_str("[*]"),
        }
    }
}

/// `text` as a quoted HCL string literal.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if chars.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// An address in text without instance keys, whose texts may hold brackets: `module.a["x"].t.n[0]` is `module.a.t.n`.
pub fn without_keys(address: &str) -> Cow<'_, str> {
    if !address.contains(['[', ']']) {
        return Cow::Borrowed(address);
    }
    let (mut out, mut inside, mut quoted, mut escaped) = (String::new(), false, false, false);
    for c in address.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if inside => quoted = !quoted,
            '[' if !inside => inside = true,
            ']' if !quoted => inside = false,
            _ if inside => {}
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// One step of a module path: the name of a call and the key of its instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleStep {
    /// Name of the `module` block.
    pub name: Arc<str>,
    /// Instance key, when the call has `count` or `for_each`.
    pub key: Option<InstanceKey>,
}

/// A module instance; empty for the root module.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModulePath(pub Arc<[ModuleStep]>);

impl ModulePath {
    /// The path of a child instance.
    pub fn child(&self, name: Arc<str>, key: Option<InstanceKey>) -> ModulePath {
        ModulePath(self.0.iter().cloned().chain([ModuleStep { name, key }]).collect())
    }

    /// True for the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "module.{}", step.name)?;
            if let Some(key) = &step.key {
                key.fmt(f)?;
            }
        }
        Ok(())
    }
}

/// Managed resource or data source; Terraform lists data sources first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// `data`
    Data,
    /// `resource`
    Managed,
    /// `ephemeral`
    Ephemeral,
}

/// The address of one resource instance, such as `module.net["a"].azurerm_subnet.this[0]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The module instance that holds it.
    pub module: ModulePath,
    /// Managed or data.
    pub mode: Mode,
    /// Resource type, such as `azurerm_subnet`.
    pub type_name: Arc<str>,
    /// Name of the block.
    pub name: Arc<str>,
    /// Instance key.
    pub key: Option<InstanceKey>,
    /// The folder in the checkout of the root module that has it, where that is another one than the root
    /// module in question. Terraform has no such addresses.
    pub root: Option<Arc<str>>,
}

impl Address {
    /// The address in its own root module.
    pub fn within(&self) -> Address {
        Address { root: None, ..self.clone() }
    }

    /// The address without its own instance key (module keys stay).
    pub fn resource(&self) -> String {
        Address { key: None, ..self.clone() }.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        match self.mode {
            Mode::Managed => {}
            Mode::Data => f.write_str("data.")?,
            Mode::Ephemeral => f.write_str("ephemeral.")?,
        }
        write!(f, "{}.{}", self.type_name, self.name)?;
        if let Some(key) = &self.key {
            key.fmt(f)?;
        }
        match self.root.as_deref() {
            Some("") => f.write_str(" of ."),
            Some(root) => write!(f, " of {root}"),
            None => Ok(()),
        }
    }
}

/// One part of an address or of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A name.
    Name(Arc<str>),
    /// A key in brackets.
    Key(InstanceKey),
}

/// The parts of what [`Address`] prints, or of a reference such as `module.a["x"].ids[0]`.
pub fn parts(text: &str) -> Option<Vec<Part>> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        if let Some(inner) = rest.strip_prefix('[') {
            let (key, after) = match inner.strip_prefix('"') {
                Some(quoted) => {
                    let (key, after) = unquote(quoted)?;
                    (InstanceKey::Key(key.into()), after.strip_prefix(']')?)
                }
                None => {
                    let (index, after) = inner.split_once(']')?;
                    let unknown = index == "*";
                    (
                        if unknown { InstanceKey::Unknown } else { InstanceKey::Index(index.parse().ok()?) },
                        after,
                    )
                }
            };
            out.push(Part::Key(key));
            rest = after;
        } else {
            let (name, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
            if name.is_empty() || name.contains(['"', ']']) {
                return None;
            }
            out.push(Part::Name(name.into()));
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None if rest.is_empty() => return Some(out),
            None if rest.starts_with('[') => {}
            None => return None,
        }
    }
}

/// A quoted text up to its closing quote, and what follows: the reverse of [`quote`].
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut rest = text;
    loop {
        let mut chars = rest.chars();
        match chars.next()? {
            '"' => return Some((out, chars.as_str())),
            '\\' => out.push(match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            }),
            c @ ('$' | '%') if chars.as_str().starts_with([c]) && chars.as_str()[1..].starts_with('{') => {
                out.push(c);
                chars.next();
            }
            c => out.push(c),
        }
        rest = chars.as_str();
    }
}

impl ModulePath {
    /// The module instance that these parts begin with; they are used up.
    fn take(parts: &mut Peekable<impl Iterator<Item = Part>>) -> Option<ModulePath> {
        let mut path = ModulePath::default();
        while parts.next_if(|p| matches!(p, Part::Name(name) if &**name == "module")).is_some() {
            path = path.child(name(parts)?, key(parts));
        }
        Some(path)
    }

    /// Reads what [`Display`](fmt::Display) prints.
    pub fn parse(text: &str) -> Option<ModulePath> {
        if text.is_empty() {
            return Some(ModulePath::default());
        }
        let mut parts = parts(text)?.into_iter().peekable();
        let path = ModulePath::take(&mut parts)?;
        parts.next().is_none().then_some(path)
    }
}

fn name(parts: &mut impl Iterator<Item = Part>) -> Option<Arc<str>> {
    match parts.next()? {
        Part::Name(name) => Some(name),
        Part::Key(_) => None,
    }
}

fn key(parts: &mut Peekable<impl Iterator<Item = Part>>) -> Option<InstanceKey> {
    match parts.next_if(|p| matches!(p, Part::Key(_)))? {
        Part::Key(key) => Some(key),
        Part::Name(_) => None,
    }
}

impl Address {
    /// The resource instance that these parts begin with, and what follows it.
    pub fn from_parts(parts: impl IntoIterator<Item = Part>) -> Option<(Address, Vec<Part>)> {
        let mut parts = parts.into_iter().peekable();
        let module = ModulePath::take(&mut parts)?;
        let first = name(&mut parts)?;
        let (mode, type_name) = match &*first {
            "data" => (Mode::Data, name(&mut parts)?),
            "ephemeral" => (Mode::Ephemeral, name(&mut parts)?),
            "resource" => (Mode::Managed, name(&mut parts)?),
            _ => (Mode::Managed, first),
        };
        let name = name(&mut parts)?;
        let key = key(&mut parts);
        Some((Address { module, mode, type_name, name, key, root: None }, parts.collect()))
    }

    /// Reads what [`Display`](fmt::Display) prints.
    pub fn parse(text: &str) -> Option<Address> {
        let (address, rest) = Address::from_parts(parts(text)?)?;
        rest.is_empty().then_some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_again() {
        for text in [
            "azurerm_subnet.a",
            "data.azurerm_subnet.a[0]",
            "module.net[\"a.b]\"].module.m[3].azurerm_subnet.this[\"x \\\"y\\\" $${z} \\\\\"]",
            "ephemeral.random_password.p",
            "azurerm_subnet.a[*]",
        ] {
            assert_eq!(Address::parse(text).map(|a| a.to_string()).as_deref(), Some(text));
        }
        for text in ["", "a", "a.b.c", "module.a", "a.b[", "a.b[\"x]", "a..b", "a.b[x]", "a.b]"] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
        assert_eq!(ModulePath::parse("module.a[\"x\"].module.b").unwrap().0.len(), 2);
    }
}
