//! Part of the copy that `tools/mutate_rules` makes of this crate: runs what may notice a negated condition.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use trueup::mutation::{negate, reached};

use super::*;

thread_local! {
    static EVALUATED: RefCell<HashMap<String, (Arc<Evaluation>, Arc<Estate>)>> = RefCell::default();
}

/// A root of these files, evaluated when it is first asked for.
pub(super) fn root_of(files: &[(&str, &str)], version: &str) -> Root {
    let found = EVALUATED.with_borrow(|all| all.get(&format!("{version} {files:?}")).cloned());
    if let Some((evaluation, estate)) = found {
        return Root::new(evaluation, estate);
    }
    let root = root_of_anew(files, version);
    let both = (root.evaluation.clone(), root.estate.clone());
    EVALUATED.with_borrow_mut(|all| all.insert(format!("{version} {files:?}"), both));
    root
}

/// How many conditions a negated one may lead to, for each that is asked without.
const MORE: u64 = 30;

/// What may notice.
enum Witness {
    /// The examples of a rule: the bad one fails, the good one passes.
    Examples(&'static dyn rules::Rule, Box<[Root; 2]>),
    /// A case, its text, and all that its rule says.
    Case(outcomes::Case, Box<Root>, Vec<String>),
    /// A test.
    Test(&'static str, fn()),
}

impl Witness {
    fn name(&self) -> &str {
        match self {
            Witness::Examples(rule, _) => rule.meta().id,
            Witness::Case(case, ..) => &case.head,
            Witness::Test(name, _) => name,
        }
    }

    /// True when all is as it should be.
    fn agrees(&self) -> bool {
        match self {
            Witness::Examples(rule, roots) => {
                let judged = |root: &Root| root.with(|cx| rules::judge(cx, *rule));
                let [bad, good] = [judged(&roots[0]), judged(&roots[1])];
                let has = |found: &[Outcome], word: &str| found.iter().any(|o| o.verdict.word() == word);
                if rule.meta().is_property() {
                    let told = |found: &[Outcome]| has(found, "pass") || has(found, "indeterminate");
                    return !has(&bad, "fail") && !has(&good, "fail") && told(&bad) && !told(&good);
                }
                has(&bad, "fail") && !has(&good, "fail") && has(&good, "pass")
            }
            // What lies around the code is read with it.
            Witness::Case(case, _, said) if case.text().starts_with("# file ") => {
                case.said(&super::root(&case.text())) == *said
            }
            Witness::Case(case, root, said) => case.said(root) == *said,
            Witness::Test(_, test) => {
                test();
                true
            }
        }
    }

}

/// True where all is as it should be with this condition negated; without one, so many are asked.
pub(super) fn survives(id: usize, asked: u64, agrees: impl FnOnce() -> bool) -> bool {
    negate(u32::try_from(id).unwrap(), asked * MORE + 10_000);
    let survives = catch_unwind(AssertUnwindSafe(agrees)).unwrap_or(false);
    negate(0, u64::MAX);
    survives
}

/// A witness, how often it asks each condition, and how long it takes.
struct Known {
    witness: Witness,
    asks: Vec<u64>,
    takes: Duration,
}

/// What each witness asks, those that take least first; one that disagrees without a negation is left out.
fn known(witnesses: impl Iterator<Item = Witness>, count: usize) -> Vec<Known> {
    let known = witnesses.map(|witness| {
        // What is made once is made before it is timed.
        survives(0, u64::MAX / MORE / 2, || witness.agrees());
        let (start, mut fine) = (Instant::now(), false);
        let asks = reached(count, || fine = survives(0, u64::MAX / MORE / 2, || witness.agrees()));
        if !fine {
            say!("{} fails without a negation: left out", witness.name());
        }
        let takes = start.elapsed();
        if takes > Duration::from_millis(400) {
            say!("{} takes {takes:?}", witness.name());
        }
        (fine, Known { witness, asks, takes })
    });
    let mut known: Vec<Known> = known.filter(|(fine, _)| *fine).map(|(_, k)| k).collect();
    known.sort_by_key(|k| (!matches!(k.witness, Witness::Examples(..)), k.takes));
    known
}

/// The examples of pages, and the cases beside them.
fn examples() -> impl Iterator<Item = Witness> {
    let examples = rules::all().iter().map(|rule| {
        let meta = rule.meta();
        Witness::Examples(*rule, Box::new([root(meta.bad), root(meta.good)]))
    });
    let cases = outcomes::cases().into_iter().map(|case| {
        let root = root(&case.text());
        let said = case.said(&root);
        Witness::Case(case, Box::new(root), said)
    });
    examples.chain(cases)
}

/// The other tests of rules, without those that do again what is done with examples.
fn others() -> impl Iterator<Item = Witness> {
    let again = [
        "examples_fire_and_do_not_fire",
        "a_negated_rule_disagrees_with_its_examples",
        "are_what_the_rules_say",
        "rules_hold_for_azapi_and_for_what_is_live",
        "every_edit_is_documented_and_a_viewer_of_sarif_makes_the_same",
        "a_fix_makes_the_rule_pass_and_changes_nothing_else",
        "environments_have_the_planted_mistakes_and_no_others",
    ];
    let all = tests().into_iter().flatten().filter(move |(name, _)| !again.contains(name));
    all.map(|(name, test)| Witness::Test(name, *test))
}

fn tests() -> Vec<&'static [(&'static str, fn())]> {
    vec![
        TESTS, access::TESTS, cluster_forms::TESTS, clusters::TESTS, context::TESTS, edge::TESTS, fixes::TESTS,
        gateways::TESTS, layout::TESTS, live::TESTS, logs::TESTS, networks::TESTS, registries::TESTS, services::TESTS,
        vaults::TESTS,
    ]
}

