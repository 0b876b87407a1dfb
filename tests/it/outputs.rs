//! What other tools take: SARIF, JUnit, GitLab code quality, annotations.

use std::sync::LazyLock;

use serde_json::Value as Json;

use crate::harness::{Folder, repository, trueup, trueup_in};

/// The schema of SARIF 2.1.0, compiled (`tools/build_sarif_schema.rs` writes it), formats of texts included.
static SARIF: LazyLock<(boon::Schemas, boon::SchemaIndex)> = LazyLock::new(|| {
    let text = std::fs::read_to_string(repository().join("tests/data/sarif/schema.json")).unwrap();
    let schema: Json = serde_json::from_str(&text).unwrap();
    let name = schema["id"].as_str().unwrap().to_owned();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.enable_format_assertions();
    compiler.add_resource(&name, schema).unwrap();
    let index = compiler.compile(&name, &mut schemas).unwrap();
    (schemas, index)
});

/// What the schema says against a log.
fn against_schema(log: &Json) -> Option<String> {
    let (schemas, index) = &*SARIF;
    schemas.validate(log, *index).err().map(|e| e.to_string())
}

/// A log holds by the schema, and by what it cannot say: only members that we know of, references that lead
/// somewhere, places inside the checkout, and what code hosts ask (<https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>).
pub(crate) fn assert_sarif(log: &Json) {
    assert_eq!(against_schema(log), None);
    assert_eq!(log["version"], "2.1.0");
    let known = |value: &Json, names: &[&str]| {
        for name in value.as_object().unwrap().keys() {
            assert!(names.contains(&name.as_str()), "{name} is no member of this object: {value}");
        }
    };
    known(log, &["$schema", "version", "runs"]);
    for run in log["runs"].as_array().unwrap() {
        known(
            run,
            &["tool", "automationDetails", "columnKind", "originalUriBaseIds", "invocations", "results"],
        );
        let driver = &run["tool"]["driver"];
        known(driver, &["name", "semanticVersion", "rules"]);
        let rules = driver["rules"].as_array().unwrap();
        let place = |physical: &Json| {
            known(physical, &["artifactLocation", "region"]);
            let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.starts_with('/') && uri.is_ascii() && !uri.contains([' ', '"', '<', '\\']), "{uri}");
            assert_eq!(physical["artifactLocation"]["uriBaseId"], "%SRCROOT%");
            if let Some(region) = physical.get("region") {
                let [from, to, start, end] =
                    ["startLine", "endLine", "startColumn", "endColumn"].map(|n| region[n].as_u64().unwrap());
                assert!(from >= 1 && start >= 1 && (to > from || to == from && end >= start), "{region}");
            }
        };
        for rule in rules {
            known(
                rule,
                &[
                    "id",
                    "name",
                    "shortDescription",
                    "fullDescription",
                    "help",
                    "helpUri",
                    "defaultConfiguration",
                    "properties",
                ],
            );
            for text in [&rule["shortDescription"], &rule["fullDescription"], &rule["help"]] {
                assert!(!text["text"].as_str().unwrap().is_empty(), "{rule}");
            }
            assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
        }
        let mut prints = Vec::new();
        for result in run["results"].as_array().unwrap() {
            known(
                result,
                &[
                    "ruleId",
                    "ruleIndex",
                    "level",
                    "message",
                    "locations",
                    "partialFingerprints",
                    "relatedLocations",
                    "suppressions",
                    "fixes",
                ],
            );
            let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let locations = result["locations"].as_array().unwrap();
            assert_eq!(locations.len(), 1);
            place(&locations[0]["physicalLocation"]);
            for related in result["relatedLocations"].as_array().into_iter().flatten() {
                place(&related["physicalLocation"]);
            }
            for fix in result["fixes"].as_array().into_iter().flatten() {
                known(fix, &["description", "artifactChanges"]);
                assert!(!fix["description"]["text"].as_str().unwrap().is_empty());
                for change in fix["artifactChanges"].as_array().unwrap() {
                    known(change, &["artifactLocation", "replacements"]);
                    for replacement in change["replacements"].as_array().unwrap() {
                        known(replacement, &["deletedRegion", "insertedContent"]);
                        known(&replacement["insertedContent"], &["text"]);
                        assert!(replacement["insertedContent"]["text"].is_string());
                        place(&serde_json::json!({
                            "artifactLocation": change["artifactLocation"],
                            "region": replacement["deletedRegion"],
                        }));
                    }
                }
            }
            for suppression in result["suppressions"].as_array().into_iter().flatten() {
                assert!(["inSource", "external"].contains(&suppression["kind"].as_str().unwrap()));
            }
            prints.push(result["partialFingerprints"]["trueup/v1"].as_str().unwrap().to_owned());
        }
        let count = prints.len();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), count, "every result has a fingerprint of its own");
        for notification in run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap() {
            known(notification, &["level", "message", "locations"]);
        }
    }
}

