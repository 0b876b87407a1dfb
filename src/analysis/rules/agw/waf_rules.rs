//! AGW-003, AGW-008 to AGW-013: what a WAF looks for, in a policy and inside of a gateway.

use super::waf::INLINE;
use super::{gateway, waf_policy};
use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{Absent, All, Any, Every, Exists, Is, Not, OrAbsent};
use crate::analysis::rules::condition::Test::{By, Filled, NoneOf, OneOf, Set, True};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::{Attribute, Check, Condition, Meta, Of, Outcomes, Profile};
use crate::azure::catalogue::text_of;
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

const SETS: &str = "properties.managedRules.managedRuleSets";
const WAF_DOCS: &str =
    "https://learn.microsoft.com/azure/web-application-firewall/ag/application-gateway-crs-rulegroups-rules";
/// Whatever has a WAF of its own.
const WAFS: Of = Of::Types(&[types::WAF_POLICY, types::APPLICATION_GATEWAY]);
/// The WAF inside of a gateway is on.
const INLINE_ON: Condition = Is("properties.webApplicationFirewallConfiguration.enabled", True);
/// A policy, or a gateway with a WAF inside.
const HAS_WAF: (Condition, &str) =
    (Any(&[Is("properties.managedRules", Set), INLINE_ON]), "it has no WAF configuration of its own");

/// The rule against Log4Shell.
const LOG4J_RULE: &str = "944240";
/// So many rules may be off without a word.
const FEW: usize = 10;
/// Groups against code execution, SQL injection and attacks on Java.
const VITAL: [&str; 3] = ["REQUEST-932", "REQUEST-942", "REQUEST-944"];

/// A rule that is off: Azure takes a rule that is named without a state as off.
const OFF: Condition = OrAbsent("state", NoneOf(&["Enabled"]));
/// An override that names the rule. One that names none switches the whole group off: that is AGW-010.
const LOG4J_OFF: Condition =
    Exists("ruleGroupOverrides", &Exists("rules", &All(&[Is("ruleId", By(is_log4j)), OFF])));

fn is_log4j(value: &Value) -> bool {
    text_of(value).is_some_and(|id| id == LOG4J_RULE)
}

fn begins(name: &str, with: &str) -> bool {
    name.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with))
}

