//! SEC-005: state and plan files among the code.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject};

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-005",
        name: "state-in-repo",
        severity: Severity::Critical,
        title: "a state or plan file is committed",
        why: "A state holds every secret of what it describes in clear text, and git keeps it for whoever clones the \
              repository, now and later.",
        fix: "Remove it from the history, rotate every secret in it, move the state to a backend, and ignore \
              *.tfstate, *.tfstate.* and plan files.",
        exceptions: "States made up for tests.",
        bad: "# file terraform.tfstate\n{ \"version\": 4, \"serial\": 1, \"lineage\": \"\", \"resources\": [] }\n\
              # file main.tf\nresource \"azurerm_resource_group\" \"example\" {\n  name     = \"rg-example\"\n  \
              location = \"westeurope\"\n}\n",
        good: "# file .gitignore\n*.tfstate\n# file main.tf\nresource \"azurerm_resource_group\" \"example\" {\n  \
               name     = \"rg-example\"\n  location = \"westeurope\"\n}\n",
        references: &["https://developer.hashicorp.com/terraform/language/state/sensitive-data"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(checkout) = graph.checkout else { return };
    if checkout.secrets.is_empty() {
        let root = if checkout.root.as_str().is_empty() { "." } else { checkout.root.as_str() };
        out.pass(Subject::new(root, None));
    }
    for file in &checkout.secrets {
        let subject = Subject::new(file.path.as_str(), None);
        match file.tracked {
            Some(true) => {
                let text = format!("a Terraform {} is committed: {}", file.what, file.path);
                out.fail(subject, None, text)
            }
            Some(false) => out.skip(subject, "git does not have it"),
            None => {
                out.unknown(subject, "whether git has it is not known: the checkout is no git repository")
            }
        };
    }
}