/// Reads XML: elements balanced, attributes quoted, only the five entities. Texts and attributes decoded.
pub(crate) fn xml_texts(text: &str) -> Vec<String> {
    let mut rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    let (mut open, mut texts) = (Vec::new(), Vec::new());
    let decode = |text: &str| {
        for part in text.split('&').skip(1) {
            assert!(["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|e| part.starts_with(e)), "&{part}");
        }
        let chars = text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t'));
        assert!(chars && !text.contains('<'), "{text:?}");
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&")
    };
    while let Some(at) = rest.find('<') {
        texts.push(decode(&rest[..at]));
        let end = rest.find('>').unwrap();
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap().to_owned();
        let mut attributes = tag[name.len()..].trim_end_matches('/').trim();
        while !attributes.is_empty() {
            let (key, value) = attributes.split_once("=\"").unwrap();
            assert!(key.chars().all(|c| c.is_ascii_lowercase()), "{key}");
            let (value, after) = value.split_once('"').unwrap();
            texts.push(decode(value));
            attributes = after.trim();
        }
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    texts
}

#[test]
fn every_form_of_every_environment_can_be_read() {
    for root in ["environments/dev", "environments/staging", "environments/production"] {
        let form = |command: &str, form: &str| trueup(&[command, root, "--format", form]).stdout;
        for command in ["review", "security", "cost", "subnets"] {
            let log: Json = serde_json::from_str(&form(command, "sarif")).unwrap();
            assert_sarif(&log);
            let results = log["runs"][0]["results"].as_array().unwrap().len();
            let issues: Json = serde_json::from_str(&form(command, "gitlab")).unwrap();
            assert_eq!(issues.as_array().unwrap().len(), results, "{root}");
            let junit = form(command, "junit");
            xml_texts(&junit);
            assert_eq!(junit.matches("<failure ").count(), results);
            for name in ["github", "azure-pipelines"] {
                let start = if name == "github" { "::" } else { "##vso[task.logissue type=" };
                let lines = form(command, name);
                assert_eq!(lines.lines().filter(|l| l.starts_with(start)).count(), results, "{lines}");
            }
        }
    }
}

#[test]
fn a_fingerprint_and_a_region_are_those_of_the_argument() {
    // A face is two UTF-16 units and one character.
    let text = "resource \"azurerm_key_vault\" \"a\" {\n  name = \"kv\"\n  resource_group_name = \"rg\"\n  location = \"westeurope\"\n  \
                tenant_id = \"00000000-0000-0000-0000-000000000001\"\n  sku_name = \"standard\"\n  /* 😀 */ purge_protection_enabled = false\n}\n";
    let folder = Folder::new("region", &[("dir with space/main.tf", text)]);
    let log = |args: &[&str]| {
        trueup_in(folder.path(), &[&["security", "dir with space", "--format", "sarif"], args].concat())
            .json()
    };
    let found = |log: &Json| {
        log["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["ruleId"] == "TU-KV-005")
            .unwrap()
            .clone()
    };
    let first = found(&log(&[]));
    let place = &first["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "dir%20with%20space/main.tf");
    assert_eq!(
        (&place["region"]["startLine"], &place["region"]["startColumn"], &place["region"]["endColumn"]),
        (&7.into(), &39.into(), &44.into())
    );
    folder.write("dir with space/main.tf", format!("# one line more\n\n{text}"));
    let second = found(&log(&[]));
    assert_eq!(first["partialFingerprints"], second["partialFingerprints"]);
    assert_ne!(first["locations"], second["locations"]);
    // The edit is of the argument alone; Key Vaults keep purge protection for good, so it is none that is safe.
    let change = &first["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "dir%20with%20space/main.tf");
    assert_eq!(change["replacements"][0]["deletedRegion"], place["region"]);
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], "true");
    assert!(first["fixes"][0]["description"]["text"].as_str().unwrap().contains("for good"));
    // Suppressed in the source, with its reason.
    folder.write("dir with space/main.tf", format!("# trueup:ignore KV-005 reason=\"a test\"\n{text}"));
    let suppressed = found(&log(&[]));
    assert_eq!(suppressed["suppressions"][0]["kind"], "inSource");
    assert!(suppressed.get("fixes").is_none());
    assert_eq!(suppressed["suppressions"][0]["justification"], "a test");
    assert_eq!(suppressed["partialFingerprints"], first["partialFingerprints"]);
    // Errors of the code make the run one that did not succeed.
    folder.write("dir with space/broken.tf", "resource {\n");
    let broken = log(&[]);
    assert_sarif(&broken);
    assert_eq!(broken["runs"][0]["invocations"][0]["executionSuccessful"], false);
    assert!(
        !broken["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().is_empty()
    );
}

#[test]
fn the_schema_of_sarif_takes_not_everything() {
    let log: Json =
        serde_json::from_str(&trueup(&["review", "environments/production", "--format", "sarif"]).stdout)
            .unwrap();
    assert_eq!(against_schema(&log), None);
    let wrong = |at: &str, value: Json| {
        let mut log = log.clone();
        *log.pointer_mut(at).unwrap_or_else(|| panic!("{at}")) = value;
        assert!(against_schema(&log).is_some(), "{at}");
    };
    wrong("/version", "2.0.0".into());
    wrong("/runs/0/results/0/level", "dreadful".into());
    wrong("/runs/0/results/0/locations/0/physicalLocation/region/startLine", 0.into());
    wrong("/runs/0/results/0/message", Json::Null);
    wrong("/runs/0/tool/driver/rules/0/helpUri", "no address".into());
    wrong("/runs/0/originalUriBaseIds", serde_json::json!([]));
}
