//! Text that wants to be more than text comes out inert in every form: text of code (names, keys, tags,
//! descriptions, comments that suppress, names of files) and text of what is live. Comments on pull requests
//! are rendered besides, in `comment/hostile.rs`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use regex::Regex;
use serde_json::{Value as Json, json};

use crate::harness::{Folder, repository, trueup_in};
use crate::outputs::{assert_sarif, xml_texts};

/// What texts are made of, something for each language that an output may be read in.
const PARTS: &[&str] = &[
    // Pipelines.
    "##vso[task.setvariable variable=PATH]",
    "##vso[task.logissue type=error]",
    "##[error]",
    "##[",
    "#",
    "::set-output name=x::",
    "::error file=main.tf::",
    "::add-mask::",
    "::",
    "%0A",
    "%0D%0A::error::",
    "%5D;x=",
    "%",
    "]",
    ";",
    ",",
    // HTML and XML.
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--",
    "-->",
    "<b>",
    "</td></table>",
    "' onload='x",
    "\" onload=\"x",
    "]]>",
    "<![CDATA[",
    "&amp;",
    "&#x202e;",
    "&",
    "<",
    "javascript:alert(1)",
    // Markdown.
    "[a](https://evil.example)",
    "![a](https://evil.example/x.png)",
    "https://evil.example",
    "@everyone",
    "**bold**",
    "`",
    "```",
    "~~~",
    "|",
    "$x$",
    "# a",
    // Terminals.
    "\u{1b}[31mred",
    "\u{1b}]8;;https://evil.example\u{7}",
    "\u{9b}31m",
    "\u{8}\u{8}",
    "\u{7f}",
    // What reorders, hides or ends.
    "\u{202e}desrever\u{202c}",
    "\u{200b}",
    "\u{200f}",
    "\u{feff}",
    "\u{2066}",
    "\u{61c}",
    "\u{ad}",
    "\u{2028}",
    "\u{85}",
    "\u{180e}",
    "\u{e0041}",
    "\u{fffe}",
    // JSON, CSV, HCL and spreadsheets.
    "\"}],\"x\":[{\"",
    "\\",
    "\\u0022",
    "=cmd|' /C calc'!A0",
    "+1",
    "@SUM(A1)",
    "\t=1",
    "${a}",
    "%{if true}",
    // Ends of lines, and what a line may hide in.
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    " ",
    "😀",
    "e\u{301}",
];

/// A text that says `evil` somewhere, so that its place in an output can be found.
fn text() -> impl Strategy<Value = String> {
    let parts = || proptest::collection::vec(proptest::sample::select(PARTS), 0..4);
    (parts(), parts()).prop_map(|(before, after)| format!("{}evil{}", before.concat(), after.concat()))
}

/// A text as HCL's literal.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.replace("%{", "%%{").replace("${", "$${").chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if u32::from(c) > 0xffff => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c if c.is_control() || !c.is_ascii() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A root module with these texts wherever code has text.
fn code(texts: &[String]) -> String {
    let keys: Vec<String> = texts.iter().map(|t| quoted(t)).collect();
    let (first, keys) = (&keys[0], keys.join(",\n    "));
    // A comment ends with its line; nothing else does.
    let comment = texts.concat().replace(['\n', '\r'], "");
    format!(
        r#"terraform {{
  required_providers {{
    azurerm = {{
      source  = "hashicorp/azurerm"
      version = "~> 4.81"
    }}
  }}
}}

locals {{
  keys = toset([
    {keys}
  ])
}}

resource "azurerm_container_registry" "a" {{
  for_each            = local.keys
  name                = each.key
  resource_group_name = each.key
  location            = "westeurope"
  sku                 = each.key
  admin_enabled       = length(each.key) > 0
  tags                = {{ (each.key) = each.key }}
}}

resource "azurerm_virtual_network" "v" {{
  for_each            = local.keys
  name                = each.key
  resource_group_name = "rg"
  location            = "westeurope"
  address_space       = ["10.0.0.0/16"]

  subnet {{
    name             = each.key
    address_prefixes = [each.key]
  }}
}}

resource "azurerm_kubernetes_cluster" "k" {{
  name                = {first}
  resource_group_name = "rg"
  location            = {first}
  dns_prefix          = {first}
  kubernetes_version  = {first}
  default_node_pool {{
    name       = {first}
    vm_size    = {first}
    node_count = 3
  }}
  identity {{
    type = "SystemAssigned"
  }}
}}

