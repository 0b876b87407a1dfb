//! How many requests a run made, by kind.

use std::collections::BTreeMap;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A page of a list by type and subscription, or of a search.
    Page,
    /// A list of children that the wide lists lack.
    Children,
    /// A resource read by its id: to confirm, or because nothing else names it.
    Confirm,
    /// Anything else: subscriptions, upgrade profiles.
    Other,
}

/// Requests that were sent, repetitions counted again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Pages of wide lists.
    pub pages: u64,
    /// Lists of children.
    pub children: u64,
    /// Reads by id.
    pub confirmations: u64,
    /// Anything else.
    pub other: u64,
    /// How many of all these repeated one that failed.
    pub retries: u64,
    /// Bytes of all answers, unpacked.
    pub bytes: u64,
}

impl Requests {
    pub(super) fn add(&mut self, kind: Kind) {
        *match kind {
            Kind::Page => &mut self.pages,
            Kind::Children => &mut self.children,
            Kind::Confirm => &mut self.confirmations,
            Kind::Other => &mut self.other,
        } += 1;
    }

    /// By the names of the fields, for reports.
    pub fn by_kind(&self) -> BTreeMap<String, u64> {
        let Requests { pages, children, confirmations, other, retries, bytes } = *self;
        let all = [
            ("pages", pages),
            ("children", children),
            ("confirmations", confirmations),
            ("other", other),
            ("retries", retries),
            ("bytes", bytes),
        ];
        all.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.pages + self.children + self.confirmations + self.other
    }
}

impl std::fmt::Display for Requests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Requests { pages, children, confirmations, other, retries, bytes } = self;
        write!(
            f,
            "{} requests: {pages} pages, {children} lists of children, {confirmations} confirmations, {other} others \
             ({retries} repeated), {} KiB",
            self.total(),
            bytes / 1024
        )
    }
}
