//! Where a resource was before `moved` blocks.

use crate::terraform::evaluation::Move;

/// More moves than this in a row are a loop.
const MAX_MOVES: usize = 100;

/// The address before all moves that lead to this one; `None` when none does.
pub fn previous_address(moves: &[Move], address: &str) -> Option<String> {
    let mut at = address.to_owned();
    for _ in 0..MAX_MOVES {
        match moves.iter().find_map(|m| before(m, &at)) {
            Some(earlier) if earlier != at => at = earlier,
            _ => break,
        }
    }
    (at != address).then_some(at)
}

/// The address before one move, when the move leads to it.
fn before(moved: &Move, address: &str) -> Option<String> {
    let to = moved.to.as_deref()?;
    let inside = behind_module(address, &moved.module)?;
    let head = address.get(..address.len() - inside.len())?;
    let rest = inside.strip_prefix(to)?;
    // A move of one instance says nothing about others; a move without keys takes all along.
    let one = moved.from.ends_with(']') || to.ends_with(']');
    let led = rest.is_empty() || rest.starts_with('.') || rest.starts_with('[') && !one;
    led.then(|| format!("{head}{}{rest}", moved.from))
}

/// What follows the module of a block in an address: the instance keys of the module do not count.
fn behind_module<'a>(address: &'a str, module: &str) -> Option<&'a str> {
    let mut rest = address;
    for name in module.split('.').filter(|part| !part.is_empty() && *part != "module") {
        rest = rest.strip_prefix("module.")?.strip_prefix(name)?;
        if rest.starts_with('[') {
            rest = behind_key(rest)?;
        }
        rest = rest.strip_prefix('.')?;
    }
    Some(rest)
}

/// What follows an instance key, whose text may hold brackets.
fn behind_key(text: &str) -> Option<&str> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return text.get(at + 1..),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terraform::source::SourceMap;

    fn moved(module: &str, from: &str, to: &str) -> Move {
        let file = SourceMap::default().add("a.tf", "");
        let span = crate::terraform::source::Span { file, start: 0, end: 0 };
        Move { module: module.into(), from: from.into(), to: Some(to.into()), destroy: false, span }
    }

    #[test]
    fn moves_are_followed_through_modules_keys_and_chains() {
        let moves = [
            moved("", "azurerm_subnet.a", "azurerm_subnet.b"),
            moved("", "azurerm_subnet.b", "module.net.azurerm_subnet.this"),
            moved("module.net", "azurerm_route.x", "azurerm_route.y"),
            moved("", "azurerm_nat_gateway.n[0]", "azurerm_nat_gateway.n"),
        ];
        let was = |address| previous_address(&moves, address);
        assert_eq!(was("module.net.azurerm_subnet.this[\"k\"]").as_deref(), Some("azurerm_subnet.a[\"k\"]"));
        assert_eq!(
            was("module.net[\"a]b\"].azurerm_route.y").as_deref(),
            Some("module.net[\"a]b\"].azurerm_route.x")
        );
        assert_eq!(was("azurerm_nat_gateway.n").as_deref(), Some("azurerm_nat_gateway.n[0]"));
        assert_eq!(was("azurerm_subnet.bb"), None);
    }
}