/// `3.2` as numbers.
fn version(value: &Value) -> Option<(u32, u32)> {
    let text = text_of(value)?;
    let (major, minor) = text.split_once('.').unwrap_or((&text, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn since_3_1(value: &Value) -> bool {
    version(value).is_some_and(|v| v >= (3, 1))
}

fn since_3_2(value: &Value) -> bool {
    version(value).is_some_and(|v| v >= (3, 2))
}

fn since_2_1(value: &Value) -> bool {
    version(value).is_some_and(|v| v >= (2, 1))
}

const IS_OWASP: Condition = OrAbsent("ruleSetType", OneOf(&["OWASP"]));
const IS_DEFAULT_SET: Condition = Is("ruleSetType", OneOf(&["Microsoft_DefaultRuleSet"]));

pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-AGW-003",
            name: "waf-policy-disabled",
            severity: Severity::High,
            title: "the WAF policy is switched off",
            why: "Gateways that name it have no web application firewall.",
            fix: "Set enabled = true in policy_settings, or leave it out.",
            bad: waf_policy!("    enabled = false\n"),
            good: waf_policy!("    enabled = true\n"),
            references: &["https://learn.microsoft.com/azure/web-application-firewall/ag/policy-overview"],
            peers: &["CKV_AZURE_122", "PSRule Azure.AppGwWAF.Enabled"],
            ..Meta::ROW
        },
        of: Of::Arm(types::WAF_POLICY),
        must: OrAbsent("properties.policySettings.state", NoneOf(&["Disabled"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-008",
            name: "waf-log4j-rule-off",
            severity: Severity::High,
            title: "the WAF policy does not catch Log4Shell",
            why: "Rule 944240 stops the exploit of CVE-2021-44228 that scanners still send to every address. Rule sets \
                  before OWASP 3.1 do not have it.",
            fix: "Use the managed rule set Microsoft_DefaultRuleSet 2.1 or OWASP 3.2, without an override for 944240.",
            exceptions: "Applications behind it that run no Java, also not in a dependency.",
            bad: waf_policy!(
                "",
                "OWASP",
                "3.2",
                r#"
      rule_group_override {
        rule_group_name = "REQUEST-944-APPLICATION-ATTACK-JAVA"

        rule {
          id      = "944240"
          enabled = false
        }
      }
"#,
                ""
            ),
            good: waf_policy!("", "OWASP", "3.2", "", ""),
            references: &[WAF_DOCS],
            peers: &["CKV_AZURE_135"],
            ..Meta::ROW
        },
        of: Of::Arm(types::WAF_POLICY),
        must: Exists(
            SETS,
            &All(&[
                Any(&[All(&[IS_OWASP, Is("ruleSetVersion", By(since_3_1))]), IS_DEFAULT_SET]),
                Not(&LOG4J_OFF),
            ]),
        ),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-009",
            name: "waf-old-ruleset",
            severity: Severity::Medium,
            title: "the WAF uses an old rule set",
            why: "Old rule sets miss newer attacks and raise more false alarms, which tempts people to switch rules off.",
            fix: "Use Microsoft_DefaultRuleSet 2.1 or later, or OWASP 3.2.",
            bad: waf_policy!("", "OWASP", "3.0", "", ""),
            good: waf_policy!("", "Microsoft_DefaultRuleSet", "2.1", "", ""),
            references: &[WAF_DOCS],
            peers: &["PSRule Azure.AppGw.OWASP", "PSRule Azure.AppGwWAF.RuleGroups"],
            ..Meta::ROW
        },
        of: WAFS,
        when: &[HAS_WAF],
        must: All(&[
            Every(
                SETS,
                &All(&[
                    Any(&[Not(&IS_OWASP), Is("ruleSetVersion", By(since_3_2))]),
                    Any(&[Not(&IS_DEFAULT_SET), Is("ruleSetVersion", By(since_2_1))]),
                ]),
            ),
            Any(&[
                Not(&INLINE_ON),
                Is("properties.webApplicationFirewallConfiguration.ruleSetVersion", By(since_3_2)),
            ]),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-011",
            name: "waf-exclusions-wide",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "a whole kind of input is excluded from all rules of the WAF",
            why: "Whoever knows the exclusion sends the attack in that part of the request.",
            fix: "Name the selector, and the rules it is excluded from with excluded_rule_set.",
            bad: waf_policy!(
                "",
                r#"
    exclusion {
      match_variable          = "RequestCookieNames"
      selector                = "*"
      selector_match_operator = "EqualsAny"
    }
"#
            ),
            good: waf_policy!(
                "",
                r#"
    exclusion {
      match_variable          = "RequestCookieNames"
      selector                = "session"
      selector_match_operator = "Equals"
    }
"#
            ),
            references: &[
                "https://learn.microsoft.com/azure/web-application-firewall/ag/application-gateway-waf-configuration",
            ],
            peers: &["PSRule Azure.AppGwWAF.Exclusions"],
            ..Meta::ROW
        },
        of: WAFS,
        when: &[HAS_WAF],
        must: All(&[
            Every(
                "properties.managedRules.exclusions",
                &Any(&[
                    Not(&Is("selectorMatchOperator", OneOf(&["EqualsAny"]))),
                    Is("exclusionManagedRuleSets", Filled),
                ]),
            ),
            Any(&[
                Not(&INLINE_ON),
                Every(
                    "properties.webApplicationFirewallConfiguration.exclusions",
                    &Is("selectorMatchOperator", NoneOf(&["EqualsAny"])),
                ),
            ]),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-012",
            name: "waf-no-body-inspection",
            severity: Severity::Medium,
            title: "the WAF does not look into request bodies",
            why: "Forms and JSON are where most attacks are sent: they pass.",
            fix: "Set request_body_check = true, or leave it out.",
            exceptions: "Gateways for large uploads only; a second policy on that path is better.",
            bad: waf_policy!("    request_body_check = false\n"),
            good: waf_policy!("    request_body_check = true\n"),
            references: &["CIS Azure 6.0 7.14"],
            ..Meta::ROW
        },
        of: WAFS,
        when: &[HAS_WAF],
        must: All(&[
            OrAbsent("properties.policySettings.requestBodyCheck", True),
            Any(&[
                Not(&INLINE_ON),
                OrAbsent("properties.webApplicationFirewallConfiguration.requestBodyCheck", True),
            ]),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-013",
            name: "waf-no-bot-rules",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the WAF policy has no rules against bots",
            why: "Known scanners and credential stuffing come in like visitors.",
            fix: "Add managed_rule_set { type = \"Microsoft_BotManagerRuleSet\", version = \"1.1\" }.",
            bad: waf_policy!(),
            good: waf_policy!(
                "",
                r#"
    managed_rule_set {
      type    = "Microsoft_BotManagerRuleSet"
      version = "1.1"
    }
"#
            ),
            references: &["CIS Azure 6.0 7.15"],
            peers: &["PSRule Azure.AppGwWAF.RuleGroups"],
            ..Meta::ROW
        },
        of: Of::Arm(types::WAF_POLICY),
        must: Exists(SETS, &Is("ruleSetType", OneOf(&["Microsoft_BotManagerRuleSet"]))),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-015",
            name: "agw-waf-config-retiring",
            severity: Severity::Medium,
            title: "the WAF is configured inside of the gateway, which Azure retires on 2027-03-15",
            why: "Newer rule sets, bot rules and rules per site exist in policies only, and the old form stops working.",
            fix: "Move the settings to an azurerm_web_application_firewall_policy and set firewall_policy_id.",
            bad: gateway!(
                "WAF_v2",
                r#"
  waf_configuration {
    enabled          = true
    firewall_mode    = "Prevention"
    rule_set_version = "3.2"
  }
"#
            ),
            good: concat!(
                gateway!(
                    "WAF_v2",
                    "\n  firewall_policy_id = azurerm_web_application_firewall_policy.example.id\n"
                ),
                "\n",
                waf_policy!()
            ),
            references: &[
                "https://learn.microsoft.com/azure/web-application-firewall/ag/upgrade-ag-waf-policy",
            ],
            peers: &["PSRule Azure.AppGw.MigrateWAFPolicy"],
            ..Meta::ROW
        },
        of: Of::Arm(types::APPLICATION_GATEWAY),
        when: &[(Is("properties.sku.tier", OneOf(&["WAF_v2"])), "its tier is not WAF_v2")],
        must: Absent("properties.webApplicationFirewallConfiguration"),
        table: Some(&crate::analysis::rules::tables::RETIREMENTS),
        ..Attribute::ROW
    },
];

pub(super) static DISABLED: Check = Check {
    meta: Meta {
        id: "TU-AGW-010",
        name: "waf-rules-disabled",
        severity: Severity::Medium,
        title: "rules of the WAF are switched off",
        why: "Rules are usually switched off because one request of one application raised an alarm; every application \
              behind the gateway loses them.",
        fix: "Enable the rules, and add an exclusion for the request parameter that raised the alarm.",
        exceptions: "Rules for technology that nothing behind the gateway uses.",
        bad: waf_policy!(
            "",
            "OWASP",
            "3.2",
            r#"
      rule_group_override {
        rule_group_name = "REQUEST-942-APPLICATION-ATTACK-SQLI"

        rule {
          id      = "942430"
          enabled = false
        }
      }
"#,
            ""
        ),
        good: waf_policy!(
            "",
            "OWASP",
            "3.2",
            r#"
      rule_group_override {
        rule_group_name = "REQUEST-920-PROTOCOL-ENFORCEMENT"

        rule {
          id      = "920300"
          enabled = true
          action  = "Log"
        }
      }
"#,
            ""
        ),
        references: &[WAF_DOCS],
        peers: &["PSRule Azure.AppGw.WAFRules"],
        ..Meta::ROW
    },
    check: disabled,
};

/// What of a WAF is switched off.
#[derive(Default)]
struct Off<'a> {
    rules: usize,
    /// A whole group, or a rule of a vital one: its name, and where it stands.
    grave: Option<(String, &'a Value)>,
    unknown: Option<String>,
}

fn disabled(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for policy in graph.of_type(types::WAF_POLICY) {
        let mut off = Off::default();
        let sets = off.list(policy.get(SETS));
        for set in sets {
            for group in off.list(get(set, "ruleGroupOverrides")) {
                off.group(group, get(group, "rules"), |rule| {
                    !get(rule, "state").is_some_and(|state| is_word(state, "Enabled"))
                });
            }
        }
        off.tell(policy, out);
    }
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        if flag(gateway.get(&format!("{INLINE}.enabled")), false) == crate::analysis::rules::Truth::No {
            out.skip(gateway, "it has no WAF configuration of its own");
            continue;
        }
        let mut off = Off::default();
        for group in off.list(gateway.get(&format!("{INLINE}.disabledRuleGroups"))) {
            off.group(group, get(group, "rules"), |_| true);
        }
        off.tell(gateway, out);
    }
}

impl<'a> Off<'a> {
    fn list(&mut self, list: Option<&'a Value>) -> &'a [Value] {
        if let Some(unknown) = list.and_then(Value::as_unknown) {
            self.unknown.get_or_insert_with(|| unknown.reason.to_string());
        }
        list.and_then(Value::as_slice).unwrap_or_default()
    }

    fn group(&mut self, group: &'a Value, rules: Option<&'a Value>, is_off: impl Fn(&Value) -> bool) {
        let name = get(group, "ruleGroupName").or(get(group, "rule_group_name"));
        let name = name.and_then(Value::as_str).unwrap_or("a group");
        let open = rules.is_some_and(Value::is_unknown);
        let rules = self.list(rules);
        let mut count = 0;
        for rule in rules {
            let state = get(rule, "state").and_then(Value::as_unknown);
            match rule.as_unknown().or(state) {
                Some(unknown) => drop(self.unknown.get_or_insert_with(|| unknown.reason.to_string())),
                None => count += usize::from(is_off(rule)),
            }
        }
        self.rules += count;
        let vital = VITAL.iter().any(|v| begins(name, v));
        if rules.is_empty() && !open {
            self.grave.get_or_insert((format!("the whole group {name} is off"), group));
        } else if vital && count > 0 {
            let word = if count == 1 { "rule" } else { "rules" };
            self.grave.get_or_insert((format!("{count} {word} of {name} off"), group));
        }
    }

    fn tell(self, of: &Document, out: &mut Outcomes<'_>) {
        let count = format!("{} rules of the WAF are off", self.rules);
        match (self.grave, self.unknown) {
            (Some((text, at)), _) => out.fail(of, Some(at), text),
            (None, _) if self.rules > FEW => out.fail(of, None, count),
            (None, Some(why)) => out.unknown(of, why),
            (None, None) => out.pass(of),
        };
    }
}
