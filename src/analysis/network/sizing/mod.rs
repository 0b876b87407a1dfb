//! The same arithmetic from a short sizing file, without Terraform: one module a kind of question.
//!
//! Input and output are the stable interface of `trueup size`: a document of the `plan` kind, or
//! `{"kind": ..., "input": {...}}` for the others.

mod aro;
mod capacity;
mod cidr_check;
mod count;
mod live_usage;
pub mod plan;
mod pods;
mod service_subnet;
mod snat;
mod terraform_change;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::code::Code;
use super::prefix::HOST_BITS;
use crate::analysis::file;

pub use crate::analysis::file::Format;
pub use aro::AroOutcome;
pub use capacity::CapacityOutcome;
pub use cidr_check::CidrOutcome;
pub use count::Count;
pub use live_usage::{LiveUsageOutcome, SubnetUsage};
pub use pods::{DynamicBatchOutcome, StaticBlockOutcome, SurgeOutcome};
pub use service_subnet::ServiceSubnetOutcome;
pub use snat::{LoadBalancerOutcome, NatGatewayOutcome};
pub use terraform_change::{Action, ChangeOutcome};

/// Why a sizing file has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}{}", if path.is_empty() { String::new() } else { format!("{path}: ") }, answers(*code))]
pub struct SizingError {
    /// Where in the document, such as `clusters[0].pools[1].count`; empty for the whole.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// Its code, where it has one: what Azure answers follows from it.
    pub code: Option<Code>,
}

/// What Azure answers, as the end of a sentence.
fn answers(code: Option<Code>) -> String {
    code.and_then(Code::azure_error).map_or_else(String::new, |e| format!(" (Azure answers {e})"))
}

impl SizingError {
    /// An error at a path.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> SizingError {
        SizingError { path: path.into(), message: message.into(), code: None }
    }

    /// The same with a code.
    pub fn coded(self, code: Code) -> SizingError {
        SizingError { code: Some(code), ..self }
    }
}

/// An answer and what it left aside.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The answer.
    pub outcome: Outcome,
    /// Parts of the input that had no effect, or that look wrong.
    pub warnings: Vec<String>,
}

/// The answer of each kind; its JSON is the interface.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[allow(missing_docs)] // each is documented at its type
pub enum Outcome {
    Plan(plan::Outcome),
    Surge(SurgeOutcome),
    DynamicBatch(DynamicBatchOutcome),
    StaticBlock(StaticBlockOutcome),
    Capacity(CapacityOutcome),
    ServiceSubnet(ServiceSubnetOutcome),
    CidrCheck(CidrOutcome),
    LoadBalancer(LoadBalancerOutcome),
    NatGateway(NatGatewayOutcome),
    Aro(AroOutcome),
    TerraformChange(ChangeOutcome),
    LiveUsage(LiveUsageOutcome),
}

/// The kinds of question, as documents name them.
pub const KINDS: [&str; 12] = [
    "plan",
    "surge",
    "dynamic_batch",
    "static_block",
    "capacity",
    "service_subnet",
    "cidr_check",
    "snat_lb",
    "snat_nat",
    "aro_plan",
    "terraform_change",
    "live_usage",
];

/// Reads a sizing file into its document.
pub fn parse(text: &str, format: Format) -> Result<Value, SizingError> {
    file::parse(text, format).map_err(|message| SizingError::new("", message))
}

/// Answers a sizing file; its name tells the format.
pub fn size_file(text: &str, name: &str) -> Result<Answer, SizingError> {
    size(&parse(text, Format::of_name(name))?)
}

/// Answers a sizing document: a `plan` input, or `{"kind", "input"}`.
pub fn size(document: &Value) -> Result<Answer, SizingError> {
    if !document.is_object() {
        return Err(SizingError::new("", "a sizing document is an object with `subnets` and `clusters`"));
    }
    match (document.get("kind"), document.get("input")) {
        (Some(Value::String(kind)), Some(input)) => solve(kind, input),
        (Some(Value::String(kind)), None) => {
            let mut input = document.clone();
            input.as_object_mut().map(|o| o.shift_remove("kind"));
            solve(kind, &input)
        }
        (Some(_), _) => Err(SizingError::new("kind", format!("must be one of {}", KINDS.join(", ")))),
        (None, _) => solve("plan", document),
    }
}

/// Answers one question of a kind.
pub fn solve(kind: &str, input: &Value) -> Result<Answer, SizingError> {
    let mut warnings = Vec::new();
    let w = &mut warnings;
    let outcome = match kind {
        "plan" => {
            let input = read(input, w)?;
            Outcome::Plan(plan::solve(&input, w)?)
        }
        "surge" => Outcome::Surge(pods::surge(&read(input, w)?)),
        "dynamic_batch" => Outcome::DynamicBatch(pods::dynamic_batch(&read(input, w)?)),
        "static_block" => Outcome::StaticBlock(pods::static_block(&read(input, w)?)),
        "capacity" => Outcome::Capacity(capacity::solve(&read(input, w)?)?),
        "service_subnet" => Outcome::ServiceSubnet(service_subnet::solve(&read(input, w)?)?),
        "cidr_check" => Outcome::CidrCheck(cidr_check::solve(&read(input, w)?)),
        "snat_lb" => Outcome::LoadBalancer(snat::load_balancer(&read(input, w)?)?),
        "snat_nat" => Outcome::NatGateway(snat::nat_gateway(&read(input, w)?)),
        "aro_plan" => Outcome::Aro(aro::solve(&read(input, w)?)?),
        "terraform_change" => Outcome::TerraformChange(terraform_change::solve(&read(input, w)?)?),
        "live_usage" => Outcome::LiveUsage(live_usage::solve(&read(input, w)?)),
        other => {
            let known = KINDS.join(", ");
            return Err(SizingError::new("kind", format!("`{other}` is none of {known}")));
        }
    };
    Ok(Answer { outcome, warnings })
}

/// Reads an input, naming the place of what is wrong and the fields nobody asked for.
fn read<T: DeserializeOwned>(input: &Value, warnings: &mut Vec<String>) -> Result<T, SizingError> {
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(input, &mut track);
    let mut unknown = Vec::new();
    let result = serde_ignored::deserialize(tracked, |path| unknown.push(bracketed(&path.to_string())));
    let value = result.map_err(|error: serde_json::Error| {
        let path = track.path().to_string();
        let path = if path == "." { String::new() } else { path };
        let error = SizingError::new(path, error.to_string());
        // serde keeps only the words of a prefix's error.
        if error.message.contains(HOST_BITS) { error.coded(Code::InvalidPrefix) } else { error }
    })?;
    warnings
        .extend(unknown.into_iter().map(|path| format!("{path}: this field has no effect on the figures")));
    Ok(value)
}

/// `clusters.0.name` as `clusters[0].name`.
fn bracketed(path: &str) -> String {
    let step = |step: &str| match step.bytes().all(|b| b.is_ascii_digit()) {
        true => format!("[{step}]"),
        false => format!(".{step}"),
    };
    path.split('.').map(step).collect::<String>().trim_start_matches('.').to_owned()
}
