//! What other tools take: SARIF, JUnit, GitLab code quality, annotations. And text that wants to be more
//! than text comes out inert in every form.

use serde_json::Value as Json;

use crate::harness::{Folder, trueup, trueup_in};

const FORMS: [&str; 9] =
    ["text", "markdown", "json", "html", "sarif", "junit", "gitlab", "github", "azure-pipelines"];

/// What the SARIF 2.1.0 schema asks of what we write: members that must be there, words, bounds, and that
/// references lead somewhere. (The schema itself was used once, out of the tree.)
fn assert_sarif(log: &Json) {
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
fn xml_texts(text: &str) -> Vec<String> {
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

/// Text that wants to be more than text, one for each language that an output may be read in.
const HOSTILE: [&str; 10] = [
    "##vso[task.setvariable variable=PATH]evil",
    "##[error]evil",
    "::set-output name=x::evil",
    "::error file=main.tf::evil",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](https://evil.example) ![x](https://evil.example/x.png) @everyone | `code` **bold**",
    "\u{1b}[31mred\u{1b}]8;;https://evil.example\u{7}link\u{1b}]8;;\u{7}",
    "\u{202e}desrever\u{202c}\u{200b}\u{feff}\u{2066}hidden",
    "\"}],\"x\":[{\"",
    "]]>&amp;<![CDATA[x' onload=\"y\" --> %0A%5D;x",
];

#[test]
fn hostile_text_is_inert_in_every_form() {
    // Quoted as HCL: keys of instances, names, tags, descriptions, comments that suppress, file names.
    let quoted = |text: &str| {
        let escaped: String = text
            .chars()
            .map(|c| match c {
                '"' => "\\\"".to_owned(),
                c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
                c => c.to_string(),
            })
            .collect();
        format!("\"{}\"", escaped.replace("%{", "%%{").replace("${", "$${"))
    };
    let keys: Vec<String> =
        HOSTILE.iter().map(|t| quoted(t)).chain([quoted("two\nlines\r\n::error::x\n##vso[x]y")]).collect();
    let keys = keys.join(",\n    ");
    let text = format!(
        "locals {{\n  keys = toset([\n    {keys}\n  ])\n}}\n\n\
         resource \"azurerm_container_registry\" \"a\" {{\n  for_each            = local.keys\n  name                = each.key\n  \
         resource_group_name = each.key\n  location            = \"westeurope\"\n  sku                 = each.key\n  \
         admin_enabled       = length(each.key) > 0\n  tags                = {{ (each.key) = each.key }}\n}}\n\n\
         resource \"azurerm_virtual_network\" \"v\" {{\n  for_each            = local.keys\n  name                = each.key\n  \
         resource_group_name = \"rg\"\n  location            = \"westeurope\"\n  address_space       = [\"10.0.0.0/16\"]\n\n  \
         subnet {{\n    name             = each.key\n    address_prefixes = [each.key]\n  }}\n}}\n\n\
         # trueup:ignore ACR-002 reason=##vso[task.x]<b>::error::x\n\
         resource \"azurerm_container_registry\" \"b\" {{\n  name = \"b\"\n  resource_group_name = \"rg\"\n  location = \"westeurope\"\n  \
         sku = \"Standard\"\n  anonymous_pull_enabled = true # ::error::{}\n}}\n\n\
         variable \"x\" {{\n  description = {}\n  type = nonsense\n}}\n",
        HOSTILE[0],
        keys.lines().next().unwrap().trim_end_matches(','),
    );
    let folder = Folder::new(
        "hostile",
        &[("root/main.tf", &text), ("root/##vso[x]::error::,;<b>%0A.tf", "locals {\n  a = \n}\n")],
    );
    for command in ["review", "security", "subnets", "cost"] {
        for form in FORMS {
            let args = [command, "root", "--format", form, "--color", "always"];
            let out = trueup_in(folder.path(), &args).stdout;
            assert!(out.contains("evil") || command == "cost", "{command} {form} shows the names");
            inert(&format!("{command} {form}"), form, &out);
        }
    }
}

/// True for characters that reorder or hide text.
fn hides(c: char) -> bool {
    // A joiner stands in Markdown on purpose: it breaks mentions and links.
    matches!(c, '\u{200b}' | '\u{200c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn inert(what: &str, form: &str, out: &str) {
    let colours = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let command = regex::Regex::new(r"##[A-Za-z]*\[").unwrap();
    // Only colours of our own, and those only for a terminal; then no control character is left.
    let plain = if form == "text" { colours.replace_all(out, "").into_owned() } else { out.to_owned() };
    assert!(!plain.contains("\u{1b}[31mred") && !out.contains("\u{1b}[31mred"), "{what}");
    for c in plain.chars() {
        assert!(!hides(c) && (!c.is_control() || matches!(c, '\n' | '\t')), "{what}: {c:?}");
    }
    for line in plain.lines() {
        let ours = match form {
            "github" => {
                line.starts_with("::error ")
                    || line.starts_with("::warning ")
                    || line.starts_with("::notice ")
            }
            "azure-pipelines" => line.starts_with("##vso[task.logissue type="),
            _ => false,
        };
        let rest = if ours { &line[2..] } else { line };
        assert!(!command.is_match(rest), "{what}: {line}");
        assert!(ours || !line.trim_start().starts_with("::"), "{what}: {line}");
        if ours && form == "azure-pipelines" {
            let (properties, _) = line.split_once(']').unwrap();
            let names = properties.split_once(' ').unwrap().1.split(';').filter(|p| !p.is_empty());
            let names: Vec<&str> = names.map(|p| p.split_once('=').unwrap().0).collect();
            assert!(
                names
                    .iter()
                    .all(|n| ["type", "sourcepath", "linenumber", "columnnumber", "code"].contains(n)),
                "{what}: {line}"
            );
        }
        if ours && form == "github" {
            let properties = line[2..].split("::").next().unwrap().split_once(' ').unwrap().1;
            let names: Vec<&str> = properties.split(',').map(|p| p.split_once('=').unwrap().0).collect();
            assert!(
                names.iter().all(|n| ["file", "line", "endLine", "col", "endColumn", "title"].contains(n)),
                "{what}: {line}"
            );
        }
    }
    match form {
        "json" | "gitlab" => drop(serde_json::from_str::<Json>(out).unwrap()),
        "sarif" => assert_sarif(&serde_json::from_str(out).unwrap()),
        "junit" => drop(xml_texts(out)),
        "html" => {
            assert!(!out.contains("<script") && !out.contains("<img") && !out.contains("<b>"), "{what}")
        }
        "markdown" => {
            let mut fence: Option<String> = None;
            for line in out.lines() {
                let ticks: String = line.chars().take_while(|c| *c == '`').collect();
                if fence.as_ref().is_some_and(|f| *f == line.trim_end()) {
                    fence = None;
                } else if fence.is_none() && ticks.len() >= 3 {
                    fence = Some(ticks);
                } else if fence.is_none() {
                    let prose = prose(line);
                    for live in ["<script", "<img", "](http", "@everyone", "**bold**"] {
                        assert!(!prose.contains(live), "{what}: {line}");
                    }
                }
            }
            assert!(fence.is_none(), "{what}: an open fence");
        }
        _ => {}
    }
}

/// A line of Markdown without its code spans and escaped characters.
fn prose(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let ticks = rest.len() - rest.trim_start_matches('`').len();
        let mut used = c.len_utf8();
        if c == '\\' {
            used += rest[1..].chars().next().map_or(0, char::len_utf8);
        } else if ticks > 0 {
            let run = "`".repeat(ticks);
            let ends = rest[ticks..].match_indices(&run).map(|(at, _)| ticks + at);
            let mut ends =
                ends.filter(|at| !rest[at + ticks..].starts_with('`') && !rest[..*at].ends_with('`'));
            used = ends.next().map_or(ticks, |at| at + ticks);
        } else {
            out.push(c);
        }
        rest = &rest[used..];
    }
    out
}
