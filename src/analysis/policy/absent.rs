//! A build without the feature `rego`: every policy is refused.

use std::time::Duration;

use camino::Utf8PathBuf;
use serde_json::Value as Json;

use super::{Fault, PolicyFile, RuleName};

/// Nothing can be one.
#[derive(Clone)]
pub(super) enum Compiled {}

/// Nothing can be one.
pub(super) enum Run {}

impl Compiled {
    pub(super) fn new(_: &[PolicyFile]) -> Result<Compiled, Fault> {
        Err(Fault::plain("this trueup was built without Rego (cargo feature rego)".to_owned()))
    }

    pub(super) fn rules(&self) -> &[RuleName] {
        match *self {}
    }

    pub(super) fn start(&self, _: &Json, _: &Json, _: Duration) -> Result<Run, Fault> {
        match *self {}
    }
}

impl Run {
    pub(super) fn is_excepted(&mut self, _: &RuleName) -> Result<bool, Fault> {
        match *self {}
    }

    pub(super) fn value(&mut self, _: &RuleName) -> Result<Option<(Json, Utf8PathBuf)>, Fault> {
        match *self {}
    }

    pub(super) fn prints(self) -> Vec<String> {
        match self {}
    }
}
