//! Environment variables, read once, so that tests give their own.

use std::collections::BTreeMap;

/// The variables that sign-in looks at.
#[derive(Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Those of this process.
    pub fn of_process() -> Variables {
        Variables(std::env::vars().filter(|(_, v)| !v.trim().is_empty()).collect())
    }

    /// The value of the first of these names that is set.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|n| self.0.get(*n)).map(String::as_str)
    }

    /// True for a variable that says yes, as azurerm reads it.
    pub fn says_yes(&self, name: &str) -> bool {
        self.first(&[name]).is_some_and(|v| matches!(v.to_ascii_lowercase().as_str(), "true" | "1"))
    }

    /// True for a variable that says no.
    pub fn says_no(&self, name: &str) -> bool {
        self.first(&[name]).is_some_and(|v| matches!(v.to_ascii_lowercase().as_str(), "false" | "0"))
    }

    /// The tenant.
    pub fn tenant(&self) -> Option<&str> {
        self.first(&["ARM_TENANT_ID", "AZURE_TENANT_ID"])
    }

    /// The client, by value or from a file.
    pub fn client(&self) -> Option<String> {
        self.value_or_file(&["ARM_CLIENT_ID", "AZURE_CLIENT_ID"], "ARM_CLIENT_ID_FILE_PATH")
    }

    /// The client's secret, by value or from a file.
    pub fn secret(&self) -> Option<String> {
        self.value_or_file(&["ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET"], "ARM_CLIENT_SECRET_FILE_PATH")
    }

    fn value_or_file(&self, names: &[&str], file: &str) -> Option<String> {
        if let Some(value) = self.first(names) {
            return Some(value.to_owned());
        }
        let text = std::fs::read_to_string(self.first(&[file])?).ok()?;
        Some(text.trim().to_owned()).filter(|t| !t.is_empty())
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Variables {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Variables {
        Variables(pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    }
}

/// Values may be secrets: only names are shown.
impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
