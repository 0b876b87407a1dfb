//! Reads of Azure what a root module needs: a wide look first, then by id only what the comparison
//! finds to differ.

use std::sync::Arc;

use super::run::Subject;
use crate::analysis::changes::{Status, drift};
use crate::azure::estate::Estate;
use crate::azure::id::ResourceId;
use crate::live::read::Wanted;
use crate::live::{ReadError, Session};
use crate::terraform::address::Mode;

/// Data sources may name what other data sources then read; deeper than this nobody goes.
const ROUNDS: usize = 3;

/// The live estate of a root module. `evaluate` evaluates it with data sources answered from what was
/// read so far; `subscription` is the one that the user named.
pub fn observe(
    session: &mut Session,
    subscription: Option<String>,
    evaluate: impl Fn(Option<Arc<Estate>>) -> Subject,
) -> Result<Estate, ReadError> {
    let mut subject = evaluate(None);
    let subscription = match subscription {
        None if Wanted::needs_subscription(&subject.estate) => Some(session.usual_subscription()?),
        named => named,
    };
    for _ in 0..ROUNDS {
        let new = session.screen(&subject.estate, subscription.as_deref())?;
        let asks = subject.evaluation.instances.iter().any(|i| i.address.mode == Mode::Data);
        if !new || !asks {
            break;
        }
        subject = evaluate(Some(Arc::new(session.estate())));
    }
    let report = drift(&subject.evaluation, &subject.estate, &session.estate());
    let open = report.resources.iter().filter(|r| {
        matches!(r.status, Status::Changed | Status::Missing | Status::Unmanaged)
            || r.status == Status::NotComparable && !r.id.is_empty()
    });
    session.confirm(open.map(|r| ResourceId::new(&*r.id)).collect())?;
    Ok(session.estate())
}
