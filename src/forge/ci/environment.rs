//! Environment variables, as a table, so that tests give their own.

use std::collections::BTreeMap;

/// Environment variables. Values may be secrets: only names are shown.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Those of this process.
    pub fn of_process() -> Environment {
        Environment(std::env::vars().collect())
    }

    /// The value of a variable, unless it is empty. Azure Pipelines passes a variable that is not set on as the
    /// text `$(Name)`, which is no value either.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?.trim();
        (!value.is_empty() && !value.starts_with("$(")).then_some(value)
    }

    /// The same as text of its own.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// A variable that is a number above 0.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok().filter(|n| *n > 0)
    }

    /// True for a variable that says `true`.
    pub(super) fn says_yes(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| v.eq_ignore_ascii_case("true"))
    }

    /// A commit: 40 or 64 hexadecimal digits, not all of them zero. Bitbucket shortens some to 12, which is
    /// taken as well.
    pub(super) fn commit(&self, name: &str) -> Option<String> {
        commit(self.get(name)?)
    }

    /// The file with the event that started a run of GitHub Actions.
    pub fn event_file(&self) -> Option<&str> {
        self.get("GITHUB_EVENT_PATH")
    }
}

/// A text that is a commit.
pub(super) fn commit(text: &str) -> Option<String> {
    let fits = (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    (fits && text.bytes().any(|b| b != b'0')).then(|| text.to_owned())
}

impl<'a> FromIterator<(&'a str, &'a str)> for Environment {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Environment {
        Environment(pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
