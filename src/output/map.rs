//! An address space as a picture (SVG): every network as a strip to scale, and below it a bar for each
//! subnet with what it has, what is used and what is needed.
//!
//! Patterns and words tell the kinds apart, colour only helps. No fonts, scripts or links are
//! embedded; the same map gives the same bytes.

use std::fmt::Write as _;

use super::escape;
use crate::analysis::network::estate::Bound;
use crate::analysis::network::map::{AddressMap, Block, Figures, MapSpace, Part, PartKind};

const WIDTH: u64 = 1000;
const MARGIN: u64 = 20;
/// Width of a strip.
const STRIP: u64 = WIDTH - 2 * MARGIN;
/// Where the bars of subnets begin, and how wide they are.
const BAR_X: u64 = 330;
const BAR: u64 = 300;
const ROW: u64 = 40;

/// Patterns: dark for used, hatched for needed, crossed for missing, dotted for taken.
const DEFINITIONS: &str = r##"<defs>
<pattern id="needed" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#d7e6f5"/><line x1="0" y1="0" x2="0" y2="6" stroke="#1f5f99" stroke-width="2.4"/></pattern>
<pattern id="surge" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="6" height="6" fill="#eef4fa"/><line x1="0" y1="0" x2="0" y2="6" stroke="#1f5f99" stroke-width="1"/></pattern>
<pattern id="missing" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#fbe3df"/><path d="M0 0L6 6M6 0L0 6" stroke="#a4200d" stroke-width="1.2"/></pattern>
<pattern id="taken" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5" fill="#e6e6e6"/><circle cx="2.5" cy="2.5" r="1" fill="#555"/></pattern>
</defs>
"##;

const LEGEND: [(&str, &str); 6] = [
    ("#333333", "used now"),
    ("url(#needed)", "needed at the autoscaler's maximum"),
    ("url(#surge)", "more during an upgrade"),
    ("url(#missing)", "missing"),
    ("#ffffff", "free"),
    ("url(#taken)", "taken by others"),
];

/// Text for XML: markup made inert, what XML has no place for shown as an escape.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape::line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// At most `most` characters, the rest as an ellipsis.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// `part` of `whole` on a length, in hundredths of a pixel.
fn scale(part: u128, whole: u128, length: u64) -> u128 {
    (part * u128::from(length) * 100).checked_div(whole).unwrap_or(0)
}

/// Hundredths as a number.
fn px(hundredths: u128) -> String {
    match hundredths % 100 {
        0 => (hundredths / 100).to_string(),
        rest => format!("{}.{rest:02}", hundredths / 100),
    }
}

fn count(n: u64, bound: Bound) -> String {
    super::words::bounded(n, bound)
}

/// Draws a map.
pub fn svg(map: &AddressMap) -> String {
    let mut body = String::new();
    let mut y = 56;
    for space in &map.spaces {
        y = draw_space(&mut body, space, y);
    }
    y = legend(&mut body, y);
    let height = y + MARGIN;
    let title = xml(&map.title);
    let desc: Vec<String> = map.spaces.iter().map(describe).collect();
    let desc =
        if desc.is_empty() { "No network has a known IPv4 prefix.".to_owned() } else { desc.join(" ") };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"map-title map-desc\" \
         font-family=\"sans-serif\" font-size=\"12\" fill=\"#111111\">\n<title id=\"map-title\">{title}</title>\n\
         <desc id=\"map-desc\">{}</desc>\n{DEFINITIONS}<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"{MARGIN}\" y=\"30\" font-size=\"18\" font-weight=\"bold\">{title}</text>\n{body}</svg>\n",
        xml(&desc)
    )
}

/// A space in words, for those who cannot see the picture.
pub(super) fn describe(space: &MapSpace) -> String {
    let subnets = space.blocks.iter().filter_map(|b| Some((b, b.subnet.as_ref()?)));
    let subnets: Vec<String> =
        subnets.map(|(b, f)| format!("{} {}: {}.", b.name, b.prefix, sentence(f))).collect();
    format!("{} {}: {} addresses unallocated. {}", space.name, space.prefix, space.free(), subnets.join(" "))
}

/// What a subnet has, needs and lacks, as a sentence without its full stop.
pub(super) fn sentence(f: &Figures) -> String {
    let capacity = super::words::number(f.capacity);
    let used = match f.used {
        Some((used, more)) => format!(", {}{used} used", if more { "at least " } else { "" }),
        None => String::new(),
    };
    let failure = if f.failure.is_empty() { String::new() } else { format!("; {}", f.failure) };
    format!("{} of {capacity} needed at the peak{used}{failure}", count(f.peak, f.bound))
}

/// Draws a space from `y` on and says where the next begins.
fn draw_space(out: &mut String, space: &MapSpace, mut y: u64) -> u64 {
    let whole = space.addresses();
    let head = format!("{} {}", short(&space.name, 60), space.prefix);
    let _ = writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"{y}\" font-size=\"14\" font-weight=\"bold\">{}</text>",
        xml(&head)
    );
    let free = format!("{} of {whole} addresses unallocated", space.free());
    let _ = writeln!(out, "<text x=\"{}\" y=\"{y}\" text-anchor=\"end\">{free}</text>", WIDTH - MARGIN);
    y += 8;
    let _ = writeln!(
        out,
        "<rect x=\"{MARGIN}\" y=\"{y}\" width=\"{STRIP}\" height=\"44\" fill=\"#ffffff\" stroke=\"#111111\"/>"
    );
    let mut number = 0;
    for block in &space.blocks {
        number += usize::from(block.subnet.is_some());
        strip(out, space, block, number, y, whole);
    }
    let family = space.prefix.family();
    let (first, last) = (family.address(space.prefix.first()), family.address(space.prefix.last()));
    let _ = writeln!(out, "<text x=\"{MARGIN}\" y=\"{}\" font-size=\"11\">{first}</text>", y + 57);
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" font-size=\"11\" text-anchor=\"end\">{last}</text>",
        WIDTH - MARGIN,
        y + 57
    );
    y += 68;
    number = 0;
    for block in &space.blocks {
        match &block.subnet {
            Some(figures) => {
                number += 1;
                row(out, block, figures, number, y);
            }
            None => {
                let text = format!("{} {}", block.prefix, short(&block.name, 60));
                let _ = writeln!(
                    out,
                    "<rect x=\"{MARGIN}\" y=\"{}\" width=\"16\" height=\"14\" fill=\"url(#taken)\" stroke=\"#111111\"/>\n\
                     <text x=\"{}\" y=\"{}\">{}</text>",
                    y + 2,
                    MARGIN + 24,
                    y + 14,
                    xml(&text)
                );
            }
        }
        y += ROW;
    }
    y + 24
}

