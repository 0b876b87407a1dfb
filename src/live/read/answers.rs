//! What was answered in a run: root modules that need the same list ask for it once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::job::{Job, Outcome};
use crate::live::arm::{ArmClient, ArmError};

/// Outcomes by the keys of their jobs. Whoever asks second waits for the first.
#[derive(Debug, Default)]
pub(in crate::live) struct Answers(Mutex<HashMap<String, Arc<OnceCell<Arc<Outcome>>>>>);

impl Answers {
    /// What comes of a job.
    pub(super) async fn of(&self, job: &Job, client: &ArmClient) -> Arc<Outcome> {
        let cell = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(job.key()).or_default().clone()
        };
        let asked = cell.get_or_try_init(async || {
            let outcome = Arc::new(job.run(client).await);
            // The time of another may not be up.
            match outcome.failure {
                Some(ArmError::TimeUp) => Err(outcome),
                _ => Ok(outcome),
            }
        });
        match asked.await {
            Ok(outcome) => outcome.clone(),
            Err(outcome) => outcome,
        }
    }
}
