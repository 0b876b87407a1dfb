//! Reads of Azure what a root module needs: a wide look first, then by id only what the comparison
//! finds to differ.

use std::sync::Arc;

use super::run::Subject;
use crate::analysis::changes::{Status, drift};
use crate::azure::estate::Estate;
use crate::azure::id::ResourceId;
use crate::live::{ReadError, Session};
use crate::terraform::address::Mode;

/// Data sources may name what other data sources then read; deeper than this nobody goes.
const ROUNDS: usize = 3;

/// The live estate of a root module, and the root module as it is beside it: `None` when it has to be evaluated again,
/// because data sources are answered by what was read. `again` evaluates it with data sources answered from
/// what was read so far; `usages` asks also how much of its networks is in use.
pub fn observe<E: From<ReadError>>(
    session: &mut Session,
    mut subject: Subject,
    usages: bool,
    again: impl Fn(Arc<Estate>) -> Result<Subject, E>,
) -> Result<(Estate, Option<Subject>), E> {
    let asks = |s: &Subject| s.evaluation.instances.iter().any(|i| i.address.mode == Mode::Data);
    for _ in 0..ROUNDS {
        let new = session.screen(&subject.estate, usages)?;
        if !new || !asks(&subject) {
            break;
        }
        subject = again(Arc::new(session.estate()))?;
    }
    let screened = session.estate();
    let report = drift(&subject.evaluation, &subject.estate, &screened);
    let open = report.resources.iter().filter(|r| {
        matches!(r.status, Status::Changed | Status::Missing | Status::Unmanaged)
            || r.status == Status::NotComparable
    });
    let ids = open.filter(|r| !r.id.is_empty()).map(|r| ResourceId::new(&*r.id));
    // What could not be read once is not asked for again.
    let ids: Vec<ResourceId> = ids.filter(|id| !screened.unread.contains_key(&id.key())).collect();
    let live = match ids.is_empty() {
        true => screened,
        false => {
            session.confirm(ids)?;
            session.estate()
        }
    };
    Ok((live, Some(subject).filter(|s| !asks(s))))
}
