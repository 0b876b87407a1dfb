//! Decodes the files of the catalogue.
//!
//! A file is a list of lines `word text` about the type, the line `attributes`, and then one line
//! per attribute:
//!
//! ```text
//! path type config compare arm [flag | field=value]...
//!     field value
//! ```
//!
//! `type` is `string`, `list(string)`, `set(block)` and the like; `arm` is a path or `-`. Indented
//! lines hold the longer fields of the attribute above. Values, conditions and clauses are JSON.
//! What follows from other fields is left out: `when_absent` is written only where it is not
//! `unmanaged` for an optional and computed attribute, `default` for an optional one with a default
//! in any major and `zero` for any other optional one.

use serde_json::Value as Json;

use super::condition::{Clause, Condition, Operand, Pattern, Test};
use super::model::{
    Alias, AttrType, Attribute, Compare, Config, Elem, Expected, Listing, LiveRule, ResourceType, Strict,
    Synthetic, Transform, WhenAbsent,
};
use super::path::ArmPath;
use crate::azure::json;
use crate::terraform::value::Value;

/// Decodes one file.
pub(super) fn resource_type(name: &'static str, text: &'static str) -> Result<ResourceType, String> {
    let mut ty = ResourceType {
        name,
        arm_type: "",
        api_version: "",
        id: "",
        list: Listing::Inside,
        resource_graph: "",
        refresh: "",
        extra_reads: Vec::new(),
        partial: false,
        synthetic: None,
        aliases: Vec::new(),
        rotates: Vec::new(),
        one_of: Vec::new(),
        only_in_4: Vec::new(),
        remarks: Vec::new(),
        attributes: Vec::new(),
    };
    let mut lines = text.lines().enumerate();
    let at = |number: usize, e: String| format!("{name}, line {}: {e}", number + 1);
    for (number, line) in lines.by_ref() {
        if line == "attributes" {
            break;
        }
        header(&mut ty, line).map_err(|e| at(number, e))?;
    }
    for (number, line) in lines {
        match line.strip_prefix("    ") {
            Some(line) => {
                let (field, value) = line.split_once(' ').unwrap_or((line, ""));
                let last = ty.attributes.last_mut().ok_or_else(|| at(number, "no attribute yet".into()))?;
                set(last, field, value).map_err(|e| at(number, e))?;
            }
            None if line.is_empty() => {}
            None => {
                let attribute = attribute(line).map_err(|e| at(number, e))?;
                ty.attributes.push(attribute);
            }
        }
    }
    link(&mut ty.attributes);
    Ok(ty)
}

/// Joins members and blocks, and fills in what follows from other fields.
fn link(attributes: &mut [Attribute]) {
    for at in 0..attributes.len() {
        let a = &mut attributes[at];
        a.when_absent = a.when_absent.or(match a.config {
            Config::OptionalComputed => Some(WhenAbsent::Unmanaged),
            Config::Optional if a.default.is_some() || !a.default_by_major.is_empty() => {
                Some(WhenAbsent::Default)
            }
            Config::Optional => Some(WhenAbsent::Zero),
            Config::Required | Config::Computed => None,
        });
        let Some((block, _)) = a.path.rsplit_once('.') else { continue };
        let parent = attributes[..at].iter().position(|a| a.path == block);
        if let Some(parent) = parent {
            attributes[at].parent = Some(parent);
            attributes[parent].members.push(at);
        }
    }
}

