//! A state as the prior state of an evaluation: its objects by address, read in the types of the schema
//! that the configuration uses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::Utf8Path;

use super::references::{Configuration, Instances};
use super::values::Reader;
use super::{Form, InputError, Record, RecordedOutput, read_file};
use crate::terraform::address::Address;
use crate::terraform::schema::Block;
use crate::terraform::value::{Origin, Str, Value};

/// What Terraform knew after the last apply.
#[derive(Debug, Default)]
pub struct PriorState {
    /// The objects, sorted by address, the current one of an address before its deposed ones.
    pub objects: Vec<PriorObject>,
    /// Outputs of the root.
    pub outputs: BTreeMap<Str, RecordedOutput>,
    /// What could not be read, in words.
    pub gaps: Vec<String>,
}

/// One object of a prior state.
#[derive(Clone)]
pub struct PriorObject {
    /// Its address.
    pub address: Address,
    /// Source address of its provider, such as `hashicorp/azurerm`.
    pub source: Str,
    /// The key of an object that was replaced but not yet deleted.
    pub deposed: Option<Str>,
    /// Its creation did not end well: it is to be made anew.
    pub tainted: bool,
    /// It was made with `create_before_destroy`.
    pub create_before_destroy: bool,
    record: Arc<Record>,
    wrapped: bool,
    correction: Option<Correction>,
}

impl std::fmt::Debug for PriorObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PriorObject").field("address", &self.address).finish_non_exhaustive()
    }
}

impl PriorState {
    /// Reads a state file, or what `terraform show -json` prints of a state.
    pub fn read(path: &Utf8Path, bytes: &[u8]) -> Result<PriorState, InputError> {
        let (_, file) = read_file(path, bytes, Form::State)?;
        let wrapped = file.wrapped;
        let object = |record: Record| PriorObject {
            address: record.address.clone(),
            source: record.source.as_str().into(),
            deposed: record.standing.deposed.clone(),
            tainted: record.standing.tainted,
            create_before_destroy: record.standing.create_before_destroy,
            record: Arc::new(record),
            wrapped,
            correction: None,
        };
        let mut objects: Vec<PriorObject> = file.records.into_iter().map(object).collect();
        objects.sort_by(|a, b| (&a.address, &a.deposed).cmp(&(&b.address, &b.deposed)));
        Ok(PriorState { objects, outputs: file.outputs, gaps: file.gaps })
    }
}

/// What corrects the attributes of an object; by its address before moves.
pub type Correction = Arc<dyn Fn(&Address, Value) -> Value + Send + Sync>;

impl PriorState {
    /// The same without objects that are gone, with some that are to be made anew, and with corrected attributes.
    pub fn refreshed(
        &self,
        gone: &BTreeSet<Address>,
        anew: &BTreeSet<Address>,
        correction: Correction,
    ) -> PriorState {
        let left = self.objects.iter().filter(|o| o.deposed.is_some() || !gone.contains(&o.address));
        let objects = left.map(|o| PriorObject {
            tainted: o.tainted || anew.contains(&o.address),
            correction: o.deposed.is_none().then(|| correction.clone()),
            ..o.clone()
        });
        PriorState { objects: objects.collect(), outputs: self.outputs.clone(), gaps: self.gaps.clone() }
    }
}

impl PriorObject {
    /// Its attributes in the types of a schema; without one as their JSON has them.
    pub fn value(&self, schema: Option<&Block>) -> Value {
        let reader = Reader {
            address: &self.record.address,
            origin: Origin::default(),
            configuration: &Configuration::default(),
            instances: &Instances::default(),
            applied: true,
            wrapped: self.wrapped,
        };
        let value = reader.values(schema, &self.record).0;
        match &self.correction {
            Some(correction) => correction(&self.address, value),
            None => value,
        }
    }

    /// The schema of its type in a major of its provider.
    pub fn schema(&self, major: Option<u32>) -> Option<Arc<Block>> {
        super::schema_of(&self.record, major)
    }
}
