//! Rego, evaluated in process.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use regex::Regex;
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use serde_json::Value as Json;

use super::recursion::Functions;
use super::tolerant::Rewritten;
use super::{Fault, Kind, PolicyFile, RuleName, builtins, files};

/// Work between two looks at the time.
const CHECK_EVERY: NonZeroU32 = NonZeroU32::new(256).unwrap();

/// Words that may be the names of rules; whether they are, the engine knows.
static CANDIDATES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:deny|violation|warn)(?:_[A-Za-z0-9]+)*\b|\bexception\b").ok());

/// Parsed policies with their data.
#[derive(Clone)]
pub(super) struct Compiled {
    engine: Engine,
    rules: Vec<RuleName>,
    /// The file of each rule's first body, by path of the rule.
    places: BTreeMap<String, Utf8PathBuf>,
    /// Packages with exceptions.
    exceptions: BTreeSet<String>,
    /// The policies as the engine has them, by file.
    rewritten: BTreeMap<Utf8PathBuf, Rewritten>,
}

impl Compiled {
    pub(super) fn new(all: &[PolicyFile]) -> Result<Compiled, Fault> {
        let mut engine = Engine::new();
        engine.set_gather_prints(true);
        builtins::add(&mut engine).map_err(Fault::plain)?;
        let data = files::data(all)?;
        let mut compiled = Compiled {
            engine,
            rules: Vec::new(),
            places: BTreeMap::new(),
            exceptions: BTreeSet::new(),
            rewritten: BTreeMap::new(),
        };
        let mut functions = Functions::default();
        for file in all.iter().filter(|f| f.is_policy()) {
            let package = compiled.add(file)?;
            functions.read(&file.path, &package, &file.text);
        }
        let text = |path: &Utf8Path| all.iter().find(|f| f.path == path).map(|f| f.text.clone());
        if let Some(fault) = functions.fault(text) {
            return Err(fault);
        }
        compiled.give(&data)?;
        Ok(compiled)
    }

    /// Adds a policy in today's syntax, else in that before Rego 1.0. What neither takes is told as the one
    /// tells it that came further.
    fn add(&mut self, file: &PolicyFile) -> Result<String, Fault> {
        let parse = |engine: &mut Engine, is_old: bool, text: &str| {
            engine.set_rego_v0(is_old);
            let parsed = engine.add_policy(file.path.to_string(), text.to_owned());
            parsed.map_err(|e| Fault::of_engine(&e.to_string(), Some(&file.path)))
        };
        let is_old = match parse(&mut Engine::new(), false, &file.text) {
            Ok(_) => false,
            Err(new) => match parse(&mut Engine::new(), true, &file.text) {
                Ok(_) => true,
                Err(old) => return Err(if old.position() > new.position() { old } else { new }),
            },
        };
        let rewritten = Rewritten::of(&file.text);
        let package = match parse(&mut self.engine, is_old, &rewritten.text) {
            Ok(package) => {
                self.rewritten.insert(file.path.clone(), rewritten);
                package
            }
            Err(_) => parse(&mut self.engine, is_old, &file.text)?,
        };
        let namespace = package.strip_prefix("data.").unwrap_or(&package).to_owned();
        let words = CANDIDATES.iter().flat_map(|regex| regex.find_iter(&file.text));
        let words: BTreeSet<&str> = words.map(|m| m.as_str()).collect();
        for word in words {
            if !matches!(self.engine.has_declared_rule_rooted_at(file.path.as_str(), word), Ok(true)) {
                continue;
            }
            if word == "exception" {
                self.exceptions.insert(namespace.clone());
            } else if Kind::of(word).is_some() {
                let path = format!("data.{namespace}.{word}");
                self.places.entry(path).or_insert_with(|| file.path.clone());
                self.rules.push(RuleName { namespace: namespace.clone(), name: word.to_owned() });
            }
        }
        Ok(namespace)
    }

    fn give(&mut self, data: &Json) -> Result<(), Fault> {
        let data = value(data)?;
        self.engine.add_data(data).map_err(|e| Fault::of_engine(&e.to_string(), None))
    }

