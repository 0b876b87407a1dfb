//! SEC-012: nothing says which version of azurerm is used.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject};
use crate::terraform::configuration::{Constraints, Version};

const AZURERM: &str = "hashicorp/azurerm";
/// Majors that are tried against a constraint.
const MAJORS: std::ops::RangeInclusive<u64> = 1..=9;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-012",
        name: "provider-unpinned",
        severity: Severity::Low,
        title: "nothing fixes the major version of azurerm",
        why: "The next init may bring a major version that renames arguments and changes defaults, in whatever pipeline \
              runs first.",
        fix: "Set version = \"~> 4.81\" in required_providers, and commit .terraform.lock.hcl.",
        exceptions: "Modules: those who call them choose.",
        bad: "terraform {\n  required_providers {\n    azurerm = {\n      source = \"hashicorp/azurerm\"\n    }\n  }\n}\n\n\
              resource \"azurerm_resource_group\" \"example\" {\n  name     = \"rg-example\"\n  location = \"westeurope\"\n}\n",
        good: "terraform {\n  required_providers {\n    azurerm = {\n      source  = \"hashicorp/azurerm\"\n      \
               version = \"~> 4.81\"\n    }\n  }\n}\n\n\
               resource \"azurerm_resource_group\" \"example\" {\n  name     = \"rg-example\"\n  location = \"westeurope\"\n}\n",
        references: &["https://developer.hashicorp.com/terraform/language/files/dependency-lock"],
        peers: &["TFLint terraform_required_providers"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    let Some(code) = evaluation.code.as_deref() else { return };
    let used = |(name, provider): &(&_, &crate::terraform::evaluation::Provider)| {
        let name: &crate::terraform::value::Str = name;
        &*provider.source == AZURERM && !name.contains('.')
    };
    let Some((name, provider)) = evaluation.providers.iter().find(used) else { return };
    let place = provider.config.as_ref().and_then(|c| c.origin.at);
    let first = evaluation.instances.iter().find(|i| i.provider == *name).map(|i| i.block);
    let subject = Subject::new(format!("provider.{name}"), place.or(first));
    if graph.checkout.is_some_and(|c| c.is_example()) {
        out.skip(subject, "an example, a test or a module");
        return;
    }
    let locked = graph.checkout.is_none_or(|c| c.names.iter().any(|n| n == ".terraform.lock.hcl"));
    let deployed = graph.checkout.is_some_and(|c| c.is_deployed(code.backend().is_some()));
    match code.root_constraint(AZURERM) {
        None => {
            out.fail(subject, None, "required_providers gives no version of azurerm");
        }
        Some(constraint) if deployed && !locked && majors(constraint) > 1 => {
            let text =
                format!("\"{constraint}\" admits several majors of azurerm, and there is no lock file");
            out.fail(subject, None, text);
        }
        Some(_) => {
            let note =
                if locked { "" } else { "there is no lock file: any version of this major may be taken" };
            out.pass(subject).note(note);
        }
    }
}

/// How many majors a constraint admits.
fn majors(constraint: &str) -> usize {
    let Some(constraints) = Constraints::parse(constraint) else { return 0 };
    let admits = |major: &u64| {
        let tried = [(0, 0), (50, 0), (99, 0), (999, 0)];
        tried.iter().any(|(minor, patch)| {
            Version::parse(&format!("{major}.{minor}.{patch}")).is_some_and(|v| constraints.admit(&v))
        })
    };
    MAJORS.filter(admits).count()
}

#[cfg(test)]
mod tests {
    #[test]
    fn majors_are_counted() {
        for (constraint, want) in [("~> 4.81", 1), ("~> 4.0", 1), (">= 4.0", 6), (">= 3.0, < 5.0", 2)] {
            assert_eq!(super::majors(constraint), want, "{constraint}");
        }
    }
}