fn header(ty: &mut ResourceType, line: &'static str) -> Result<(), String> {
    let (word, text) = line.split_once(' ').ok_or("a word and a text are expected")?;
    match word {
        "arm_type" => ty.arm_type = text,
        "api_version" => ty.api_version = text,
        "id" => ty.id = text,
        "list" => ty.list = listing(text)?,
        "resource_graph" => ty.resource_graph = text,
        "refresh" => ty.refresh = text,
        "extra_read" => ty.extra_reads.push(text.strip_prefix("{id}").ok_or("{id} is missing")?),
        "rotates" => ty.rotates.push(text),
        "one_of" => ty.one_of.push(text.split(' ').collect()),
        "only_in_4" => ty.only_in_4.push(text),
        "partial" => ty.partial = true,
        "synthetic" => ty.synthetic = Some(synthetic(text)?),
        "alias" => ty.aliases.push(alias(text)?),
        "not_readable" | "self_changing" | "blind_spot" | "two_ways" | "replaces_when" | "renamed" => {
            ty.remarks.push((word, text));
        }
        _ => return Err(format!("unknown word {word}")),
    }
    Ok(())
}

fn listing(text: &'static str) -> Result<Listing, String> {
    if text == "inside" {
        return Ok(Listing::Inside);
    }
    let below = |prefix: &str| text.strip_prefix(prefix);
    below("{parent}")
        .map(Listing::Below)
        .or_else(|| below("/subscriptions/{sub}/resourceGroups/{rg}").map(Listing::Group))
        .or_else(|| below("/subscriptions/{sub}").map(Listing::Subscription))
        .filter(|_| !text.contains(' '))
        .ok_or_else(|| format!("{text} is no place of a list"))
}

fn synthetic(text: &'static str) -> Result<Synthetic, String> {
    let value = parse(text)?;
    let path = |v: &Json| v.as_str().map(|t| ArmPath::parse(leak(t))).transpose();
    let members = value["member"].as_object().into_iter().flatten();
    Ok(Synthetic {
        host: leak(value["host"].as_str().ok_or("host is missing")?),
        exists: path(&value["exists"])?.ok_or("exists is missing")?,
        list: path(&value["list"])?,
        member: members
            .map(|(k, v)| Ok((leak(k), path(v)?.ok_or("a path is missing")?)))
            .collect::<Result<_, String>>()?,
    })
}

fn alias(text: &'static str) -> Result<Alias, String> {
    let (text, note) = text.split_once("  # ").unwrap_or((text, ""));
    let mut words = text.splitn(4, ' ');
    let mut next = || words.next().ok_or("an alias has four words");
    let (old, new, major, transform) = (next()?, next()?, next()?, next()?);
    let (kind, argument) = transform.split_once(':').unwrap_or((transform, ""));
    let transform = match kind {
        "same" => Transform::Same,
        "negate" => Transform::Negate,
        "wrap_in_list" => Transform::WrapInList,
        "words" => Transform::Words(argument.split(',').filter_map(|w| w.split_once(':')).collect()),
        "names_to_blocks" => Transform::NamesToBlocks(argument),
        "keep_enabled" => Transform::KeepEnabled,
        "days_when_enabled" => Transform::DaysWhenEnabled,
        "compose" => Transform::Compose(argument),
        "dropped" => Transform::Dropped,
        _ => return Err(format!("unknown transform {kind}")),
    };
    Ok(Alias {
        old,
        new: Some(new).filter(|n| *n != "-"),
        removed_in: major.parse().map_err(|_| format!("not a major version: {major}"))?,
        transform,
        note,
    })
}

