//! Cases of `control::deployment::progress`: what a deployment says of itself, by the state of its pods.

use super::*;
use crate::control::bench::{self, Bench};

/// What is done to a deployment of three, at its beginning.
#[derive(Clone, Copy, Debug)]
enum Given {
    Healthy,
    /// So many of its pods never become Ready.
    Sick(usize),
    Paused,
    NoDeadline,
}

fn begin(given: Given) -> (Bench, DeploymentId) {
    let mut bench = Bench::new(3);
    let id = bench::deployment(&mut bench.world, "web", 3);
    let deployment = bench.world.store.deployments.get_mut(id).unwrap();
    deployment.progress_deadline = Some(Span::secs(60));
    match given {
        Given::Healthy | Given::Sick(_) => {}
        Given::Paused => deployment.paused = true,
        Given::NoDeadline => deployment.progress_deadline = None,
    }
    bench.pass(Span::secs(1));
    if let Given::Sick(count) = given {
        let sets = sets::owned(&bench.world, id);
        let names = sets.iter().flat_map(|set| bench.names(Ref::ReplicaSet(*set)));
        bench.sick = names.take(count).collect();
    }
    (bench, id)
}

fn reasons(bench: &Bench, id: DeploymentId) -> (Option<&'static str>, Option<&'static str>) {
    let deployment = bench.world.store.deployments.get(id).unwrap();
    let reason = |condition: &Option<Condition>| condition.as_ref().map(|condition| condition.reason);
    (reason(&deployment.progressing), reason(&deployment.available))
}

#[test]
fn it_says_how_it_gets_on() {
    use Given::{Healthy, NoDeadline, Paused, Sick};
    const ENOUGH: Option<&str> = Some("MinimumReplicasAvailable");
    const TOO_FEW: Option<&str> = Some("MinimumReplicasUnavailable");
    const UPDATED: Option<&str> = Some("ReplicaSetUpdated");
    // Seconds from the beginning, and what it says then. Of three none may be unavailable: a quarter, rounded down.
    let rows: [(Given, &[(i64, Option<&str>, Option<&str>)]); 5] = [
        (Healthy, &[(1, UPDATED, TOO_FEW), (30, Some(COMPLETE), ENOUGH)]),
        (Sick(1), &[(30, UPDATED, TOO_FEW), (61, UPDATED, TOO_FEW), (90, Some(EXCEEDED), TOO_FEW)]),
        (Sick(3), &[(30, UPDATED, TOO_FEW), (90, Some(EXCEEDED), TOO_FEW)]),
        (Paused, &[(90, Some(PAUSED), TOO_FEW)]),
        (NoDeadline, &[(1, None, TOO_FEW), (90, None, ENOUGH)]),
    ];
    for (given, wanted) in rows {
        let (mut bench, id) = begin(given);
        for (seconds, progressing, available) in wanted {
            let left = Time(0) + Span::secs(*seconds) - bench.world.now;
            bench.pass(left);
            assert_eq!(reasons(&bench, id), (*progressing, *available), "{given:?} after {seconds} s");
        }
    }
}

#[test]
fn it_recovers_and_resumes_and_ignores_evictions() {
    let (mut bench, id) = begin(Given::Sick(3));
    bench.pass(Span::secs(90));
    assert_eq!(reasons(&bench, id).0, Some(EXCEEDED));
    bench.sick.clear();
    bench.pass(Span::secs(30));
    assert_eq!(reasons(&bench, id).0, Some(COMPLETE));
    let since = |bench: &Bench| bench.world.store.deployments.get(id).unwrap().progressing.clone().unwrap();
    let known = since(&bench);
    let pod = bench.names(Ref::ReplicaSet(sets::owned(&bench.world, id)[0])).remove(0);
    bench.delete(&pod);
    bench.pass(Span::secs(1));
    assert_eq!(reasons(&bench, id).1, Some("MinimumReplicasUnavailable"));
    bench.pass(Span::secs(30));
    assert_eq!(since(&bench), known);
    for (paused, reason) in [(true, PAUSED), (false, COMPLETE)] {
        let deployment = bench.world.store.deployments.get_mut(id).unwrap();
        deployment.paused = paused;
        deployment.meta.generation += 1;
        bench.world.changed(Ref::Deployment(id), Verb::Modified);
        bench.pass(Span::secs(10));
        assert_eq!(reasons(&bench, id).0, Some(reason), "paused {paused}");
    }
    let deployment = bench.world.store.deployments.get(id).unwrap();
    assert_eq!((deployment.updated, deployment.observed), (3, deployment.meta.generation));
}
