//! Comments that suppress findings: trueup's own, and those of other tools.

use std::ops::Range;

use super::date;

/// Whose comment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tool {
    Trueup,
    Checkov,
    Trivy,
    Tfsec,
    Tflint,
    Terrascan,
    Kics,
}

/// Which text a comment is about, as its tool has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The block that it heads, trails or stands in; at the head of a file, the file.
    Block,
    /// The item that it heads or trails, a single argument too.
    Item,
    /// The outermost block that it stands in.
    Outermost,
}

impl Tool {
    /// The word for it in outputs.
    pub(super) fn word(self) -> &'static str {
        match self {
            Tool::Trueup => "comment",
            Tool::Checkov => "checkov",
            Tool::Trivy => "trivy",
            Tool::Tfsec => "tfsec",
            Tool::Tflint => "tflint",
            Tool::Terrascan => "terrascan",
            Tool::Kics => "kics",
        }
    }

    /// True when a comment that names a day holds no longer: of Trivy and tfsec from that day on, of
    /// trueup's own from the day after. Both days are written as `YYYY-MM-DD`.
    pub(super) fn has_ended(self, today: &str, day: &str) -> bool {
        today > day || today == day && matches!(self, Tool::Trivy | Tool::Tfsec)
    }

    pub(super) fn reach(self) -> Reach {
        match self {
            Tool::Trueup => Reach::Block,
            Tool::Checkov | Tool::Terrascan => Reach::Outermost,
            Tool::Trivy | Tool::Tfsec | Tool::Tflint | Tool::Kics => Reach::Item,
        }
    }
}

/// What a comment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) tool: Tool,
    /// The rules named, and in trueup's own comments their bytes in the file. `*` for every rule that the tool has.
    pub(super) rules: Vec<(String, Range<usize>)>,
    /// The last day.
    pub(super) until: Option<String>,
    pub(super) reason: String,
    /// Why it cannot be understood; only for trueup's own.
    pub(super) wrong: Option<String>,
}

/// Texts that are in every file that has such a comment.
pub(super) const MARKS: [&str; 6] = [OWN, ":skip=", ":ignore:", "tflint-ignore:", "kics-scan", "ts:skip="];

const OWN: &str = "trueup:ignore";

/// What a comment at these bytes of a file says; most say nothing.
pub(super) fn directives(text: &str, range: Range<usize>) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut start = range.start;
    for line in text.get(range).unwrap_or("").split_inclusive('\n') {
        // The signs of the comment, and the stars of a block.
        let body = line.trim_start_matches(['#', '/', '*', ' ', '\t']);
        let at = start + (line.len() - body.len());
        let body = body.trim_end();
        let body = body.strip_suffix("*/").unwrap_or(body).trim_end();
        read(body, at, &mut found);
        start += line.len();
    }
    found
}

fn read(body: &str, at: usize, found: &mut Vec<Directive>) {
    if let Some(rest) = body.strip_prefix(OWN) {
        if rest.is_empty() || rest.starts_with([' ', '\t', ':', '=']) {
            found.push(own(rest.trim_start_matches([':', '=']), at + body.len()));
        }
        return;
    }
    // Checkov, TFLint and Trivy find theirs anywhere in a comment.
    for prefix in ["checkov:skip=", "bridgecrew:skip=", "cortex:skip="] {
        if let Some((before, rest)) = body.split_once(prefix) {
            found.push(checkov(rest, at + before.len() + prefix.len()));
            return;
        }
    }
    if let Some((before, rest)) = body.split_once("tflint-ignore:") {
        let (rules, reason) = rest.split_once(['#', '/', '*']).unwrap_or((rest, ""));
        let rules = if rules.trim() == "all" { "*" } else { rules };
        found.push(foreign(Tool::Tflint, rules, at + before.len() + 14, reason, None));
    } else if let Some(rest) = body.strip_prefix("ts:skip=") {
        let (rules, reason) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        found.push(foreign(Tool::Terrascan, rules, at + 8, reason, None));
    } else if let Some(rest) = body.strip_prefix("kics-scan") {
        if matches!(rest.trim(), "ignore-block" | "ignore-line" | "ignore") {
            found.push(foreign(Tool::Kics, "*", at, "", None));
        }
    } else {
        trivy(body, at, found);
    }
}

