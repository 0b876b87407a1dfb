//! Money for people: whole units from ten on, two decimals below; to the cent in tables.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::analysis::cost::Range;

/// An amount with its currency: `$1,234`, `$0.07`, `-$12`.
pub fn amount(value: Decimal, currency: &str) -> String {
    print(value, currency, if value.abs() >= Decimal::TEN || value.is_zero() { 0 } else { CENTS })
}

fn print(value: Decimal, currency: &str, digits: u32) -> String {
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

/// Decimals of a cent.
const CENTS: u32 = 2;

/// An amount to the cent: `$1,234.50`, `-$0.07`.
pub fn exact(value: Decimal, currency: &str) -> String {
    print(value, currency, CENTS)
}

/// A change to the cent, with its sign.
pub fn exact_change(range: &Range, currency: &str) -> String {
    signed(range, |v| exact(v, currency))
}

/// Rounded to the cent, halves away from zero.
pub fn cents(range: Range) -> Range {
    range.map(|v| v.round_dp_with_strategy(CENTS, RoundingStrategy::MidpointAwayFromZero))
}

/// Parts rounded to the cent so that they add up to a total in cents: those that rounding did most wrong
/// give way, ranges before fixed sums, so that a fixed one looks the same in all three columns. The parts of
/// the opposite total are the opposite ones.
pub fn shares(parts: &[Range], total: Range) -> Vec<Range> {
    let mut shown: Vec<Range> = parts.iter().map(|p| cents(*p)).collect();
    let cent = Decimal::new(1, CENTS);
    let column = |of: fn(&Range) -> Decimal, put: fn(&mut Range, Decimal), shown: &mut Vec<Range>| {
        let missing = of(&total) - shown.iter().map(of).sum::<Decimal>();
        let step = if missing.is_sign_negative() { -cent } else { cent };
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|i| {
            let wrong = (of(&parts[*i]) - of(&shown[*i])) * step;
            (parts[*i].is_fixed(), std::cmp::Reverse(wrong))
        });
        let count = (missing / step).to_u64().unwrap_or(0);
        for (_, i) in (0..count).zip(order.into_iter().cycle()) {
            let more = of(&shown[i]) + step;
            put(&mut shown[i], more);
        }
    };
    if !parts.is_empty() {
        column(|r| r.low, |r, v| r.low = v, &mut shown);
        column(|r| r.expected, |r, v| r.expected = v, &mut shown);
        column(|r| r.high, |r, v| r.high = v, &mut shown);
    }
    shown
}

/// A range: `$214`, or `$214 ($190 to $640)`.
pub fn range(range: &Range, currency: &str) -> String {
    let expected = amount(range.expected, currency);
    let (low, high) = (amount(range.low, currency), amount(range.high, currency));
    if low == expected && high == expected { expected } else { format!("{expected} ({low} to {high})") }
}

/// A change with its sign: `+$214`, `-$12`, `no change`.
pub fn change(range: &Range, currency: &str) -> String {
    signed(range, |v| amount(v, currency))
}

fn signed(range: &Range, print: impl Fn(Decimal) -> String) -> String {
    let signed = |v: Decimal| {
        let text = print(v);
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
        assert_eq!(exact("1234.5".parse().unwrap(), "USD"), "$1,234.50");
        assert_eq!(exact("0".parse().unwrap(), "USD"), "$0.00");
    }

    #[test]
    fn shares_add_up() {
        let sum = |parts: &[Range]| parts.iter().copied().sum::<Range>();
        let third = Range::fixed(Decimal::new(1, 0) / Decimal::from(3));
        // 3 x 0.333... = 1.00: one of them shows 0.34.
        let shown = shares(&[third; 3], cents(Range::fixed(1)));
        assert_eq!(sum(&shown), Range::fixed(1));
        assert_eq!(shown.iter().filter(|r| r.expected == Decimal::new(34, 2)).count(), 1);
        let back = shares(&[-third; 3], cents(-Range::fixed(1)));
        assert_eq!(back, shown.iter().map(|r| -*r).collect::<Vec<_>>());
        // The range gives way, not the fixed one.
        let half = Range::fixed(Decimal::new(5, 3));
        let open = Range::new(Decimal::new(4, 3), Decimal::new(5, 3), Decimal::new(9, 3));
        let shown = shares(&[half, open], cents(half + open));
        assert_eq!(shown[0], Range::fixed(Decimal::new(1, 2)));
        assert_eq!(sum(&shown), cents(half + open));
        assert!(shares(&[], Range::default()).is_empty());
    }
}
