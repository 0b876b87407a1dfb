//! SEC-013 and SEC-014: versions of azurerm that stop working, or get no fixes.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::{Graph, date};
use crate::analysis::rules::tables::RETIREMENTS;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject, Truth};
use crate::terraform::configuration::{Constraints, Version};
use crate::terraform::evaluation::Evaluation;

const AZURERM: &str = "hashicorp/azurerm";
/// The first version that manages vaults with the API that stays.
const FIRST_GOOD: (u64, u64) = (4, 81);
/// The day after which version 4 is old.
const FOUR_IS_OLD: &str = "2027-07-01";
/// Minors and patches of a major that are tried against constraints.
const TRIED: u64 = 200;

pub(super) static VAULT_API: Check = Check {
    meta: Meta {
        id: "TU-SEC-013",
        name: "provider-keyvault-api-retiring",
        severity: Severity::High,
        title: "this version of azurerm manages vaults with an API that Azure turns off on 2027-02-27",
        why: "From that day Terraform can neither read nor change the vaults: every plan fails.",
        fix: "Upgrade azurerm to 4.81 or later, and the lock file with it (terraform init -upgrade).",
        bad: concat!(required!("~> 4.50.0"), crate::analysis::rules::example::vault!("")),
        good: concat!(required!("4.82.0"), crate::analysis::rules::example::vault!("")),
        references: &["https://learn.microsoft.com/azure/key-vault/general/migrate-api-version"],
        ..Meta::ROW
    },
    check: vault_api,
};

pub(super) static OLD_MAJOR: Check = Check {
    meta: Meta {
        id: "TU-SEC-014",
        name: "provider-major-old",
        severity: Severity::Low,
        title: "this major version of azurerm gets no fixes",
        why: "Holes and mistakes stay in it, and arguments that later versions renamed make the step larger every month.",
        fix: "Follow the upgrade guides, one major at a time.",
        bad: concat!(required!("~> 3.100"), crate::analysis::rules::example::vault!("")),
        good: concat!(required!("~> 4.81"), crate::analysis::rules::example::vault!("")),
        references: &[
            "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/guides/5.0-upgrade-guide",
        ],
        ..Meta::ROW
    },
    check: old_major,
};

/// A root that asks for these versions of azurerm.
macro_rules! required {
    ($version:literal) => {
        concat!(
            r#"terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ""#,
            $version,
            "\"\n    }\n  }\n}\n\n"
        )
    };
}
use required;

/// The provider of a root, as what findings are about.
fn subject(evaluation: &Evaluation, name: &str) -> Subject {
    let config = evaluation.providers.get(name).and_then(|p| p.config.as_ref());
    Subject::new(format!("provider.{name}"), config.and_then(|c| c.origin.at))
}

fn vault_api(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    let Some((name, provider)) = evaluation.providers.iter().find(|(_, p)| &*p.source == AZURERM) else {
        return;
    };
    let subject = subject(evaluation, name);
    if !graph.instances("azurerm_key_vault").any(|vault| vault.address.root.is_none()) {
        out.skip(subject, "the root has no vault");
        return;
    }
    let good = |v: &Version| *v >= version(FIRST_GOOD.0, FIRST_GOOD.1, 0);
    let fine = match provider.version.as_deref().and_then(Version::parse) {
        Some(locked) => good(&locked).into(),
        None => {
            let constraints = evaluation.code.as_ref().map(|c| c.constraints(AZURERM)).unwrap_or_default();
            admitted(&constraints)
        }
    };
    out.judge(subject, None, fine, VAULT_API.meta.title).note(RETIREMENTS.dated());
}

fn version(major: u64, minor: u64, patch: u64) -> Version {
    Version::parse(&format!("{major}.{minor}.{patch}")).unwrap_or_else(|| version(0, 0, 0))
}

/// Whether constraints leave a good version: all they admit, none, or some.
fn admitted(constraints: &[&str]) -> Truth {
    const OPEN: &str = "no lock file says which version of azurerm is used";
    let Some(parsed) = constraints.iter().map(|c| Constraints::parse(c)).collect::<Option<Vec<_>>>() else {
        return Truth::Unknown(OPEN.to_owned());
    };
    let admits = |v: &Version| parsed.iter().all(|c| c.admit(v));
    let (major, minor) = FIRST_GOOD;
    // A constraint may name one patch.
    let named = constraints
        .iter()
        .flat_map(|c| c.split(','))
        .filter_map(|part| Version::parse(part.trim_start_matches(|c: char| !c.is_ascii_digit())));
    let series = (0..TRIED).flat_map(|n| [(major, n), (major + 1, n), (major + 2, n), (3, n), (2, n)]);
    let tried = series.flat_map(|(major, minor)| [version(major, minor, 0), version(major, minor, TRIED)]);
    let found: Vec<Version> = tried.chain(named).filter(|v| admits(v)).collect();
    let first = version(major, minor, 0);
    if parsed.is_empty() || found.is_empty() {
        return Truth::Unknown(OPEN.to_owned());
    }
    match (found.iter().any(|v| *v >= first), found.iter().all(|v| *v >= first)) {
        (_, true) => Truth::Yes,
        (false, _) => Truth::No,
        _ => Truth::Unknown(OPEN.to_owned()),
    }
}

fn old_major(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    let four_is_old = date(FOUR_IS_OLD).is_some_and(|day| graph.today >= day);
    for (name, provider) in
        evaluation.providers.iter().filter(|(n, p)| &*p.source == AZURERM && !n.contains('.'))
    {
        let subject = subject(evaluation, name);
        match provider.major {
            None => out.unknown(subject, "neither a lock file nor a constraint says which version is used"),
            Some(major) if major <= 3 || major == 4 && four_is_old => {
                out.fail(subject, None, format!("azurerm {major} gets no fixes"))
            }
            Some(_) => out.pass(subject),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_leave_good_versions_or_none() {
        for (constraints, want) in [
            (vec!["~> 4.50.0"], Some(false)),
            (vec!["< 4.81"], Some(false)),
            (vec!["4.82.3"], Some(true)),
            (vec![">= 4.81.0"], Some(true)),
            (vec!["~> 4.0"], None),
            (vec![">= 3.0", "< 5.0"], None),
            (vec!["~> 3.100"], Some(false)),
            (vec![], None),
        ] {
            let got = match admitted(&constraints) {
                Truth::Unknown(_) => None,
                known => Some(known == Truth::Yes),
            };
            assert_eq!(got, want, "{constraints:?}");
        }
    }
}
