//! Reads of Azure what a root module needs: a wide look first, then by id only what the comparison
//! finds to differ.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::run::Subject;
use crate::analysis::changes::open;
use crate::azure::estate::Estate;
use crate::azure::id::ResourceId;
use crate::live::read::{Beside, Wanted};
use crate::live::{ReadError, Survey};
use crate::terraform::address::Mode;

/// Data sources may name what other data sources then read; deeper than this nobody goes.
const ROUNDS: usize = 3;

/// The live estate of a root module, and the root module as it is beside it: `None` when it has to be evaluated again,
/// because data sources are answered by what was read. `again` evaluates it with data sources answered from
/// what was read so far; `beside` is what is looked at
/// beside what the code declares, and `state` what was applied, where it is planned against.
pub fn observe<E: From<ReadError>>(
    survey: &mut Survey<'_>,
    mut subject: Subject,
    beside: Beside,
    state: Option<&Estate>,
    again: impl Fn(Arc<Estate>) -> Result<Subject, E>,
) -> Result<(Estate, Option<Subject>), E> {
    let wanted = |subject: &Subject| {
        let mut wanted = Wanted::of(&subject.estate, beside);
        state.iter().for_each(|state| wanted.join(&Wanted::of(state, Beside::default())));
        wanted
    };
    let asks = |s: &Subject| s.evaluation.instances.iter().any(|i| i.address.mode == Mode::Data);
    for _ in 0..ROUNDS {
        if !asks(&subject) || !survey.screen(&wanted(&subject))? {
            break;
        }
        subject = again(Arc::new(survey.estate()))?;
    }
    confirm(survey, &subject, wanted(&subject).by_place())?;
    let live = survey.estate();
    Ok((live, Some(subject).filter(|s| !asks(s))))
}

/// Reads what is wanted, and by id what differs or is missing: of each subscription as soon as it is read. Where a
/// subscription by itself does not tell, all are compared together in the end.
fn confirm(
    survey: &mut Survey<'_>,
    subject: &Subject,
    wanted: BTreeMap<String, Wanted>,
) -> Result<(), ReadError> {
    let (places, mut undecided) = (wanted.len(), false);
    survey.read(wanted, |place, live| {
        let found = match places {
            1 => open(&subject.evaluation, &subject.estate, live),
            _ => open(&subject.evaluation, &subject.estate.part(|id| id.is_of(place)), live),
        };
        undecided |= found.undecided;
        let unclear = if places == 1 { found.unclear } else { Vec::new() };
        readable(found.ids.into_iter().chain(unclear), live)
    })?;
    if undecided && places > 1 {
        let live = survey.estate();
        let found = open(&subject.evaluation, &subject.estate, &live);
        survey.confirm(readable(found.ids.into_iter().chain(found.unclear), &live))?;
    }
    Ok(())
}

/// What could not be read once is not asked for again.
fn readable(ids: impl Iterator<Item = ResourceId>, live: &Estate) -> Vec<ResourceId> {
    ids.filter(|id| !live.unread.contains_key(&id.key())).collect()
}
