//! Every code that a finding may have, and what other tools call it.

use crate::analysis::{cost, network, rules};
use crate::terraform::schema::suggestion;

/// Groups of rules that need more than the code: a base, a state or a live estate.
const NEED_MORE: [&str; 2] = ["TU-CHG-", "TU-LIV-"];

/// Ids and names of all codes.
fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_rules = rules::all().iter().map(|r| (r.meta().id, r.meta().name));
    of_rules.chain(network::code_names()).chain(cost::saving_names())
}

/// The code with this id, with or without `TU-`, or name.
pub(super) fn find(name: &str) -> Option<&'static str> {
    let bare = |id: &'static str| id.strip_prefix("TU-").unwrap_or(id);
    let is = |id: &'static str, kebab: &str| {
        id.eq_ignore_ascii_case(name)
            || bare(id).eq_ignore_ascii_case(name)
            || kebab.eq_ignore_ascii_case(name)
    };
    all().find(|(id, kebab)| is(id, kebab)).map(|(id, _)| id)
}

/// What somebody may have meant by a name that is no code's: ` Did you mean "x"?`, or nothing.
pub(super) fn did_you_mean(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    let lower = name.to_ascii_lowercase();
    let id =
        || suggestion(upper.trim_start_matches("TU-"), all().filter_map(|(id, _)| id.strip_prefix("TU-")));
    let found = suggestion(&lower, all().map(|(_, kebab)| kebab)).or_else(id);
    found.map(|known| format!(" Did you mean \"{known}\"?")).unwrap_or_default()
}

/// True when a run without a base or a live estate can judge a code.
pub(super) fn needs_no_more(code: &str) -> bool {
    !NEED_MORE.iter().any(|group| code.starts_with(group))
}

/// The rules that are equivalent to a check of another tool, whose checks begin with a word among the
/// peers of rules: those of which it is true of the check's own name that a comment means it.
pub(super) fn equivalents(prefix: &str, is_meant: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let is_same = |peer: &str| {
        let name = peer.rsplit(' ').next().unwrap_or(peer);
        peer.starts_with(prefix) && is_meant(name)
    };
    let metas = rules::all().iter().map(|r| r.meta());
    metas.filter(|m| m.peers.iter().any(|p| is_same(p))).map(|m| m.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_all_facets_are_known() {
        for name in
            ["AKS-001", "tu-aks-001", "aks-local-accounts-enabled", "IP-003", "cost-005", "idle-public-ip"]
        {
            assert!(find(name).is_some(), "{name}");
        }
        assert_eq!(find("AKS-999"), None);
        assert_eq!(
            did_you_mean("aks-local-account-enabled"),
            " Did you mean \"aks-local-accounts-enabled\"?"
        );
        assert_eq!(did_you_mean("AKS001"), " Did you mean \"AKS-001\"?");
        assert_eq!(did_you_mean("nothing-like-it"), "");
    }

    #[test]
    fn checks_of_other_tools_have_equivalents() {
        assert_eq!(equivalents("CKV", |c| c == "CKV_AZURE_141"), ["TU-AKS-001"]);
        assert_eq!(equivalents("AZU-", |c| c == "AZU-0041"), ["TU-AKS-007"]);
        assert!(equivalents("KICS ", |_| true).len() > 3);
        assert!(equivalents("CKV", |c| c == "CKV_AWS_1").is_empty());
    }
}
