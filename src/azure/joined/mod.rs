//! Estates of several root modules of a repository, brought together as one of them sees the others.
//!
//! Root modules refer to each other by ids: a data source reads what another one declares, a
//! `terraform_remote_state` hands out its id, an id is written in full. [`Ties`] finds who refers to whom;
//! [`joined`] lays what others declare beside a root module's own documents, in its own words: ids, addresses
//! and the reasons of unknown values name the same thing by the same text.

mod rewrite;
mod ties;

use std::collections::HashMap;

use super::estate::{Association, Declared, Document, Estate};
use super::id::ResourceId;
use super::translate::attach;
use crate::terraform::address::Address;
use crate::terraform::evaluation::Instance;

use rewrite::Words;
pub use ties::Ties;

/// One of several root modules.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Its folder in the checkout; it tells it apart.
    pub dir: &'a str,
    /// What it declares.
    pub estate: &'a Estate,
    /// The same as instances, with what follows from the code in them
    /// ([`with_derived`](super::translate::with_derived)).
    pub instances: &'a [Instance],
    /// What that refers to.
    pub ties: &'a Ties,
}

/// The estate of a root module with what others declare beside it, and the instances of all. Documents of the
/// others come first and say whose they are ([`Document::root`]), instances last; their addresses name their
/// root module. An association of one root module is written into the document of another one that it is about.
pub fn joined(own: Part<'_>, others: &[Part<'_>]) -> (Estate, Vec<Instance>) {
    let theirs = others.iter().map(|other| Voice {
        part: *other,
        words: Words::new(other.dir, own.dir, other.ties.alias(own.ties)),
    });
    let mut theirs: Vec<Voice<'_>> = theirs.collect();
    let mut own = Voice { part: own, words: Words::own(own.dir) };
    let known: HashMap<String, Address> = theirs.iter().chain([&own]).flat_map(Voice::addresses).collect();
    theirs.iter_mut().chain([&mut own]).for_each(|voice| voice.follow(&known));

    let mut estate = Estate::new(theirs.iter().flat_map(Voice::documents).chain(own.documents()));
    theirs.iter().chain([&own]).for_each(|voice| voice.associate(&mut estate));
    estate.others = others.iter().map(|other| other.dir.into()).collect();
    // What is missing is said of the root module itself.
    let alone = own.part.estate;
    (estate.complete, estate.gaps) = (alone.complete, alone.gaps.clone());
    estate.data = alone.data.clone();
    estate.untranslated = alone.untranslated.clone();
    estate.untranslated_addresses = alone.untranslated_addresses.clone();
    (estate, own.instances().chain(theirs.iter().flat_map(Voice::instances)).collect())
}

/// A root module, and how what it says is put into the words of the one that listens.
struct Voice<'a> {
    part: Part<'a>,
    words: Words<'a>,
}

impl<'a> Voice<'a> {
    /// The addresses of what it declares by the keys of the ids.
    fn addresses(&self) -> impl Iterator<Item = (String, Address)> + '_ {
        self.part.estate.iter().filter_map(|document| {
            let declared = document.declared.as_ref().filter(|d| d.inline.is_empty())?;
            Some((self.words.id(&document.id).key(), self.words.address(&declared.address)))
        })
    }

    /// What its data sources read of another root module is from now on called as it is there.
    fn follow(&mut self, known: &HashMap<String, Address>) {
        let estate = self.part.estate;
        let read = |data: &Association| {
            let id = data.host.as_ref().filter(|id| estate.by_id(id).is_none())?;
            Some((data.declared.address.clone(), known.get(&self.words.id(id).key())?.clone()))
        };
        self.words.reads = estate.data.iter().filter_map(read).collect();
    }

    fn documents(&self) -> impl Iterator<Item = Document> + '_ {
        let root = self.words.root();
        self.part.estate.iter().map(move |document| {
            let mut document = self.words.document(document);
            document.root = root.clone();
            document
        })
    }

    fn instances(&self) -> impl Iterator<Item = Instance> + '_ {
        self.part.instances.iter().map(|i| self.words.instance(i).unwrap_or_else(|| i.clone()))
    }

    /// Writes what stands in documents of another root module into these. Within its own the translation has
    /// done it.
    fn associate(&self, estate: &mut Estate) {
        for association in &self.part.estate.associations {
            let declared = self.words.declared(&association.declared);
            let host = association.host.as_ref().map(|id| self.words.id(id));
            let is_own = association.host.as_ref().is_some_and(|id| self.part.estate.by_id(id).is_some());
            if let Some(host) = host.as_ref().filter(|_| !is_own) {
                attach(estate, host, &declared);
            }
            estate.associations.push(Association { host, declared });
        }
    }
}

impl Words<'_> {
    fn id(&self, id: &ResourceId) -> ResourceId {
        self.text(id.as_str()).map_or_else(|| id.clone(), ResourceId::new)
    }

    fn declared(&self, declared: &Declared) -> Declared {
        let mut same = declared.clone();
        same.address = self.address(&declared.address);
        let instance = self.instance(&declared.instance);
        same.instance = instance.map_or_else(|| declared.instance.clone(), Into::into);
        if let Some(attributes) = self.value(&declared.attributes) {
            same.attributes = attributes;
        }
        same
    }

    fn document(&self, document: &Document) -> Document {
        if self.changes_nothing() {
            return document.clone();
        }
        let body = self.value(&document.body).unwrap_or_else(|| document.body.clone());
        let declared = document.declared.as_ref().map(|d| self.declared(d));
        Document::new(self.id(&document.id), document.arm_type.clone(), body, declared)
    }
}
