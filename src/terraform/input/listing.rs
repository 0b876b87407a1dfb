//! Places in a plan or state file without showing its text, which holds secrets: on the line where a
//! resource stands, the listing has its address and nothing else.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::terraform::source::{SourceMap, Span};

/// The addresses of a file on the lines of their resources.
pub(super) struct Listing {
    /// The file as reports may show it.
    pub(super) sources: SourceMap,
    path: Utf8PathBuf,
    spans: BTreeMap<String, Span>,
}

impl Listing {
    /// A listing of resources: where each begins in the text, and its address.
    pub(super) fn new(
        path: &Utf8Path,
        text: &str,
        resources: impl Iterator<Item = (usize, String)>,
    ) -> Listing {
        let mut listing =
            Listing { sources: SourceMap::default(), path: path.to_owned(), spans: BTreeMap::new() };
        let mut by_place: Vec<(usize, String)> = resources.collect();
        by_place.sort();
        let bytes = text.as_bytes();
        let (mut shown, mut line, mut at) = (String::new(), 0, 0);
        let mut lines = Vec::with_capacity(by_place.len());
        for (offset, _) in &by_place {
            let end = (*offset).min(bytes.len());
            line += bytes.get(at..end).unwrap_or_default().iter().filter(|b| **b == b'\n').count();
            at = at.max(end);
            lines.push(line);
        }
        // Two on one line: the file was written without line breaks, and its lines tell nothing.
        if lines.windows(2).any(|pair| pair[0] == pair[1]) {
            for (_, address) in by_place {
                listing.alone(address);
            }
            return listing;
        }
        let (mut ranges, mut now) = (Vec::new(), 0);
        for ((_, address), line) in by_place.into_iter().zip(lines) {
            shown.extend(std::iter::repeat_n('\n', line - now));
            now = line;
            let start = shown.len();
            shown.push_str(&address);
            ranges.push((address, start, shown.len()));
        }
        let file = listing.sources.add(path, shown);
        let place = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let spans = ranges
            .into_iter()
            .map(|(a, start, end)| (a, Span { file, start: place(start), end: place(end) }));
        listing.spans.extend(spans);
        listing
    }

    /// A listing of one address.
    fn alone(&mut self, address: String) -> Span {
        let end = u32::try_from(address.len()).unwrap_or(u32::MAX);
        let file = self.sources.add(self.path.clone(), address.clone());
        let span = Span { file, start: 0, end };
        self.spans.insert(address, span);
        span
    }

    /// Where a resource stands.
    pub(super) fn span(&mut self, address: &str) -> Span {
        match self.spans.get(address) {
            Some(span) => *span,
            None => self.alone(address.to_owned()),
        }
    }

    /// The file itself.
    pub(super) fn whole(&mut self) -> Span {
        self.span("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stand_on_the_lines_of_their_resources() {
        let text = "{\n  \"a\": {\"secret\": 1},\n\n  \"b\": {}\n}";
        let places =
            [(text.find("{}").unwrap(), "t.b".to_owned()), (text.find("{\"s").unwrap(), "t.a".to_owned())];
        let mut listing = Listing::new("plan.json".into(), text, places.clone().into_iter());
        for (address, line) in [("t.a", 2), ("t.b", 4)] {
            let span = listing.span(address);
            assert_eq!((listing.sources.place(span).line, listing.sources.text(span)), (line, address));
            assert_eq!(listing.sources.path(span), "plan.json");
        }
        let flat = text.replace('\n', "");
        let mut listing = Listing::new("plan.json".into(), &flat, places.into_iter());
        let span = listing.span("t.b");
        assert_eq!((listing.sources.place(span).line, listing.sources.text(span)), (1, "t.b"));
        assert!(listing.sources.files().all(|f| !f.text.contains("secret")));
    }
}
