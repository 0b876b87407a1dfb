//! Posting to code hosts: the algorithm over stand-ins, each host, and `trueup review --post`.

mod azure_devops;
mod azure_devops_lines;
mod azure_pipelines;
mod bitbucket;
mod bitbucket_server;
mod cli;
mod cli_hosts;
pub(crate) mod common;
pub(crate) mod fake;
mod github;
mod github_lines;
mod gitlab;
mod issues;

use std::time::Duration;

use trueup::forge::http::Patience;
use trueup::forge::post::{Posted, Settling, Wanted, post};
use trueup::forge::{ForgeError, HostKind, Place, Token, connect};

/// As patient as tests are: waits of milliseconds, so that the tries and not the time are what is tested.
pub(crate) fn patience() -> Patience {
    let ms = Duration::from_millis;
    Patience { first: ms(2), longest: ms(1500), total: ms(4000), one: ms(2000), pace: ms(0) }
}

pub(crate) const SETTLING: Settling = Settling { wait: Duration::from_millis(3), looks: 5 };

/// What a run says: text, run number.
pub(crate) fn wanted(run: u64, body: &str) -> Wanted {
    Wanted {
        key: "review".into(),
        run,
        commit: None,
        body: Some(body.to_owned()),
        resolved: "Resolved: nothing is left to say.".into(),
        blocks: true,
        notes: None,
        complete: true,
        status: None,
    }
}

/// Posts to a place.
pub(crate) fn bring(place: &Place, token: &str, wanted: &Wanted) -> Result<Posted, ForgeError> {
    let host = connect(place, Token::new(token, "TRUEUP_POST_TOKEN"), patience())?;
    post(host.as_ref(), wanted, SETTLING)
}

/// A place on a stand-in.
pub(crate) fn place(host: HostKind, api: &str, web: &str, repository: &str, number: u64) -> Place {
    Place {
        host: Some(host),
        api: Some(api.to_owned()),
        web: Some(web.to_owned()),
        repository: Some(repository.to_owned()),
        pull_request: Some(number),
        ..Place::default()
    }
}