fn attribute(line: &'static str) -> Result<Attribute, String> {
    let mut words = line.split(' ');
    let mut next = || words.next().ok_or("five words are expected");
    let (path, ty, config, compare, arm) = (next()?, next()?, next()?, next()?, next()?);
    let (ty, elem) = match ty.strip_suffix(')').and_then(|t| t.split_once('(')) {
        Some((ty, elem)) => (ty, Some(Elem::from_word(elem).ok_or_else(|| unknown(elem))?)),
        None => (ty, None),
    };
    let mut attribute = Attribute {
        path,
        arm: if arm == "-" { None } else { Some(ArmPath::parse(arm)?) },
        arm_fallback: None,
        arm_absent: None,
        arm_null_values: Vec::new(),
        arm_valid_when: None,
        drop_when: None,
        present_when: None,
        ty: AttrType::from_word(ty).ok_or_else(|| unknown(ty))?,
        elem,
        config: Config::from_word(config).ok_or_else(|| unknown(config))?,
        config_by_major: Vec::new(),
        force_new: false,
        force_new_when: Vec::new(),
        force_new_unless: None,
        rotates_unless: Vec::new(),
        compare: Compare::from_word(compare).ok_or_else(|| unknown(compare))?,
        key: Vec::new(),
        compare_when: None,
        ignore_extra: Vec::new(),
        ignore_keys: Vec::new(),
        strict: Strict::default(),
        sorts_by: None,
        provider_reads: true,
        expected_when: None,
        when_absent: None,
        default: None,
        default_by_major: Vec::new(),
        service_fills: None,
        write_only: false,
        readable: true,
        sensitive: false,
        since: "",
        note: "",
        members: Vec::new(),
        parent: None,
    };
    for word in words {
        let (field, value) = word.split_once('=').unwrap_or((word, ""));
        set(&mut attribute, field, value)?;
    }
    Ok(attribute)
}

/// Sets a flag or field of an attribute.
fn set(a: &mut Attribute, field: &'static str, text: &'static str) -> Result<(), String> {
    match field {
        "force_new" => a.force_new = true,
        "write_only" => a.write_only = true,
        "sensitive" => a.sensitive = true,
        "unreadable" => a.readable = false,
        "never_read_back" => a.provider_reads = false,
        "sorts_by" => a.sorts_by = Some(text),
        "since" => a.since = text,
        "key" => a.key = text.split(',').collect(),
        "strict" => {
            let has = |word| text.split(',').any(|w| w == word);
            a.strict = Strict { case: has("case"), name_case: has("name_case"), order: has("order") };
        }
        "note" => a.note = text,
        "default" => a.default = Some(value(text)?),
        "arm_fallback" => a.arm_fallback = Some(ArmPath::parse(text)?),
        "arm_absent" => a.arm_absent = Some(value(text)?),
        "arm_null_values" => a.arm_null_values = list(&parse(text)?, json::value),
        "arm_valid_when" => a.arm_valid_when = Some(condition(&parse(text)?)?),
        "drop_when" => a.drop_when = Some(condition(&parse(text)?)?),
        "present_when" => a.present_when = Some(condition(&parse(text)?)?),
        "compare_when" => a.compare_when = Some(condition(&parse(text)?)?),
        "service_fills" => a.service_fills = Some(value(text)?),
        "when_absent" => a.when_absent = Some(WhenAbsent::from_word(text).ok_or_else(|| unknown(text))?),
        "ignore_extra" => a.ignore_extra = list(&parse(text)?, string),
        "ignore_keys" => a.ignore_keys = list(&parse(text)?, string),
        "expected_when" => a.expected_when = Some(expected(&parse(text)?)?),
        "force_new_when" => a.force_new_when = clauses(&parse(text)?)?,
        "force_new_unless" => a.force_new_unless = Some(clauses(&parse(text)?)?),
        "rotates_unless" => a.rotates_unless = clauses(&parse(text)?)?,
        "default_by_major" => {
            a.default_by_major = by_major(&parse(text)?, |v| Ok(json::value(v)))?;
        }
        "config_by_major" => {
            a.config_by_major = by_major(&parse(text)?, |v| {
                v.as_str().and_then(Config::from_word).ok_or_else(|| unknown(&v.to_string()))
            })?;
        }
        _ => return Err(format!("unknown field {field}")),
    }
    Ok(())
}

fn unknown(word: &str) -> String {
    format!("unknown word {word}")
}

fn parse(text: &str) -> Result<Json, String> {
    serde_json::from_str(text).map_err(|e| format!("{e} in {text}"))
}

fn value(text: &str) -> Result<Value, String> {
    Ok(json::value(&parse(text)?))
}