    pub(super) fn rules(&self) -> &[RuleName] {
        &self.rules
    }

    /// Begins to judge one input.
    pub(super) fn start(&self, input: &Json, data: &Json, budget: Duration) -> Result<Run, Fault> {
        let mut compiled = self.clone();
        compiled.give(data)?;
        compiled.engine.set_input(value(input)?);
        Ok(Run { compiled, begin: Instant::now(), budget, excepted: BTreeMap::new(), prints: Vec::new() })
    }
}

fn value(json: &Json) -> Result<Value, Fault> {
    Value::from_json_str(&json.to_string()).map_err(|e| Fault::plain(e.to_string()))
}

/// Policies with an input.
pub(super) struct Run {
    compiled: Compiled,
    begin: Instant,
    budget: Duration,
    /// What `exception` of a package names.
    excepted: BTreeMap<String, BTreeSet<String>>,
    prints: Vec<String>,
}

impl Run {
    /// True when the package of a rule excepts it: `exception` gives lists of names.
    pub(super) fn is_excepted(&mut self, rule: &RuleName) -> Result<bool, Fault> {
        if !self.compiled.exceptions.contains(&rule.namespace) {
            return Ok(false);
        }
        if !self.excepted.contains_key(&rule.namespace) {
            let given = self.evaluate(format!("data.{}.exception", rule.namespace))?;
            let lists = given.as_ref().and_then(Json::as_array).into_iter().flatten();
            let names = lists.filter_map(Json::as_array).flatten().filter_map(Json::as_str);
            let names = names.map(str::to_owned).collect();
            self.excepted.insert(rule.namespace.clone(), names);
        }
        let names = self.excepted.get(&rule.namespace);
        let is_plain = Kind::of(&rule.name).is_some() && !rule.name.contains('_');
        Ok(names.is_some_and(|n| n.contains(rule.excepted_as()) || is_plain && n.contains("")))
    }

    /// What a rule gives and the file in which it stands; nothing where it is undefined.
    pub(super) fn value(&mut self, rule: &RuleName) -> Result<Option<(Json, Utf8PathBuf)>, Fault> {
        let path = format!("data.{}.{}", rule.namespace, rule.name);
        let file = self.compiled.places.get(&path).cloned().unwrap_or_default();
        Ok(self.evaluate(path)?.map(|value| (value, file)))
    }

    /// An error of a function leaves its rule undefined, as in OPA; but what is not there, and what is
    /// refused, is a fault. So a rule is evaluated strictly first.
    fn evaluate(&mut self, path: String) -> Result<Option<Json>, Fault> {
        let value = match self.attempt(&path, true) {
            Err(error) if !is_refusal(&error) => self.attempt(&path, false),
            value => value,
        };
        let column = |path: &Utf8Path, line, column| {
            self.compiled.rewritten.get(path).map_or(column, |r| r.column(line, column))
        };
        value.map_err(|error| Fault::of_engine(&error, None).before(column))
    }

    fn attempt(&mut self, path: &str, is_strict: bool) -> Result<Option<Json>, String> {
        let limit = self.budget.saturating_sub(self.begin.elapsed());
        let engine = &mut self.compiled.engine;
        engine.set_execution_timer_config(ExecutionTimerConfig { limit, check_interval: CHECK_EVERY });
        engine.set_strict_builtin_errors(is_strict);
        let value = engine.eval_rule(path.to_owned());
        let prints = engine.take_prints().unwrap_or_default();
        let value = value.map_err(|e| e.to_string())?;
        self.prints.extend(prints);
        if value == Value::Undefined {
            return Ok(None);
        }
        let text = value.to_json_str().map_err(|e| e.to_string())?;
        serde_json::from_str(&text).map(Some).map_err(|e| e.to_string())
    }

    pub(super) fn prints(self) -> Vec<String> {
        self.prints
    }
}

/// True for an error that says nothing about a value.
fn is_refusal(error: &str) -> bool {
    ["could not find function", "not available", "at most", "limit", "recursion"]
        .iter()
        .any(|w| error.contains(w))
}