/// `ID[,ID][:why]`, what follows `checkov:skip=` at a byte.
fn checkov(rest: &str, at: usize) -> Directive {
    let list = rest.trim_start_matches(' ');
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ',');
    let end = list.find(|c| !is_part(c)).unwrap_or(list.len());
    let (rules, after) = list.split_at(end);
    let reason = after.strip_prefix(':').unwrap_or("");
    foreign(Tool::Checkov, rules, at + (rest.len() - list.len()), reason, None)
}

/// `trivy:ignore:ID[:exp:DATE]` and `tfsec:ignore:...`, several in one comment, between other words.
fn trivy(body: &str, at: usize, found: &mut Vec<Directive>) {
    let mut offset = 0;
    for word in body.split_inclusive([' ', '\t']) {
        let name = word.trim().trim_start_matches(['#', '/', '*']);
        let from = at + offset;
        offset += word.len();
        let (tool, rest) = match (name.strip_prefix("trivy:"), name.strip_prefix("tfsec:")) {
            (Some(rest), _) => (Tool::Trivy, rest),
            (_, Some(rest)) => (Tool::Tfsec, rest),
            _ => continue,
        };
        let (mut rule, mut until, mut is_for_all) = ("", None, true);
        let mut parts = rest.split(':');
        while let Some((key, value)) = parts.next().zip(parts.next()) {
            match key {
                "ignore" => rule = value,
                "exp" => until = Some(value.to_owned()),
                // A workspace: which one it is for is that tool's to judge.
                "ws" => is_for_all = false,
                _ => {}
            }
        }
        // `AVD-AZU-0042[name=x]` holds for some values only: no more than an equivalent can be promised.
        if is_for_all && !rule.is_empty() && !rule.contains('[') {
            found.push(foreign(tool, rule, from, "", until));
        }
    }
}

fn foreign(tool: Tool, rules: &str, at: usize, reason: &str, until: Option<String>) -> Directive {
    let rules = names(rules, at);
    // A day that cannot be read never comes to an end in the tool's own eyes; here it does not hold.
    let wrong = until.as_ref().filter(|d| date(d).is_none()).map(|d| format!("\"{d}\" is no date"));
    Directive { tool, rules, until, reason: reason.trim().to_owned(), wrong }
}

/// `RULE[,RULE] until=DATE reason="..."` that ends at a byte.
fn own(text: &str, end: usize) -> Directive {
    let mut directive =
        Directive { tool: Tool::Trueup, rules: Vec::new(), until: None, reason: String::new(), wrong: None };
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let word = rest.split([' ', '\t']).next().unwrap_or(rest);
        let at = end - rest.len();
        if let Some(value) = rest.strip_prefix("reason=") {
            let (reason, after) = quoted(value);
            directive.reason = reason;
            rest = after.trim_start();
            continue;
        }
        if let Some(day) = word.strip_prefix("until=") {
            let day = day.trim_matches('"');
            if date(day).is_none() {
                directive.wrong = Some(format!("until=\"{day}\" is no date, such as until=2027-01-31"));
            }
            directive.until = Some(day.to_owned());
        } else if let Some((key, _)) = word.split_once('=') {
            directive.wrong =
                Some(format!("\"{key}\" is no setting of a suppression; there are until, reason"));
        } else {
            directive.rules.extend(names(word, at));
        }
        rest = rest.get(word.len()..).unwrap_or("").trim_start();
    }
    if directive.rules.is_empty() && directive.wrong.is_none() {
        directive.wrong = Some("it names no rule".to_owned());
    }
    directive
}

/// Names between commas, with their bytes.
fn names(text: &str, at: usize) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    let mut from = at;
    for part in text.split(',') {
        let name = part.trim();
        if !name.is_empty() {
            let start = from + (part.len() - part.trim_start().len());
            found.push((name.to_owned(), start..start + name.len()));
        }
        from += part.len() + 1;
    }
    found
}