/// A block in the strip of its space, to scale, with its number where there is room for it.
fn strip(out: &mut String, space: &MapSpace, block: &Block, number: usize, y: u64, whole: u128) {
    let (first, addresses) = space.cut(block);
    let x = u128::from(MARGIN) * 100 + scale(first, whole, STRIP);
    let width = scale(addresses, whole, STRIP);
    let (fill, weight) = match &block.subnet {
        Some(f) if !f.failure.is_empty() => ("url(#missing)", 2),
        Some(_) => ("url(#needed)", 1),
        None => ("url(#taken)", 1),
    };
    let _ = writeln!(
        out,
        "<rect x=\"{}\" y=\"{y}\" width=\"{}\" height=\"44\" fill=\"{fill}\" stroke=\"#111111\" stroke-width=\"{weight}\"/>",
        px(x),
        px(width)
    );
    if block.subnet.is_some() && width >= 2_000 {
        let middle = px(x + width / 2);
        let _ = writeln!(
            out,
            "<circle cx=\"{middle}\" cy=\"{}\" r=\"9\" fill=\"#ffffff\" stroke=\"#111111\"/>\n\
             <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\">{number}</text>",
            y + 22,
            y + 26
        );
    }
}

/// The bar of a subnet: its length is what it has, or what it needs if that is more.
fn row(out: &mut String, block: &Block, f: &Figures, number: usize, y: u64) {
    let label = format!("{number}  {}", short(&block.name, 34));
    let _ = writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"{}\" font-weight=\"bold\">{}</text>\n<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        y + 14,
        xml(&label),
        BAR_X - 12,
        y + 14,
        block.prefix
    );
    let capacity = f.capacity.unwrap_or(0);
    let used = f.used.map_or(0, |(used, _)| used);
    let whole = f.whole();
    let at = |n: u64| scale(u128::from(n), u128::from(whole), BAR);
    let mut part = |from: u64, to: u64, top: u64, height: u64, fill: &str| {
        if to > from {
            let _ = writeln!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{height}\" fill=\"{fill}\"/>",
                px(u128::from(BAR_X) * 100 + at(from)),
                y + top,
                px(at(to) - at(from))
            );
        }
    };
    for Part { kind, from, to } in f.parts() {
        let fill = match kind {
            PartKind::Needed => "url(#needed)",
            PartKind::Surge => "url(#surge)",
            PartKind::Missing => "url(#missing)",
        };
        part(from, to, 2, 14, fill);
    }
    // What is used lies below what is needed, so that both can be read.
    part(0, used, 12, 4, "#333333");
    let _ = writeln!(
        out,
        "<rect x=\"{BAR_X}\" y=\"{}\" width=\"{}\" height=\"14\" fill=\"none\" stroke=\"#111111\"/>",
        y + 2,
        px(at(capacity))
    );
    let x = BAR_X + BAR + 14;
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{}\">{}</text>", y + 14, xml(&short(&figures(f), 56)));
    if !f.failure.is_empty() {
        let _ = writeln!(
            out,
            "<text x=\"{BAR_X}\" y=\"{}\" font-size=\"11\" fill=\"#a4200d\">{}</text>",
            y + 30,
            xml(&short(&f.failure, 110))
        );
    }
}

/// The figures beside a bar, in words.
pub(super) fn figures(f: &Figures) -> String {
    let used = f
        .used
        .map_or_else(String::new, |(used, more)| format!("{}{used} used, ", if more { "≥ " } else { "" }));
    let free = match f.capacity {
        Some(capacity) if capacity < f.peak => format!(", {} missing", f.peak - capacity),
        Some(capacity) => format!(", {} free", capacity - f.peak),
        None => String::new(),
    };
    format!("{used}{} of {} needed{free}", count(f.peak, f.bound), super::words::number(f.capacity))
}

fn legend(out: &mut String, y: u64) -> u64 {
    let mut x = MARGIN;
    for (fill, words) in LEGEND {
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"16\" height=\"12\" fill=\"{fill}\" stroke=\"#111111\"/>\n\
             <text x=\"{}\" y=\"{}\" font-size=\"11\">{}</text>",
            x + 22,
            y + 10,
            xml(words)
        );
        x += 44 + 6 * words.len() as u64;
    }
    y + 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_inert_and_numbers_are_exact() {
        assert_eq!(xml("<a b='c'>&\u{1}\""), "&lt;a b=&#39;c&#39;&gt;&amp;\\u{1}&quot;");
        assert_eq!([px(0), px(150), px(100), px(1005)].join(" "), "0 1.50 1 10.05");
        assert_eq!(scale(1, 3, 960), 32_000);
        assert_eq!(short("abcdef", 4), "abc…");
    }
}
