//! A design in one root module, and the same in two that read each other's outputs: a rule says the same of both.
//! Every resource of every rule's examples is moved to a root module of its own in turn.

use std::collections::BTreeMap;

use trueup::azure::translate::ComputedIds;
use trueup::review::suppress::RuleSettings;
use trueup::review::{Neighbour, Subject};
use trueup::terraform::files::Naming;

use super::*;

/// A block at the top of an example, and the address of the resource that it declares.
struct Block<'t> {
    address: Option<String>,
    text: &'t str,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let (mut found, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let end = rest.find("\n}\n").map_or(rest.len(), |at| at + 3);
        let (block, after) = rest.split_at(end);
        let head = block.lines().find(|l| l.starts_with("resource \""));
        let mut words = head.into_iter().flat_map(|h| h.split('"')).skip(1).step_by(2);
        let address = words.next().zip(words.next()).map(|(ty, name)| format!("{ty}.{name}"));
        found.push(Block { address, text: block });
        rest = after;
    }
    found
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Where a text refers to a resource.
fn mentions<'t>(text: &'t str, address: &'t str) -> impl Iterator<Item = usize> + 't {
    text.match_indices(address).map(|(at, _)| at).filter(move |at| {
        let after = text[at + address.len()..].chars().next();
        !(is_word(text[..*at].chars().last()) || is_word(after) && after != Some('.'))
    })
}

/// A root module that reads others' resources from the state of `from`: its text, and what it reads.
fn reading(text: &str, from: &str, addresses: &[&str]) -> (String, Vec<String>) {
    let (mut text, mut read) = (text.to_owned(), Vec::new());
    for address in addresses {
        let places: Vec<usize> = mentions(&text, address).collect();
        let name = address.replace('.', "_");
        for at in places.iter().rev() {
            text.replace_range(
                at..&(at + address.len()),
                &format!("data.terraform_remote_state.{from}.outputs.{name}"),
            );
        }
        if !places.is_empty() {
            read.push((*address).to_owned());
        }
    }
    if !read.is_empty() {
        text.push_str(&format!(
            "\ndata \"terraform_remote_state\" \"{from}\" {{\n  backend = \"local\"\n  config = {{\n    path = \
             \"../{from}/terraform.tfstate\"\n  }}\n}}\n"
        ));
    }
    (text, read)
}

fn outputs(addresses: &[String]) -> String {
    let output = |a: &String| {
        // A cluster has its credentials in it.
        let secret = if a.starts_with("azurerm_kubernetes_cluster.") { "\n  sensitive = true" } else { "" };
        format!("\noutput \"{}\" {{\n  value = {a}{secret}\n}}\n", a.replace('.', "_"))
    };
    addresses.iter().map(output).collect()
}

