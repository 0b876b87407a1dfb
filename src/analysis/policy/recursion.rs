//! Functions that call themselves. OPA refuses them when it compiles; the engine would run until its stack
//! ends.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::Fault;
use super::tokens::{Token, tokens};

/// The functions of all policies: package and name.
type Name = (String, String);

/// What is known of one function.
#[derive(Default)]
struct Function {
    /// Where it is first defined: file and byte.
    place: (Utf8PathBuf, usize),
    calls: BTreeSet<Name>,
}

/// Functions by name, and calls that wait for all files to be read.
#[derive(Default)]
pub(super) struct Functions {
    functions: BTreeMap<Name, Function>,
    /// The function, what stands before the dot (a package or its alias; the own one without), and the name.
    calls: Vec<(Name, String, String)>,
}

impl Functions {
    /// Reads the functions of a policy of a package.
    pub(super) fn read(&mut self, path: &Utf8Path, package: &str, text: &str) {
        let tokens = tokens(text);
        let aliases = aliases(&tokens);
        let is_call = |at: usize| {
            let (Some(word), Some(next)) = (tokens.get(at), tokens.get(at + 1)) else { return false };
            next.text == "(" && next.start == word.start + word.text.len() && word.text.starts_with(is_letter)
        };
        let mut current: Option<Name> = None;
        for (at, token) in tokens.iter().enumerate() {
            if token.is_first && token.depth == 0 && !matches!(token.text, "}" | "else") {
                let head = if token.text == "default" { at + 1 } else { at };
                current = is_call(head).then(|| (package.to_owned(), tokens[head].text.to_owned()));
                if let Some(name) = &current {
                    let place = (path.to_owned(), token.start);
                    self.functions.entry(name.clone()).or_insert(Function { place, calls: BTreeSet::new() });
                    if tokens[head].start == token.start {
                        continue;
                    }
                }
            }
            if let Some(name) = current.as_ref().filter(|_| is_call(at)) {
                let before = (at >= 2 && tokens[at - 1].text == ".").then(|| tokens[at - 2].text);
                let of = before.map_or(package, |word| aliases.get(word).map_or(word, |package| package));
                self.calls.push((name.clone(), of.to_owned(), token.text.to_owned()));
            }
        }
    }

    /// A function that calls itself, through others or not.
    pub(super) fn fault(mut self, text: impl Fn(&Utf8Path) -> Option<String>) -> Option<Fault> {
        let names: Vec<Name> = self.functions.keys().cloned().collect();
        for (caller, of, name) in std::mem::take(&mut self.calls) {
            let is = |package: &str| package == of || package.rsplit('.').next() == Some(&of);
            let called = names.iter().filter(|(package, n)| *n == name && is(package)).cloned();
            if let Some(function) = self.functions.get_mut(&caller) {
                function.calls.extend(called);
            }
        }
        let name = names.iter().find(|name| self.reaches(name))?;
        let (path, start) = &self.functions.get(name)?.place;
        let before = text(path)?.get(..*start)?.to_owned();
        let line = before.matches('\n').count() + 1;
        Some(Fault::at(path, (line, 1), format!("recursion: the function {} calls itself", name.1)))
    }

    /// True when calls lead from a function back to it.
    fn reaches(&self, name: &Name) -> bool {
        let (mut seen, mut open) = (BTreeSet::new(), vec![name]);
        while let Some(at) = open.pop() {
            for called in self.functions.get(at).iter().flat_map(|f| &f.calls) {
                if called == name {
                    return true;
                }
                if seen.insert(called) {
                    open.push(called);
                }
            }
        }
        false
    }
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// `import data.a.b as c` is `c` for `a.b`.
fn aliases<'a>(tokens: &[Token<'a>]) -> BTreeMap<&'a str, String> {
    let mut found = BTreeMap::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, t)| t.is_first && t.text == "import") {
        let rest = tokens[at + 1..].iter().take_while(|t| !t.is_first);
        let words: Vec<&str> = rest.map(|t| t.text).collect();
        if let [path @ .., "as", alias] = words.as_slice() {
            let path = path.concat();
            found.insert(*alias, path.strip_prefix("data.").unwrap_or(&path).to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recursive(policies: &[(&str, &str)]) -> Option<String> {
        let mut functions = Functions::default();
        for (package, text) in policies {
            functions.read(Utf8Path::new(package), package, text);
        }
        let text = |path: &Utf8Path| policies.iter().find(|p| p.0 == path).map(|p| p.1.to_owned());
        functions.fault(text).map(|f| f.to_string())
    }

    #[test]
    fn cycles_of_functions_are_found_and_others_are_not() {
        let own = "f(x) := y if {\n  y := f(x)\n}\n";
        assert_eq!(recursive(&[("a", own)]).unwrap(), "a:1:1: recursion: the function f calls itself");
        let two = [
            ("a", "x := 1\n\nf(x) = data.b.c.g(x)\n"),
            ("b.c", "import data.a as other\ng(x) = other.f(x)\n"),
        ];
        assert_eq!(recursive(&two).unwrap(), "a:3:1: recursion: the function f calls itself");
        assert!(recursive(&[("a", "default f(_) := f(1)\n")]).is_some());
        assert!(recursive(&[("a", "f(x) {\n  x > 1\n} else = y {\n  y := f(x)\n}\n")]).is_some());
        for fine in [
            "f(1) := 1\nf(x) := x if { not g(x) }\ng(x) if x == f\n",
            "deny[m] { f(m) }\nf(x) = \"f(x)\" # f(x)\n",
        ] {
            assert_eq!(recursive(&[("a", fine)]), None, "{fine}");
        }
        assert_eq!(recursive(&[("a", "f(x) := data.b.f(x)\n"), ("b", "f(x) := x\n")]), None);
    }
}