fn string(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list<T>(value: &Json, each: impl Fn(&Json) -> T) -> Vec<T> {
    value.as_array().into_iter().flatten().map(each).collect()
}

fn by_major<T>(value: &Json, each: impl Fn(&Json) -> Result<T, String>) -> Result<Vec<(u32, T)>, String> {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(k, v)| Ok((k.parse().map_err(|_| unknown(k))?, each(v)?))).collect()
}

/// Text that lives as long as the catalogue: a type is decoded once and kept.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn condition(json: &Json) -> Result<Condition, String> {
    let each = |field: &str| list(&json[field], condition).into_iter().collect::<Result<Vec<_>, _>>();
    if json["any"].is_array() {
        return Ok(Condition::Any(each("any")?));
    }
    if json["all"].is_array() {
        return Ok(Condition::All(each("all")?));
    }
    if json["not"].is_object() {
        return Ok(Condition::Not(Box::new(condition(&json["not"])?)));
    }
    let operand = if let Some(path) = json["arm"].as_str() {
        Operand::Arm(ArmPath::parse(leak(path))?)
    } else if let Some(path) = json["attr"].as_str() {
        Operand::Attr(path.to_owned())
    } else if let Some(path) = json["parent_attr"].as_str() {
        Operand::ParentAttr(path.to_owned())
    } else {
        return Err(format!("a condition needs arm or attr: {json}"));
    };
    let test = if let Some(v) = json.get("equals") {
        Test::Equals(json::value(v))
    } else if json["in"].is_array() {
        Test::In(list(&json["in"], json::value))
    } else if json["not_in"].is_array() {
        Test::NotIn(list(&json["not_in"], json::value))
    } else if let Some(v) = json["set"].as_bool() {
        Test::Set(v)
    } else if let Some(v) = json["nonzero"].as_bool() {
        Test::Nonzero(v)
    } else if let Some(v) = json["ends_with"].as_str() {
        Test::EndsWith(v.to_owned())
    } else {
        return Err(format!("a condition needs a test: {json}"));
    };
    Ok(Condition::Is(operand, test))
}

fn expected(json: &Json) -> Result<Expected, String> {
    let live = match &json["live"] {
        Json::String(s) if s == "higher" => LiveRule::Higher,
        Json::String(s) if s == "any" => LiveRule::Any,
        Json::Array(bounds) => match bounds.as_slice() {
            [Json::String(low), Json::String(high)] => LiveRule::Between(leak(low), leak(high)),
            _ => return Err(unknown(&json.to_string())),
        },
        _ => return Err(unknown(&json.to_string())),
    };
    let conditional = json.get("attr").or(json.get("parent_attr")).or(json.get("arm")).is_some();
    Ok(Expected { condition: conditional.then(|| condition(json)).transpose()?, live })
}

fn clauses(json: &Json) -> Result<Vec<Clause>, String> {
    let clause = |c: &Json| {
        let when = c["if"].as_object().into_iter().flatten();
        Ok(Clause {
            from: c.get("from").map(pattern).transpose()?,
            to: c.get("to").map(pattern).transpose()?,
            when: when.map(|(k, v)| Ok((k.clone(), pattern(v)?))).collect::<Result<_, String>>()?,
        })
    };
    list(json, clause).into_iter().collect()
}

fn pattern(json: &Json) -> Result<Pattern, String> {
    Ok(match json {
        Json::String(s) if s == "*" => Pattern::Anything,
        Json::String(s) if s.starts_with('@') => Pattern::Attr(s[1..].to_owned()),
        Json::Array(items) => Pattern::AnyOf(items.iter().map(pattern).collect::<Result<_, _>>()?),
        Json::Object(o) if o.contains_key("not") => Pattern::Not(Box::new(pattern(&json["not"])?)),
        Json::Object(o) if o.contains_key("prefix") => Pattern::Prefix(string(&json["prefix"])),
        Json::Object(_) => return Err(unknown(&json.to_string())),
        literal => Pattern::Literal(json::value(literal)),
    })
}
