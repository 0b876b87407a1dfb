//! Azure resource ids as text: pairs of a segment's name and its value.

/// The pairs of an id; nothing for what is no id.
pub(super) fn pairs(id: &str) -> Option<Vec<(&str, &str)>> {
    let inner = id.strip_prefix('/')?;
    let parts: Vec<&str> = inner.strip_suffix('/').unwrap_or(inner).split('/').collect();
    let whole = parts.len().is_multiple_of(2) && parts.iter().all(|part| !part.is_empty());
    whole.then(|| parts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}

/// The id of pairs.
pub(super) fn join(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("/{name}/{value}")).collect()
}

/// The value of the first segment of a name, whatever its case; empty when there is none.
pub(super) fn segment<'a>(pairs: &[(&'a str, &'a str)], name: &str) -> &'a str {
    pairs.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

/// Where the last provider stands.
pub(super) fn provider_at(pairs: &[(&str, &str)]) -> Option<usize> {
    pairs.iter().rposition(|(name, _)| name.eq_ignore_ascii_case("providers"))
}

/// The provider's namespace and the types behind it: `Microsoft.Network/virtualNetworks/subnets`.
pub(super) fn full_type(pairs: &[(&str, &str)], provider: usize) -> String {
    let types = pairs[provider + 1..].iter().map(|(name, _)| format!("/{name}"));
    std::iter::once(pairs[provider].1.to_owned()).chain(types).collect()
}
