//! Recorded configurations: what a create declares stands in the document that Azure then has.

use super::*;

/// The values of a leaf attribute in all elements of its blocks, as text that ignores what its way
/// of comparing ignores.
pub(super) fn values(reader: &Reader<'_>, ty: &ResourceType, attribute: &Attribute) -> Vec<String> {
    let mut above = Vec::new();
    let mut at = ty.parent(attribute);
    while let Some(block) = at {
        above.push(block);
        at = ty.parent(block);
    }
    let mut places: Vec<Vec<Element>> = vec![Vec::new()];
    for block in above.into_iter().rev() {
        let inside = |within: &Vec<Element>| {
            let elements = reader.elements(block, within).into_iter();
            elements.map(|e| within.iter().cloned().chain([e]).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        places = places.iter().flat_map(inside).collect();
    }
    let mut out = Vec::new();
    for value in places.iter().filter_map(|within| reader.live(attribute, within)) {
        let json = json_of(&value);
        let items = match json {
            Json::Array(items) => items,
            Json::Object(entries) => entries.iter().map(|(k, v)| json!(format!("{k}={v}"))).collect(),
            one => vec![one],
        };
        out.extend(items.iter().map(|item| {
            let text = item.as_str().map_or_else(|| item.to_string(), str::to_lowercase);
            match attribute.compare {
                Compare::Location => text.replace(' ', ""),
                Compare::ArmId | Compare::ArmIdSet => text.trim_end_matches('/').to_owned(),
                Compare::LastSegment | Compare::LastSegmentSet | Compare::RoleId => {
                    text.rsplit('/').next().unwrap().to_owned()
                }
                Compare::SshKey => text.split_whitespace().take(2).collect(),
                Compare::Rfc3339 => text.trim_end_matches('z').replace("+00:00", ""),
                Compare::IpCidr32Set | Compare::IpCidr32 => text.trim_end_matches("/32").to_owned(),
                Compare::Surge if text == "0" => String::new(),
                Compare::Fqdn => text.trim_end_matches('.').to_owned(),
                _ => text,
            }
        }));
    }
    out
}

/// Compares one case: a directory with `case.json` (`root`, `var_files`, `subscription_id`),
/// `config/`, further variables in `vars.json`, and the documents of Azure in `arm.json`.
fn disagreements(dir: &Utf8Path) -> (usize, Vec<String>) {
    let json = |name: &str| -> Json {
        let text = std::fs::read_to_string(dir.join(name)).unwrap_or_else(|_| "{}".into());
        serde_json::from_str(&text).unwrap()
    };
    let (case, config) = (json("case.json"), dir.join("config"));
    let mut options = Options::within(&config, &config.join(case["root"].as_str().unwrap())).unwrap();
    let files = case["var_files"].as_array().into_iter().flatten();
    options.inputs.extend(files.map(|f| Input::File(f.as_str().unwrap().into())));
    let text = |v: &Json| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let vars = json("vars.json");
    options
        .inputs
        .extend(vars.as_object().unwrap().iter().map(|(k, v)| Input::Var(format!("{k}={}", text(v)))));
    let account = Account { subscription: case["subscription_id"].as_str().map(str::to_owned), tenant: None };
    let evaluation = evaluate(&options);
    let errors = evaluation.diagnostics.iter().filter(|d| d.is_error());
    let errors: Vec<_> = errors.map(|d| format!("{}: {}", d.summary, d.detail)).collect();
    if !errors.is_empty() {
        return (errors.len(), errors);
    }
    let declared = translate(&evaluation, &account);
    let recorded = Estate::from_documents([&json("arm.json")]);
    let (mut checked, mut wrong) = (0, Vec::new());
    let documents = declared.iter().filter(|d| d.declared.as_ref().is_some_and(|d| d.inline.is_empty()));
    for document in documents {
        let side = document.declared.as_ref().unwrap();
        let Some(ty) = catalogue::resource(&side.address.type_name) else { continue };
        if !ty.has_document() {
            continue;
        }
        let by_id = recorded.by_id(&document.id);
        // A name that the provider makes: the scope, the role and the principal tell.
        let same_place = |d: &&Document| {
            let same = |path: &str| {
                document.get(path).is_none_or(|v| v.is_unknown()) || d.str(path) == document.str(path)
            };
            document.id.name().starts_with('<')
                && d.id.parent() == document.id.parent()
                && d.is(&document.arm_type)
                && same("properties.principalId")
                && same("properties.roleDefinitionId")
        };
        let Some(twin) = by_id.or_else(|| recorded.iter().find(same_place)) else {
            wrong.push(format!("{}: no document {}", side.address, document.id));
            continue;
        };
        if document.id == twin.id {
            let mut gone = Vec::new();
            missing(&body(document), &body(twin), "", &mut gone);
            wrong.extend(gone.into_iter().map(|g| format!("{} body{g}", side.address)));
        }
        let ours = Reader { estate: &declared, document, declared: &side.attributes, parent: None };
        let theirs = Reader { estate: &recorded, document: twin, ..ours };
        for attribute in ty.attributes.iter().filter(|a| a.is_writable() && !a.is_block()) {
            let mut found = values(&theirs, ty, attribute);
            for value in values(&ours, ty, attribute).into_iter().filter(|v| !v.starts_with("(unknown")) {
                checked += 1;
                match found.iter().position(|f| *f == value) {
                    Some(at) => {
                        found.swap_remove(at);
                    }
                    // Zero and absent are the same to ARM.
                    None if ["false", "0", "", "{}", "[]"].contains(&value.as_str()) => {}
                    None => wrong
                        .push(format!("{} {}: {value} is not in {found:?}", side.address, attribute.path)),
                }
            }
        }
    }
    (checked, wrong)
}

/// Leaves of a declared document that the recorded one does not have at the same place: members
/// without case, list elements anywhere in the list.
fn missing(declared: &Json, recorded: &Json, path: &str, out: &mut Vec<String>) {
    match (declared, recorded) {
        (Json::Object(members), Json::Object(other)) => {
            for (name, value) in members {
                let twin = other.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v);
                missing(value, twin.unwrap_or(&Json::Null), &format!("{path}.{name}"), out);
            }
        }
        (Json::Array(items), Json::Array(other)) => {
            for item in items {
                let tries = other.iter().map(|o| {
                    let mut found = Vec::new();
                    missing(item, o, path, &mut found);
                    found
                });
                let best = tries.min_by_key(Vec::len).unwrap_or_else(|| vec![format!("{path}: {item}")]);
                out.extend(best);
            }
        }
        // A subnet with one prefix is answered in the singular.
        (_, Json::Null) if path.ends_with(".addressPrefixes") => {}
        (Json::Object(members), Json::Null) => {
            members.iter().for_each(|(k, v)| missing(v, &Json::Null, &format!("{path}.{k}"), out));
        }
        (declared, recorded) => {
            let text = |v: &Json| match v.as_str() {
                // What an absent member means need not be answered; an address is a network of one.
                Some("Regular") if recorded.is_null() => String::new(),
                Some(s) => {
                    let text = s.to_lowercase().replace(' ', "");
                    text.trim_end_matches("/32").trim_end_matches('.').to_owned()
                }
                None => v.to_string(),
            };
            let zero = |v: &Json| ["null", "false", "0", "", "{}", "[]", "-1"].contains(&text(v).as_str());
            let open = declared.as_str().is_some_and(|s| s.starts_with("(unknown"));
            if !open && text(declared) != text(recorded) && !(zero(declared) && zero(recorded)) {
                out.push(format!("{path}: {declared} is not {recorded}"));
            }
        }
    }
}

#[test]
fn recorded_documents_hold_what_was_declared() {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/translate");
    let dir = std::env::var("TRUEUP_TRANSLATE_CASES").unwrap_or_else(|_| own.to_owned());
    let mut dirs: Vec<_> =
        Utf8Path::new(&dir).read_dir_utf8().unwrap().map(|e| e.unwrap().into_path()).collect();
    dirs.retain(|d| d.join("case.json").is_file());
    dirs.sort();
    let (mut all, mut wrong) = (0, Vec::new());
    for dir in dirs {
        let (checked, bad) = disagreements(&dir);
        all += checked;
        wrong.extend(bad.into_iter().map(|b| format!("{}: {b}", dir.file_name().unwrap_or_default())));
    }
    say!("translated values: {} of {all} values agree", all - wrong.len());
    wrong.iter().for_each(|w| println!("{w}"));
    assert!(all > 0 && wrong.is_empty(), "{} disagree", wrong.len());
}
