//! CircleCI: the host is that of the repository, and pull requests are addresses.

use std::collections::BTreeSet;

use super::{Ci, Environment, Place, Remote, RunOf, remote};

pub(super) fn place(environment: &Environment) -> Place {
    let all = environment.get("CIRCLE_PULL_REQUESTS").unwrap_or_default().split(',');
    let all = all.chain(environment.get("CIRCLE_PULL_REQUEST")).map(str::trim).filter(|a| !a.is_empty());
    let all: BTreeSet<&str> = all.collect();
    let mut place = Place {
        ci: Some(Ci::CircleCi),
        // The checkout is the head of the branch.
        head: environment.commit("CIRCLE_SHA1"),
        // These are set for pull requests of forks only.
        fork: environment.get("CIRCLE_PR_NUMBER").is_some()
            || environment.get("CIRCLE_PR_USERNAME").is_some(),
        run: RunOf {
            number: environment.number("CIRCLE_BUILD_NUM").unwrap_or_default(),
            url: environment.text("CIRCLE_BUILD_URL"),
        },
        ..Place::default()
    };
    match all.iter().copied().collect::<Vec<_>>().as_slice() {
        [one] => {
            if let Some((remote, number)) = remote::pull_request(one) {
                place.pull_request = Some(number);
                place = place.of_remote(Some(remote));
            }
        }
        [] => place.no_pull_request = Some("this job is of no pull request".to_owned()),
        several => {
            let several = several.join(", ");
            place.no_pull_request =
                Some(format!("several pull requests are open for this branch ({several})"));
        }
    }
    place.of_remote(environment.get("CIRCLE_REPOSITORY_URL").and_then(Remote::parse))
}