resource "azurerm_public_ip" "p" {{
  for_each            = local.keys
  name                = each.key
  resource_group_name = "rg"
  location            = "westeurope"
  allocation_method   = "Static"
  sku                 = "Standard"
}}

# trueup:ignore ACR-002 reason={comment}
resource "azurerm_container_registry" "b" {{
  name                   = "b"
  resource_group_name    = "rg"
  location               = "westeurope"
  sku                    = "Standard"
  anonymous_pull_enabled = true # {comment}
}}

variable "x" {{
  description = {first}
  type        = nonsense
}}
"#
    )
}

/// What is live in `environments/production`, with texts of others in tags and in every second text of the
/// properties that is no id, and with subnets and a registry that no code
/// declares.
fn live(texts: &[String]) -> Json {
    let file = repository().join("environments/production/live.json");
    let mut snapshot: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut next = texts.iter().cycle();
    let mut count = 0;
    for document in snapshot["resources"].as_array_mut().unwrap() {
        for part in ["tags", "properties", "sku"] {
            replace(&mut document[part], &mut || {
                count += 1;
                (part == "tags" || count % 2 == 0).then(|| next.next().unwrap().clone())
            });
        }
        if let Some(tags) = document["tags"].as_object_mut() {
            tags.extend(texts.iter().map(|t| (t.clone(), t.as_str().into())));
        }
    }
    let name = texts[0].replace('/', "_");
    let network = "Microsoft.Network/virtualNetworks";
    let network = snapshot["resources"].as_array().unwrap().iter().find(|r| r["type"] == network).unwrap();
    let network = network["id"].as_str().unwrap().to_owned();
    let subnets = texts.iter().enumerate().map(|(at, text)| {
        let name = text.replace('/', "_");
        json!({
            "id": format!("{network}/subnets/{name}"),
            "name": name,
            "type": "Microsoft.Network/virtualNetworks/subnets",
            "properties": { "addressPrefix": format!("10.64.{}.0/24", 100 + at), "privateEndpointNetworkPolicies": text },
        })
    });
    snapshot["resources"].as_array_mut().unwrap().extend(subnets);
    let group = snapshot["resources"][0]["id"].as_str().unwrap().to_owned();
    snapshot["resources"].as_array_mut().unwrap().push(json!({
        "id": format!("{group}/providers/Microsoft.ContainerRegistry/registries/{name}"),
        "name": name,
        "type": "Microsoft.ContainerRegistry/registries",
        "location": texts[0],
        "sku": { "name": texts[0] },
        "properties": { "adminUserEnabled": true, "loginServer": texts[0] },
    }));
    snapshot
}

fn replace(value: &mut Json, other: &mut dyn FnMut() -> Option<String>) {
    match value {
        Json::String(text) if !text.starts_with('/') => *text = other().unwrap_or_else(|| text.clone()),
        Json::Array(items) => items.iter_mut().for_each(|v| replace(v, other)),
        Json::Object(members) => members.values_mut().for_each(|v| replace(v, other)),
        _ => {}
    }
}

/// The commands, where they run, and all forms of each.
const COMMANDS: &[(&[&str], &[&str])] = &[
    (&["review", "root"], REVIEW),
    (&["security", "root", "--profile", "strict"], REVIEW),
    (
        &["subnets", "root"],
        &["text", "markdown", "json", "html", "svg", "sarif", "junit", "gitlab", "github", "azure-pipelines"],
    ),
    (
        &["cost", "root"],
        &[
            "text",
            "markdown",
            "json",
            "html",
            "csv",
            "infracost-json",
            "sarif",
            "junit",
            "gitlab",
            "github",
            "azure-pipelines",
        ],
    ),
    (&["plan", "root"], PAGES),
    (&["drift", "environments/production", "--live", "live.json"], PAGES),
    (&["drift", "environments/production", "--live", "live.json", "--import-blocks", "imports.tf"], PAGES),
    (&["review", "environments/production", "--live", "live.json"], REVIEW),
    (&["subnets", "environments/production", "--live", "live.json"], PAGES),
    (&["inventory", "--live", "live.json"], &["text", "markdown", "json", "csv"]),
    (&["review", "root", "environments/dev"], REVIEW),
];
const PAGES: &[&str] = &["text", "markdown", "json", "html"];
const REVIEW: &[&str] =
    &["text", "markdown", "json", "html", "sarif", "junit", "gitlab", "github", "azure-pipelines"];

