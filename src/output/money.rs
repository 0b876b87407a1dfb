//! Money for people: whole units from ten on, two decimals below.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::analysis::cost::Range;

/// An amount with its currency: `$1,234`, `$0.07`, `-$12`.
pub fn amount(value: Decimal, currency: &str) -> String {
    let digits = if value.abs() >= Decimal::TEN || value.is_zero() { 0 } else { 2 };
    let rounded = value.abs().round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    let text = format!("{rounded:.*}", digits as usize);
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |(w, f)| (w, f));
    let mut grouped = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    let sign = if value < Decimal::ZERO && !rounded.is_zero() { "-" } else { "" };
    match currency {
        "USD" => format!("{sign}${grouped}"),
        other => format!("{sign}{grouped} {other}"),
    }
}

/// A range: `$214`, or `$214 ($190 to $640)`.
pub fn range(range: &Range, currency: &str) -> String {
    let expected = amount(range.expected, currency);
    let (low, high) = (amount(range.low, currency), amount(range.high, currency));
    if low == expected && high == expected { expected } else { format!("{expected} ({low} to {high})") }
}

/// A change with its sign: `+$214`, `-$12`, `no change`.
pub fn change(range: &Range, currency: &str) -> String {
    let signed = |v: Decimal| {
        let text = amount(v, currency);
        if v > Decimal::ZERO { format!("+{text}") } else { text }
    };
    if range.is_zero() {
        return "no change".to_owned();
    }
    let (low, expected, high) = (signed(range.low), signed(range.expected), signed(range.high));
    if low == expected && high == expected { expected } else { format!("{expected} ({low} to {high})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_rounded() {
        let text = |s: &str| amount(s.parse().unwrap(), "USD");
        assert_eq!(text("1234567.5"), "$1,234,568");
        assert_eq!(text("0.066"), "$0.07");
        assert_eq!(text("9.999"), "$10.00");
        assert_eq!(text("-12.4"), "-$12");
        assert_eq!(text("0"), "$0");
        assert_eq!(text("100"), "$100");
        assert_eq!(amount("5".parse().unwrap(), "EUR"), "5.00 EUR");
    }
}
