//! The names that Trivy and tfsec know their checks by. A comment may name a check by any of them.

/// Checks that a rule names as the same concern: id, service, name. Their long name is made of both.
/// From the metadata of the checks (github.com/aquasecurity/trivy-checks, 2026-08-21).
const CHECKS: [(&str, &str, &str); 32] = [
    ("AZU-0013", "keyvault", "specify-network-acl"),
    ("AZU-0014", "keyvault", "ensure-key-expiry"),
    ("AZU-0015", "keyvault", "content-type-for-secret"),
    ("AZU-0016", "keyvault", "no-purge"),
    ("AZU-0017", "keyvault", "ensure-secret-expiry"),
    ("AZU-0030", "authorization", "limit-role-actions"),
    ("AZU-0031", "monitor", "activity-log-retention-set"),
    ("AZU-0033", "monitor", "capture-all-activities"),
    ("AZU-0037", "compute", "no-secrets-in-custom-data"),
    ("AZU-0040", "container", "logging"),
    ("AZU-0041", "container", "limit-authorized-ips"),
    ("AZU-0042", "container", "use-rbac-permissions"),
    ("AZU-0043", "container", "configured-network-policy"),
    ("AZU-0044", "securitycenter", "alert-on-severe-notifications"),
    ("AZU-0045", "securitycenter", "enable-standard-subscription"),
    ("AZU-0046", "securitycenter", "set-required-contact-details"),
    ("AZU-0047", "network", "no-public-ingress"),
    ("AZU-0048", "network", "disable-rdp-from-internet"),
    ("AZU-0049", "network", "retention-policy-set"),
    ("AZU-0050", "network", "ssh-blocked-from-internet"),
    ("AZU-0051", "network", "no-public-egress"),
    ("AZU-0052", "authorization", "prevent-custom-role-creation"),
    ("AZU-0062", "securitycenter", "security-contact-email"),
    ("AZU-0063", "securitycenter", "email-alerts-disabled"),
    ("AZU-0064", "securitycenter", "security-contact-disabled"),
    ("AZU-0065", "container", "enable-private-cluster"),
    ("AZU-0066", "container", "enable-azure-policy-addon"),
    ("AZU-0067", "container", "enable-disk-encryption"),
    ("AZU-0073", "network", "network-watcher-flow-disabled"),
    ("AZU-0074", "network", "sensitive-port-is-exposed-to-entire-network"),
    ("AZU-0075", "network", "network-ip-forwarding-enabled"),
    ("AZU-0076", "network", "network-interface-public-ip"),
];

/// Ids that tfsec had before it had names (github.com/aquasecurity/tfsec, `legacy/map.go`).
const LEGACY: [(&str, &str); 13] = [
    ("AZU001", "AZU-0047"),
    ("AZU002", "AZU-0051"),
    ("AZU006", "AZU-0043"),
    ("AZU007", "AZU-0042"),
    ("AZU008", "AZU-0041"),
    ("AZU009", "AZU-0040"),
    ("AZU017", "AZU-0050"),
    ("AZU020", "AZU-0013"),
    ("AZU021", "AZU-0016"),
    ("AZU022", "AZU-0015"),
    ("AZU023", "AZU-0017"),
    ("AZU024", "AZU-0048"),
    ("AZU026", "AZU-0014"),
];

/// True when a name in a comment, in which `*` stands for any text, means the check with this id.
pub(super) fn means(name: &str, id: &str) -> bool {
    let is = |known: &str| fits(name, known);
    let named = |(of, service, short): &(&str, &str, &str)| {
        of.eq_ignore_ascii_case(id) && (is(short) || is(&format!("azure-{service}-{short}")))
    };
    let before = |(old, of): &(&str, &str)| of.eq_ignore_ascii_case(id) && is(old);
    is(id) || is(&format!("AVD-{id}")) || CHECKS.iter().any(named) || LEGACY.iter().any(before)
}

/// True when a text fits a pattern, without case; `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        let Some((_, after)) = text.split_once(part) else { return false };
        text = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::rules;

    #[test]
    fn a_check_is_meant_by_each_of_its_names() {
        for name in [
            "AZU-0041",
            "avd-azu-0041",
            "azure-container-limit-authorized-ips",
            "Limit-Authorized-IPs",
            "AZU008",
            "*",
            "AVD-AZU-*",
            "azure-container-*",
            "*-authorized-*",
            "AZU-004*",
        ] {
            assert!(means(name, "AZU-0041"), "{name}");
        }
        for name in ["AZU-004", "azure-container-logging", "AVD-AWS-*", "*-authorized", "AZU009", ""] {
            assert!(!means(name, "AZU-0041"), "{name}");
        }
    }

    #[test]
    fn every_check_that_a_rule_names_has_its_names() {
        let peers = rules::all().iter().flat_map(|r| r.meta().peers);
        for peer in peers.filter(|p| p.starts_with("AZU-")) {
            assert!(CHECKS.iter().any(|(id, ..)| peer.starts_with(id)), "{peer}");
        }
        for (id, ..) in CHECKS {
            let named = rules::all().iter().flat_map(|r| r.meta().peers).any(|p| p.starts_with(id));
            assert!(named, "{id}");
        }
    }
}