/// A text in quotes, or the whole rest, and what follows.
fn quoted(text: &str) -> (String, &str) {
    let Some(inside) = text.strip_prefix('"') else { return (text.trim().to_owned(), "") };
    let mut out = String::new();
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => {
                out.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (out.trim().to_owned(), inside.get(at + 1..).unwrap_or("")),
            _ => out.push(c),
        }
    }
    (out.trim().to_owned(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let one = |d: &Directive| {
            let rules: Vec<&str> = d
                .rules
                .iter()
                .map(|(name, range)| {
                    assert!(d.tool != Tool::Trueup || text[range.clone()] == **name, "{text}: {range:?}");
                    name.as_str()
                })
                .collect();
            let until = d.until.as_deref().unwrap_or("-");
            format!(
                "{:?} {} {until} {:?} {}",
                d.tool,
                rules.join("+"),
                d.reason,
                d.wrong.as_deref().unwrap_or("-")
            )
        };
        directives(text, 0..text.len()).iter().map(one).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn comments_are_read() {
        for (text, want) in [
            (
                "# trueup:ignore AKS-001 reason=\"break \\\"glass\\\"\"",
                "Trueup AKS-001 - \"break \\\"glass\\\"\" -",
            ),
            ("//trueup:ignore A, B,C until=2027-01-31 reason=later", "Trueup A+B+C 2027-01-31 \"later\" -"),
            (
                "/*\n * trueup:ignore A reason=\"x\"\n * trueup:ignore B reason=\"y\" */",
                "Trueup A - \"x\" -; Trueup B - \"y\" -",
            ),
            ("# trueup:ignore", "Trueup  - \"\" it names no rule"),
            (
                "# trueup:ignore A until=soon",
                "Trueup A soon \"\" until=\"soon\" is no date, such as until=2027-01-31",
            ),
            (
                "# trueup:ignore A because=x",
                "Trueup A - \"\" \"because\" is no setting of a suppression; there are until, reason",
            ),
            ("# trueup:ignored", ""),
            ("# see trueup:ignore A", ""),
            ("#checkov:skip=CKV_AZURE_141:break glass", "Checkov CKV_AZURE_141 - \"break glass\" -"),
            ("# checkov:skip=CKV_AZURE_141", "Checkov CKV_AZURE_141 - \"\" -"),
            (
                "#trivy:ignore:AVD-AZU-0042 trivy:ignore:AZU-0041:exp:2027-01-01",
                "Trivy AVD-AZU-0042 - \"\" -; Trivy AZU-0041 2027-01-01 \"\" -",
            ),
            ("# checkov:skip= CKV_AZURE_6,CKV_AZURE_7: two", "Checkov CKV_AZURE_6+CKV_AZURE_7 - \"two\" -"),
            ("# for now, checkov:skip=CKV_AZURE_6 (later)", "Checkov CKV_AZURE_6 - \"\" -"),
            ("#tfsec:ignore:*", "Tfsec * - \"\" -"),
            ("# accepted: trivy:ignore:azure-container-*", "Trivy azure-container-* - \"\" -"),
            ("# tfsec:exp:2027-01-01:ignore:AZU008", "Tfsec AZU008 2027-01-01 \"\" -"),
            ("# tfsec:exp:2027-01-01", ""),
            ("#trivy:ignore:AZU-0041[a=b]", ""),
            ("#trivy:ignore:AZU-0041:ws:dev", ""),
            ("# tflint-ignore: azurerm_x, azurerm_y", "Tflint azurerm_x+azurerm_y - \"\" -"),
            ("# ts:skip=AC_AZURE_0185 why not", "Terrascan AC_AZURE_0185 - \"why not\" -"),
            ("# kics-scan ignore-block", "Kics * - \"\" -"),
            ("# just a comment: a,b", ""),
        ] {
            assert_eq!(told(text), want, "{text}");
        }
    }
}
