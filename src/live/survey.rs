//! What is read of Azure for one root module: its subscriptions side by side, each at its own pace.
//!
//! A subscription is read, compared and confirmed while others are still being listed: nothing waits for the
//! slowest list but what needs it. The comparison is the caller's; it says which ids of what was read are open.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::arm::Requests;
use super::read::{Reader, Wanted};
use super::session::{ReadError, Session, now};
use crate::azure::estate::Estate;
use crate::azure::id::ResourceId;

/// Reads for one root module.
pub struct Survey<'s> {
    session: &'s Session,
    /// What all root modules of the run want: it decides which lists are the fewest.
    together: Arc<Wanted>,
    /// One that has read nothing; those of the subscriptions are made of it.
    blank: Reader,
    /// By subscription; what belongs to none stands under the empty name.
    parts: BTreeMap<String, Part>,
}

/// A subscription.
struct Part {
    reader: Reader,
    /// What was read of it so far.
    estate: Estate,
}

/// A step of a subscription.
enum Step {
    /// Lists.
    Screen(Wanted),
    /// Single reads of what differs or is missing.
    Confirm(Vec<ResourceId>),
}

/// A step that was taken.
struct Taken {
    name: String,
    part: Part,
    /// Lists were read; true when there was something new.
    screened: Option<bool>,
}

impl<'s> Survey<'s> {
    pub(super) fn new(session: &'s Session, together: Arc<Wanted>, deadline: Instant) -> Survey<'s> {
        let blank = session.reader(deadline);
        Survey { session, together, blank, parts: BTreeMap::new() }
    }

    /// The session that reads.
    pub fn session(&self) -> &'s Session {
        self.session
    }

    /// How many requests it took. What another root module asked for is counted there.
    pub fn requests(&self) -> Requests {
        self.blank.client().requests()
    }

    /// Reads what is wanted and was not read yet. False when there was nothing new.
    pub fn screen(&mut self, wanted: &Wanted) -> Result<bool, ReadError> {
        self.read(wanted.by_place(), |_, _| Vec::new())
    }

    /// The same, given by place; as soon as a subscription is read, `open` is given its id in lower case
    /// and what was read of it, and says which of its ids differ or are missing. They are
    /// read by id while other subscriptions are still listed.
    pub fn read(
        &mut self,
        wanted: BTreeMap<String, Wanted>,
        open: impl FnMut(&str, &Estate) -> Vec<ResourceId>,
    ) -> Result<bool, ReadError> {
        let steps = wanted.into_iter().map(|(place, wanted)| (place, Step::Screen(wanted)));
        self.run(steps.collect(), open)
    }

    /// Reads by id what differs or is missing.
    pub fn confirm(&mut self, ids: Vec<ResourceId>) -> Result<(), ReadError> {
        let mut by_place: BTreeMap<String, Vec<ResourceId>> = BTreeMap::new();
        for id in ids {
            by_place.entry(id.place()).or_default().push(id);
        }
        let steps = by_place.into_iter().map(|(place, ids)| (place, Step::Confirm(ids)));
        self.run(steps.collect(), |_, _| Vec::new()).map(drop)
    }

    fn run(
        &mut self,
        steps: Vec<(String, Step)>,
        mut open: impl FnMut(&str, &Estate) -> Vec<ResourceId>,
    ) -> Result<bool, ReadError> {
        let (parts, blank, together) = (&mut self.parts, &self.blank, &self.together);
        let mut new = false;
        self.session.run(blank.client(), async {
            let mut running = JoinSet::new();
            for (name, step) in steps {
                let part = parts.remove(&name).unwrap_or_else(|| Part::of(blank.clone()));
                running.spawn(take(name, part, step, together.clone()));
            }
            while let Some(taken) = running.join_next().await {
                let Taken { name, part, screened } = match taken {
                    Ok(taken) => taken,
                    // Whatever broke it: what it was to read is missing.
                    Err(error) => {
                        let mut part = Part::of(blank.clone());
                        part.reader.broken(&error.to_string());
                        Taken { name: format!("broken {}", parts.len()), part: part.read(), screened: None }
                    }
                };
                new |= screened == Some(true);
                let ids = if screened.is_some() { open(&name, &part.estate) } else { Vec::new() };
                if ids.is_empty() {
                    parts.insert(name, part);
                } else {
                    running.spawn(take(name, part, Step::Confirm(ids), together.clone()));
                }
            }
        })?;
        Ok(new)
    }

    /// What was read, as one estate.
    pub fn estate(&self) -> Estate {
        let mut estate = Estate::joined(self.parts.values().map(|p| &p.estate));
        estate.requests = self.requests().by_kind();
        estate.captured_at = Some(now());
        estate
    }
}

impl Part {
    fn of(reader: Reader) -> Part {
        Part { estate: Estate::default(), reader }.read()
    }

    /// With the estate of what was read by now.
    fn read(mut self) -> Part {
        self.estate = self.reader.estate();
        self
    }
}

async fn take(name: String, mut part: Part, step: Step, together: Arc<Wanted>) -> Taken {
    let screened = match step {
        Step::Screen(wanted) => Some(part.reader.screen(&wanted, &together).await),
        Step::Confirm(ids) => {
            part.reader.confirm(ids).await;
            None
        }
    };
    let part = if screened == Some(false) { part } else { part.read() };
    Taken { name, part, screened }
}
