//! What `ignore_changes` covers.

use crate::azure::catalogue::ResourceType;
use crate::terraform::evaluation::Lifecycle;

/// True when `ignore_changes` covers the attribute, under its old or its new name.
pub(super) fn is_ignored(ty: Option<&ResourceType>, lifecycle: &Lifecycle, path: &str, name: &str) -> bool {
    let below =
        |path: &str, head: &str| path == head || path.strip_prefix(head).is_some_and(|r| r.starts_with('.'));
    lifecycle.ignore_all
        || lifecycle.ignore_changes.iter().any(|written| {
            let plain = without_indexes(written);
            let alias = ty.and_then(|ty| ty.aliases.iter().find(|a| a.old == plain));
            let new = alias.and_then(|a| a.new).unwrap_or(&plain);
            below(name, &plain) || below(path, new)
        })
}

/// An attribute path with indexes dropped and keys as steps: `tags["a"]` is `tags.a`.
pub(super) fn without_indexes(path: &str) -> String {
    let mut out = String::new();
    for part in path.split(['[', ']']) {
        match part.strip_prefix('"').and_then(|p| p.strip_suffix('"')) {
            Some(key) => out.push_str(&format!(".{key}")),
            None if part.chars().all(|c| c.is_ascii_digit()) => {}
            None => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_their_indexes_and_keep_their_keys() {
        assert_eq!(without_indexes("default_node_pool[0].node_count"), "default_node_pool.node_count");
        assert_eq!(without_indexes("tags[\"created by\"]"), "tags.created by");
    }
}
