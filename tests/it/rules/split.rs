//! A design in one root module, and the same in two that read each other's outputs, or of which one reads the
//! other's resources from Azure: a rule says the same of both. Every resource of every rule's examples is moved to a
//! root module of its own in turn.

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

/// Types that a data source of the same name reads, and the arguments that it takes.
const READ: [(&str, &[&str]); 14] = [
    ("azurerm_application_gateway", &["name", "resource_group_name"]),
    ("azurerm_container_registry", &["name", "resource_group_name"]),
    ("azurerm_firewall", &["name", "resource_group_name"]),
    ("azurerm_key_vault", &["name", "resource_group_name"]),
    ("azurerm_kubernetes_cluster", &["name", "resource_group_name"]),
    ("azurerm_log_analytics_workspace", &["name", "resource_group_name"]),
    ("azurerm_nat_gateway", &["name", "resource_group_name"]),
    ("azurerm_network_security_group", &["name", "resource_group_name"]),
    ("azurerm_private_dns_zone", &["name", "resource_group_name"]),
    ("azurerm_public_ip", &["name", "resource_group_name"]),
    ("azurerm_route_table", &["name", "resource_group_name"]),
    ("azurerm_subnet", &["name", "resource_group_name", "virtual_network_name"]),
    ("azurerm_user_assigned_identity", &["name", "resource_group_name"]),
    ("azurerm_virtual_network", &["name", "resource_group_name"]),
];

/// Words of a block that say that it cannot be moved.
const BOUND: [&str; 7] = ["var.", "local.", "module.", "data.", "each.", "depends_on", "azapi_"];

/// A resource apart from the others.
struct Moved<'t> {
    own: String,
    alone: &'t str,
    others: Vec<String>,
    rest: String,
}

impl<'t> Moved<'t> {
    fn of(blocks: &[Block<'t>], moved: usize) -> Option<Moved<'t>> {
        let own = blocks[moved].address.clone()?;
        let left = blocks.iter().enumerate().filter(|(at, _)| *at != moved).map(|(_, b)| b);
        let rest: String = left.clone().map(|b| b.text).collect();
        let others: Vec<String> = left.filter_map(|b| b.address.clone()).collect();
        let alone = blocks[moved].text;
        let bound = BOUND.iter().any(|word| alone.contains(word)) || rest.contains("depends_on");
        (!others.is_empty() && !bound).then_some(Moved { own, alone, others, rest })
    }

    /// The texts of two root modules that read each other's states; nothing where each would read the other's.
    fn by_state(&self) -> Option<[String; 2]> {
        let others: Vec<&str> = self.others.iter().map(String::as_str).collect();
        let (main, from_other) = reading(&self.rest, "other", &[&self.own]);
        let (other, from_main) = reading(self.alone, "main", &others);
        let one_way = from_other.is_empty() || from_main.is_empty();
        one_way.then(|| [main + &outputs(&from_main), other + &outputs(&from_other)])
    }

    /// The texts of two root modules of which the first reads the resource from Azure.
    fn by_data(&self) -> Option<[String; 2]> {
        let (ty, _) = self.own.split_once('.')?;
        let (_, arguments) = READ.iter().find(|(read, _)| *read == ty)?;
        if self.others.iter().any(|other| mentions(self.alone, other).next().is_some()) {
            return None;
        }
        let literal = |name: &str| {
            let mut lines = self.alone.lines().filter_map(|l| l.strip_prefix("  ")?.split_once(" = "));
            let (_, value) = lines.find(|(key, _)| key.trim() == name)?;
            value.starts_with('"').then(|| format!("  {name} = {value}\n"))
        };
        let arguments: Option<String> = arguments.iter().map(|name| literal(name)).collect();
        let mut main = self.rest.clone();
        let places: Vec<usize> = mentions(&main, &self.own).collect();
        for at in places.iter().rev() {
            main.replace_range(at..&(at + self.own.len()), &format!("data.{ty}.read"));
        }
        (!places.is_empty()).then_some([
            main + &format!("\ndata \"{ty}\" \"read\" {{\n{}}}\n", arguments?),
            self.alone.to_owned(),
        ])
    }
}

/// The root modules of a checkout, beside each other; nothing where that is no code.
fn joined(texts: [&str; 2]) -> Option<Vec<Subject>> {
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
    subjects.iter().all(|s| s.evaluation.is_complete()).then_some(subjects)
}

/// What a rule says of an example as it is.
fn whole(rule: &dyn rules::Rule, text: &str) -> BTreeMap<String, &'static str> {
    let evaluation = Arc::into_inner(root_in(text, V4).evaluation).unwrap();
    let naming = Naming::new(Utf8Path::new("/checkout"), Utf8Path::new(""), Utf8Path::new(""));
    let mut found = BTreeMap::new();
    said(rule, &Subject::new(evaluation, &Account::default(), naming), &mut found);
    found
}

/// What the one says and the other does not.
fn differ(one: &BTreeMap<String, &str>, other: &BTreeMap<String, &str>) -> String {
    let new = one.iter().filter(|(address, word)| other.get(*address) != Some(*word));
    new.map(|(address, word)| format!("{address} {word}")).collect::<Vec<_>>().join(", ")
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
    let listed = list.lines().filter(|l| !l.starts_with('#'));
    let mut keys: Vec<&str> = listed.filter_map(|l| Some(l.split_once(": ")?.0)).collect();
    let (mut agree, mut others, mut wrong) = (0, 0, Vec::new());
    for rule in rules::all().iter().filter(|r| !r.meta().is_property()) {
        let meta = rule.meta();
        for (kind, text) in [("bad", meta.bad), ("good", meta.good)] {
            let is_plain = !text.contains("required_providers") && !text.contains("# file ");
            let blocks = blocks(text);
            for moved in (0..blocks.len()).filter(|_| is_plain).filter_map(|at| Moved::of(&blocks, at)) {
                for (how, texts) in [("state", moved.by_state()), ("data", moved.by_data())] {
                    let Some(roots) = texts.and_then(|[main, other]| joined([&main, &other])) else {
                        continue;
                    };
                    let before = whole(*rule, text);
                    let mut after = BTreeMap::new();
                    roots.iter().for_each(|subject| said(*rule, subject, &mut after));
                    let key = format!("{} {kind} {} by {how}", meta.id, moved.own);
                    let listed = keys.iter().position(|listed| *listed == key).map(|at| keys.remove(at));
                    match (before == after, listed.is_some()) {
                        (true, false) => agree += 1,
                        (false, true) => others += 1,
                        (true, true) => wrong.push(format!("{key}: agrees, and need not be listed")),
                        (false, false) => {
                            let [was, is] = [differ(&before, &after), differ(&after, &before)];
                            wrong.push(format!("{key}: {is} instead of {was}"));
                        }
                    }
                }
            }
        }
    }
    wrong.extend(keys.iter().map(|key| format!("{key}: there is no such design")));
    println!("designs in two root modules: {agree} of {} agree; {others} are listed", agree + wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