/// What happened to a negated condition: a word, and who noticed or who asks it.
type Told = BTreeMap<usize, (&'static str, String)>;

/// Negates each of these conditions before these witnesses, in two threads.
fn negate_each(ids: &[usize], count: usize, before: fn(usize) -> Vec<Known>) -> Told {
    let (next, told) = (AtomicUsize::new(0), Mutex::new(Told::new()));
    let work = || {
        let known = before(count);
        while let Some(id) = ids.get(next.fetch_add(1, Relaxed)) {
            let asked = known.iter().filter(|k| k.asks[*id] > 0);
            let noticed = asked.clone().find(|k| {
                !survives(*id, k.asks.iter().sum(), || k.witness.agrees())
            });
            let word = match noticed.map(|k| &k.witness) {
                Some(Witness::Examples(..)) => "example",
                Some(Witness::Case(..)) => "case",
                Some(Witness::Test(..)) => "test",
                None if asked.clone().next().is_none() => "not asked",
                None => "survives",
            };
            let by = match noticed {
                Some(k) => k.witness.name().to_owned(),
                None => asked.take(4).map(|k| k.witness.name()).collect::<Vec<_>>().join("; "),
            };
            let mut told = told.lock().unwrap();
            told.insert(*id, (word, by));
            if told.len() % 500 == 0 {
                say!("{} of {}", told.len(), ids.len());
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            // A negated condition may lead deep.
            std::thread::Builder::new().stack_size(2 << 30).spawn_scoped(scope, &work).unwrap();
        }
    });
    told.into_inner().unwrap()
}

#[test]
#[ignore = "thousands of runs"]
fn all() {
    std::panic::set_hook(Box::new(|_| {}));
    let table = include_str!("../../../mutants.tsv");
    let mutants: Vec<&str> = table.lines().collect();
    let count = mutants.len() + 1;
    let wanted = std::env::var("MUTANTS").unwrap_or_default();
    let wanted: Vec<&str> = wanted.lines().collect();
    let is_wanted = |m: &str| wanted.is_empty() || wanted.iter().any(|w| m.contains(w));
    let ids: Vec<usize> = (1..count).filter(|id| is_wanted(mutants[id - 1])).collect();
    let mut told = negate_each(&ids, count, |count| known(examples(), count));
    if std::env::var_os("EXAMPLES_ONLY").is_none() {
        let left = told.iter().filter(|(_, (word, _))| matches!(*word, "survives" | "not asked"));
        let left: Vec<usize> = left.map(|(id, _)| *id).collect();
        say!("{} of {} are noticed by examples", told.len() - left.len(), told.len());
        for (id, (word, by)) in negate_each(&left, count, |count| known(others(), count)) {
            if word != "not asked" {
                let own = told.get(&id).filter(|(old, _)| *old == word).map(|(_, by)| by.clone());
                told.insert(id, (word, own.unwrap_or(by)));
            }
        }
    }

    if std::env::var_os("SUGGEST").is_some() {
        suggest(&told, &mutants, count);
    }

    let equivalent = std::fs::read_to_string(std::env::var("EQUIVALENT").unwrap()).unwrap_or_default();
    let (mut full, mut counts, mut survivors) = (String::new(), BTreeMap::<&str, usize>::new(), 0);
    for (id, (word, by)) in &told {
        let mutant = mutants[id - 1];
        let (place, what) = mutant.split_once('\t').unwrap();
        let (file, text) = (place.split(':').next(), what.split_once('\t').map(|(_, text)| text));
        let listed = equivalent.lines().any(|l| {
            let mut parts = l.split('\t');
            parts.next() == file && parts.next() == text
        });
        let word = if listed && matches!(*word, "survives" | "not asked") { "equivalent" } else { word };
        writeln!(full, "{word}\t{mutant}\t{by}").unwrap();
        *counts.entry(word).or_default() += 1;
        if matches!(word, "survives" | "not asked") {
            survivors += 1;
            say!("{place} {}: {word} ({by})", what.replace('\t', " "));
        }
    }
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/told.tsv"), full).unwrap();
    say!("killed {} of {}: {counts:?}", told.len() - survivors, told.len());
    assert!(survivors == 0, "{survivors} survive");
}

/// Writes cases that notice what nothing notices to `suggested.txt` in the copy.
fn suggest(told: &Told, mutants: &[&str], count: usize) {
    let left = told.iter().filter(|(_, (word, _))| matches!(*word, "survives" | "not asked"));
    let left: std::collections::BTreeSet<usize> = left.map(|(id, _)| *id).collect();
    let file = |id: &usize| mutants[id - 1].split(':').next().unwrap().to_owned();
    let files: std::collections::BTreeSet<String> = left.iter().map(file).collect();
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The rules of each file, and the words of their sources.
    let mut rules_of: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for file in files {
        let source = std::fs::read_to_string(top.join(&file)).unwrap();
        let words = suggest::words(&source);
        for rule in rules::all().iter().filter(|r| source.contains(&format!("\"{}\"", r.meta().id))) {
            rules_of.insert(rule.meta().id, words.clone());
        }
    }
    for (_, by) in told.iter().filter(|(id, _)| left.contains(id)).map(|(_, t)| t) {
        let asking = by.split("; ").filter_map(|n| rules::find(n.split(' ').next()?));
        asking.for_each(|r| drop(rules_of.entry(r.meta().id).or_default()));
    }
    let rules_of: Vec<_> = rules_of.into_iter().collect();
    let (next, left, out) = (AtomicUsize::new(0), Mutex::new(left), Mutex::new(BTreeMap::new()));
    let donors = suggest::donors();
    let work = || {
        while let Some((id, words)) = rules_of.get(next.fetch_add(1, Relaxed)) {
            let cases = suggest::edits(rules::find(id).unwrap(), words, &donors);
            let tried = cases.len();
            for case in cases {
                let wanted = left.lock().unwrap().clone();
                let Some((found, said)) = suggest::notices(&case, &wanted, count) else { continue };
                if !found.is_empty() {
                    left.lock().unwrap().retain(|l| !found.contains(l));
                    let places: Vec<&str> =
                        found.iter().map(|f| mutants[f - 1].split('\t').next().unwrap()).collect();
                    let text = format!("{}# {}\n\n", case.print(&said), places.join(" "));
                    let text = text.replace("src/analysis/rules/", "");
                    out.lock().unwrap().entry(*id).or_insert_with(String::new).push_str(&text);
                }
            }
            let texts: String = out.lock().unwrap().values().cloned().collect();
            std::fs::write(top.join("suggested.txt"), texts).unwrap();
            say!("{id}: {tried} edits; {} left", left.lock().unwrap().len());
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            std::thread::Builder::new().stack_size(2 << 30).spawn_scoped(scope, &work).unwrap();
        }
    });
}
