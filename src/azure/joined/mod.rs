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
    let words = others.iter().map(|other| Words::new(other.dir, own.dir, other.ties.alias(own.ties)));
    let mut words: Vec<Words<'_>> = words.collect();
    let mut own_words = Words::own(own.dir);

    // What data sources read may stand in any of them.
    let mut addresses: HashMap<String, Address> = HashMap::new();
    let all = || others.iter().zip(&words).map(|(o, w)| (o.estate, w)).chain([(own.estate, &own_words)]);
    for (estate, words) in all() {
        for document in estate.iter() {
            if let Some(declared) = document.declared.as_ref().filter(|d| d.inline.is_empty()) {
                addresses.insert(words.id(&document.id).key(), words.address(&declared.address));
            }
        }
    }
    let reads = |estate: &Estate, words: &Words<'_>| -> HashMap<Address, Address> {
        let read = |data: &Association| {
            let id = data.host.as_ref()?;
            let elsewhere = estate.by_id(id).is_none();
            let found = addresses.get(&words.id(id).key()).filter(|_| elsewhere)?;
            Some((data.declared.address.clone(), found.clone()))
        };
        estate.data.iter().filter_map(read).collect()
    };
    for (other, words) in others.iter().zip(&mut words) {
        words.reads = reads(other.estate, words);
    }
    own_words.reads = reads(own.estate, &own_words);

    let foreign = others.iter().zip(&words).flat_map(|(other, words)| {
        other.estate.iter().map(move |document| {
            let mut document = words.document(document);
            document.root = Some(other.dir.into());
            document
        })
    });
    let mut all = Estate::new(foreign);
    let own_documents = own.estate.iter().map(|d| match own_words.reads.is_empty() {
        true => d.clone(),
        false => own_words.document(d),
    });
    own_documents.for_each(|d| all.insert(d));

    let mut associate = |of: &Part<'_>, words: &Words<'_>| {
        for association in &of.estate.associations {
            let declared = words.declared(&association.declared);
            let host = association.host.as_ref().map(|id| words.id(id));
            // Within its own root module the translation has done it.
            let elsewhere = association.host.as_ref().is_some_and(|id| of.estate.by_id(id).is_none());
            if let Some(host) = host.as_ref().filter(|_| elsewhere) {
                attach(&mut all, host, &declared);
            }
            all.associations.push(Association { host, declared });
        }
    };
    others.iter().zip(&words).for_each(|(other, words)| associate(other, words));
    associate(&own, &own_words);

    // What is missing is said of the root module itself.
    (all.complete, all.gaps) = (own.estate.complete, own.estate.gaps.clone());
    all.data = own.estate.data.clone();
    all.others = others.iter().map(|other| other.dir.into()).collect();
    all.untranslated = own.estate.untranslated.clone();
    all.untranslated_addresses = own.estate.untranslated_addresses.clone();

    let parts = [(own, &own_words)].into_iter().chain(others.iter().copied().zip(&words));
    let instances = parts.flat_map(|(part, words)| {
        part.instances.iter().map(|i| words.instance(i).unwrap_or_else(|| i.clone()))
    });
    (all, instances.collect())
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
        let body = self.value(&document.body).unwrap_or_else(|| document.body.clone());
        let declared = document.declared.as_ref().map(|d| self.declared(d));
        Document::new(self.id(&document.id), document.arm_type.clone(), body, declared)
    }
}
