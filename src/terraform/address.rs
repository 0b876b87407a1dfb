//! Addresses of module instances and resource instances, printed as Terraform prints them.

use std::fmt;
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
}

impl Address {
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
        Ok(())
    }
}