#[test]
fn generated_text_is_inert_in_every_form() {
    // Each case runs every command once; it writes all of its forms.
    let config =
        ProptestConfig { cases: 4, max_shrink_iters: 40, failure_persistence: None, ..Default::default() };
    let texts = proptest::collection::btree_set(text(), 12..24);
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&texts, |texts| {
        let texts: Vec<String> = texts.into_iter().collect();
        everywhere(&texts).map_err(TestCaseError::fail)
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn every_part_is_inert_in_every_form() {
    let texts: Vec<String> = PARTS.iter().map(|p| format!("{p}evil{p}{p}")).collect();
    everywhere(&texts).unwrap_or_else(|e| panic!("{e}"));
}

/// Runs every command over code and live documents with these texts, and looks at all that comes out.
fn everywhere(texts: &[String]) -> Result<(), String> {
    let folder = Folder::with_environments("hostile");
    folder.write("root/main.tf", code(texts));
    let file: String = texts.concat().replace(['/', '\0'], "_").chars().take(40).collect();
    folder.write(&format!("root/{file}.tf"), "locals {\n  a = \n}\n");
    folder.write("live.json", live(texts).to_string());
    let mut wrong = Vec::new();
    for (command, forms) in COMMANDS {
        let outputs: Vec<String> = forms.iter().map(|form| format!("{form}=out.{form}")).collect();
        let options = outputs.iter().flat_map(|o| ["--output", o]).chain(["--color", "always"]);
        let run = trueup_in(folder.path(), &command.iter().copied().chain(options).collect::<Vec<_>>());
        let what = command.join(" ");
        wrong.extend(inert(&format!("{what}: standard error"), "text", &run.stderr).err());
        let mut named = false;
        for form in *forms {
            let out = std::fs::read_to_string(folder.path().join(format!("out.{form}")))
                .map_err(|e| format!("{what}: {form}: {e}\n{}", run.stderr))?;
            named |= out.contains("evil");
            wrong.extend(inert(&format!("{what}: {form}"), form, &out).err());
        }
        if !named {
            wrong.push(format!("{what} shows none of the texts"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// True for characters that reorder, hide or end text. A joiner stands in Markdown on purpose: it breaks
/// mentions and links.
fn hides(c: char) -> bool {
    matches!(c,
        '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{61c}' | '\u{ad}' | '\u{180e}' | '\u{e0000}'..='\u{e007f}')
}

/// Words after which a log of GitHub Actions or Azure Pipelines takes a line for a command of ours.
fn annotation<'l>(form: &str, line: &'l str) -> Option<(&'l str, &'static [&'static str], char)> {
    match form {
        "github" => {
            let rest = ["::error ", "::warning ", "::notice "].iter().find_map(|w| line.strip_prefix(w))?;
            Some((rest.split("::").next()?, &["file", "line", "endLine", "col", "endColumn", "title"], ','))
        }
        "azure-pipelines" => {
            let rest = line.strip_prefix("##vso[task.logissue ")?;
            Some((
                rest.split(']').next()?,
                &["type", "sourcepath", "linenumber", "columnnumber", "code"],
                ';',
            ))
        }
        _ => None,
    }
}

fn inert(what: &str, form: &str, out: &str) -> Result<(), String> {
    static COLOURS: LazyLock<Regex> = LazyLock::new(|| Regex::new("\u{1b}\\[[0-9;]*m").unwrap());
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"##[A-Za-z]*\[").unwrap());
    let wrong = |why: &str, at: &str| Err(format!("{what}: {why}: {at:?}"));
    if out.contains("\u{1b}[31mred") {
        return wrong("a colour of others", "");
    }
    // Only colours of our own, and those only for a terminal; then no control character is left.
    let plain = if form == "text" { COLOURS.replace_all(out, "") } else { out.into() };
    let rows = if form == "csv" { plain.replace("\r\n", "\n") } else { plain.into_owned() };
    for line in rows.split('\n') {
        if let Some(c) = line.chars().find(|c| hides(*c) || c.is_control() && *c != '\t') {
            return wrong(&format!("{c:?}"), line);
        }
        let own = annotation(form, line);
        if let Some((properties, names, between)) = own {
            let mut parts = properties.split(between).filter(|p| !p.is_empty());
            if let Some(part) = parts.find(|p| !names.contains(&p.split('=').next().unwrap_or(""))) {
                return wrong(&format!("the property {part}"), line);
            }
        }
        // An excerpt names another file after three colons, which begin no command.
        let own = own.is_some() || form == "text" && line.trim_start().starts_with("::: ");
        let rest = if own { &line[2..] } else { line };
        if COMMAND.is_match(rest) || !own && line.trim_start().starts_with("::") {
            return wrong("a command", line);
        }
    }
    match form {
        "json" | "gitlab" | "infracost-json" => {
            serde_json::from_str::<Json>(out).map(drop).map_err(|e| format!("{what}: {e}"))
        }
        "sarif" => {
            assert_sarif(&serde_json::from_str(out).map_err(|e| format!("{what}: {e}"))?);
            Ok(())
        }
        "junit" => {
            xml_texts(out);
            Ok(())
        }
        "csv" => csv(what, out),
        "html" | "svg" => elements(what, out),
        "markdown" => markdown(what, out),
        _ => Ok(()),
    }
}

/// Rows of as many fields, none of which a spreadsheet takes for a formula.
fn csv(what: &str, out: &str) -> Result<(), String> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = out.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    let width = rows.first().map_or(0, Vec::len);
    for row in &rows {
        let formula = |f: &String| f.starts_with(['=', '+', '-', '@', '\t']) && f.parse::<f64>().is_err();
        if row.len() != width || row.iter().any(formula) {
            return Err(format!("{what}: {row:?}"));
        }
    }
    Ok(())
}

/// Only elements and attributes that stand in our own templates and pictures, every attribute quoted.
fn elements(what: &str, out: &str) -> Result<(), String> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^/?([A-Za-z][A-Za-z0-9]*)").unwrap());
    static ATTRIBUTE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"^\s+([A-Za-z][A-Za-z0-9:-]*)(?:="([^"<>]*)")?"#).unwrap());
    static OWN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let mut own = BTreeSet::new();
        let words = Regex::new(r#"<([a-z][a-z0-9]*)|\s([A-Za-z][A-Za-z0-9:-]*)=(?:\\?")"#).unwrap();
        let templates = std::fs::read_dir(repository().join("src/output/html/templates")).unwrap();
        let files = templates.map(|f| f.unwrap().path()).chain(
            ["map.rs", "html/mod.rs", "html/addresses.rs"].map(|f| repository().join("src/output").join(f)),
        );
        for file in files {
            let text = std::fs::read_to_string(file).unwrap();
            own.extend(
                words.captures_iter(&text).filter_map(|c| Some(c.get(1).or(c.get(2))?.as_str().to_owned())),
            );
        }
        own.extend(["open", "hidden"].map(str::to_owned));
        own
    });
    let mut rest = out;
    while let Some(at) = rest.find('<') {
        let Some(end) = rest[at..].find('>').map(|e| at + e) else {
            return Err(format!("{what}: an open element"));
        };
        let mut tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if tag == "!doctype html" || tag == "!DOCTYPE html" || tag.starts_with("?xml") {
            continue;
        }
        let whole = tag;
        let wrong = || Err(format!("{what}: <{whole}> is none of ours"));
        let Some(name) = NAME.captures(tag) else { return wrong() };
        if !OWN.contains(&name[1]) {
            return wrong();
        }
        tag = &tag[name[0].len()..];
        while let Some(attribute) = ATTRIBUTE.captures(tag) {
            let value = attribute.get(2).map_or("", |v| v.as_str()).trim_start();
            let leads = ["href", "src", "xlink:href"].contains(&&attribute[1]);
            if !OWN.contains(&attribute[1]) || leads && !value.starts_with(['#', 'h']) {
                return wrong();
            }
            tag = &tag[attribute[0].len()..];
        }
        if !tag.trim_end_matches('/').trim().is_empty() {
            return wrong();
        }
    }
    Ok(())
}

/// Nothing live outside fences and code spans, and every fence closed.
fn markdown(what: &str, out: &str) -> Result<(), String> {
    let mut fence: Option<String> = None;
    for line in out.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        if fence.as_ref().is_some_and(|f| *f == line.trim_end()) {
            fence = None;
        } else if fence.is_none() && ticks.len() >= 3 {
            fence = Some(ticks);
        } else if fence.is_none() {
            let prose = prose(line);
            for live in ["<script", "<img", "<b>", "](https://evil", "https://evil", "@everyone", "**bold**"]
            {
                if prose.contains(live) {
                    return Err(format!("{what}: {live}: {line}"));
                }
            }
        }
    }
    fence.map_or(Ok(()), |_| Err(format!("{what}: an open fence")))
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