/// The texts of two root modules, the second with one of the resources; nothing where one of them would have to
/// read the other's state while that reads its own.
fn split(blocks: &[Block<'_>], moved: usize) -> Option<[String; 2]> {
    let of = |b: &Block<'_>| b.address.clone();
    let own = of(&blocks[moved])?;
    let rest: String =
        blocks.iter().enumerate().filter(|(at, _)| *at != moved).map(|(_, b)| b.text).collect();
    let others: Vec<String> = blocks.iter().filter_map(of).filter(|a| *a != own).collect();
    let alone = blocks[moved].text;
    let closed = ["var.", "local.", "module.", "data.", "each.", "depends_on", "azapi_"];
    if others.is_empty() || closed.iter().any(|word| alone.contains(word)) || rest.contains("depends_on") {
        return None;
    }
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let (main, from_other) = reading(&rest, "other", &[&own]);
    let (other, from_main) = reading(alone, "main", &others);
    if !from_other.is_empty() && !from_main.is_empty() {
        return None;
    }
    Some([main + &outputs(&from_main), other + &outputs(&from_other)])
}

/// The root modules of a checkout, beside each other.
fn joined(texts: [&str; 2]) -> Vec<Subject> {
    let mut files = BTreeMap::new();
    for (dir, text) in ["main", "other"].iter().zip(texts) {
        files.insert(Utf8PathBuf::from(format!("{dir}/main.tf")), text.to_owned());
        files.insert(Utf8PathBuf::from(format!("{dir}/providers.tf")), provider(V4));
    }
    let files = Arc::new(Files(files));
    let subject = |(number, dir): (u32, &str)| {
        let mut options = Options::new(files.clone(), "/checkout".into(), dir.into());
        options.number = number;
        options.derivation = Some(Arc::new(ComputedIds(Account::default())));
        let naming = Naming::new(Utf8Path::new("/checkout"), Utf8Path::new(dir), Utf8Path::new(dir));
        Subject::new(evaluate(&options), &Account::default(), naming)
    };
    let mut subjects: Vec<Subject> = [(0, "main"), (1, "other")].into_iter().map(subject).collect();
    let neighbours: Vec<Neighbour> = subjects.iter().map(Neighbour::of).collect();
    subjects.iter_mut().for_each(|s| s.join(&neighbours));
    subjects
}

/// What a rule says of a root module, by address.
fn said(rule: &dyn rules::Rule, subject: &Subject, into: &mut BTreeMap<String, &'static str>) {
    let settings = RuleSettings::default();
    let cx = Context { every: true, ..subject.context(&settings, TODAY) };
    let rank =
        |word: &str| ["not_applicable", "pass", "indeterminate", "fail"].iter().position(|w| *w == word);
    for outcome in rules::judge(&cx, rule) {
        let word = into.entry(outcome.address.to_string()).or_insert("not_applicable");
        if rank(outcome.verdict.word()) > rank(word) {
            *word = outcome.verdict.word();
        }
        // Places lie in files that are there.
        for span in outcome.span.iter().chain(outcome.because.iter().map(|(span, _)| span)) {
            assert!(!subject.evaluation.sources.place(*span).file.as_str().is_empty(), "{outcome:?}");
        }
    }
}

#[test]
fn designs_in_two_root_modules_are_judged_as_in_one() {
    let list = include_str!("split.txt");
    let listed: Vec<&str> = list.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).collect();
    let (mut agree, mut others, mut wrong) = (0, 0, Vec::new());
    for rule in rules::all().iter().filter(|r| !r.meta().is_property()) {
        let meta = rule.meta();
        for (kind, text) in [("bad", meta.bad), ("good", meta.good)] {
            let is_plain = !text.contains("required_providers") && !text.contains("# file ");
            let blocks = blocks(text);
            for moved in (0..blocks.len()).filter(|_| is_plain) {
                let Some([main, other]) = split(&blocks, moved) else { continue };
                let whole = root_in(text, V4);
                let mut before = BTreeMap::new();
                let alone = Subject::new(
                    Arc::into_inner(whole.evaluation).unwrap(),
                    &Account::default(),
                    Naming::new(Utf8Path::new("/checkout"), Utf8Path::new(""), Utf8Path::new("")),
                );
                said(*rule, &alone, &mut before);
                let mut after = BTreeMap::new();
                joined([&main, &other]).iter().for_each(|subject| said(*rule, subject, &mut after));
                let key = format!("{} {kind} {}", meta.id, blocks[moved].address.as_deref().unwrap());
                let is_listed = listed.iter().any(|l| l.split_once(": ").is_some_and(|(k, _)| k == key));
                match (before == after, is_listed) {
                    (true, false) => agree += 1,
                    (false, true) => others += 1,
                    (true, true) => wrong.push(format!("{key} agrees, and need not be listed")),
                    (false, false) => {
                        let differ =
                            |a: &BTreeMap<String, &str>, b: &BTreeMap<String, &str>| -> Vec<String> {
                                let new = a.iter().filter(|(k, v)| b.get(*k) != Some(*v));
                                new.map(|(k, v)| format!("{k} {v}")).collect()
                            };
                        let [was, is] = [differ(&before, &after), differ(&after, &before)];
                        wrong.push(format!("{key}: {} instead of {}", is.join(", "), was.join(", ")));
                    }
                }
            }
        }
    }
    println!("designs in two root modules: {agree} of {} agree; {others} are listed", agree + wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
