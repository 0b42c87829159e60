//! Drains by hand: what is answered late holds nothing else up.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use replank_core::action::{Action, ClusterAction};
use replank_core::names::{NodeName, ObjectName};
use replank_core::node_group::decide::Evacuation;
use replank_core::node_group::spec::Limits;
use replank_core::observed::{Budget, Pod, UnhealthyPolicy};
use replank_core::pod_rules::PodRules;

use super::world::{World, at};
use crate::block::block_on;
use crate::drain::{Ended, drain};
use crate::ports::Cluster;
use crate::turn::Settings;

/// Two pods under one budget leave one after the other while the eviction of a third has no answer. It is answered when
/// both are gone, so a drain that waited for it would never end.
#[test]
fn an_answer_that_takes_long_holds_no_other_eviction_up() {
    let mut world = World::of_three();
    let guarded = ObjectName::new("shop", "api");
    {
        let pods = &mut world.projection.borrow_mut().seen.pods;
        let nodes = ["n-a", "n-b", "n-c"].map(NodeName::new);
        let on = |node| pods.on_node(node).filter(|pod| pod.name.name.starts_with("api")).cloned();
        let under: Vec<Pod> = nodes.iter().flat_map(on).collect();
        for pod in under {
            pods.put(Pod { budgets: [guarded.clone()].into(), ..pod });
        }
        pods.put_budget(Budget {
            name: guarded.clone(),
            rule: "maxUnavailable: 1".into(),
            allowed: 1,
            healthy: 3,
            desired: 2,
            expected: 3,
            synced: true,
            sync_failed: None,
            unhealthy_policy: UnhealthyPolicy::IfHealthyBudget,
        });
    }
    let nodes = ["n-a", "n-b"].map(|node| (NodeName::new(node), (at(0), Some(at(900)))));
    let evacuation =
        Evacuation { nodes: BTreeMap::from(nodes), rules: PodRules::default(), limits: Limits::default() };
    let hand = world.clone();
    let gone = || -> Vec<String> { hand.faults.borrow().done.iter().filter_map(evicted).collect() };
    let perform = async |action: ClusterAction| {
        if evicted(&action.clone().into()).as_deref() == Some("web-1") {
            let both_gone = poll_fn(|context| {
                context.waker().wake_by_ref();
                let both = ["api-1", "api-2"].iter().all(|name| gone().iter().any(|it| it == name));
                if both { Poll::Ready(()) } else { Poll::Pending }
            });
            both_gone.await;
        }
        Cluster::perform(&hand, &action).await
    };
    let clock = world.clone();
    let mut turns = 0;
    let ended = block_on(drain(&evacuation, &mut world, perform, &clock, Settings::default(), |_| {
        turns += 1;
        turns > 2_000
    }));
    assert!(matches!(ended, Ended::Drained(_)), "{ended:?}");
    let mut names = gone();
    names.sort_unstable();
    assert_eq!(names, ["api-1", "api-2", "web-1", "web-2"], "each once");
}

fn evicted(action: &Action) -> Option<String> {
    match action {
        Action::Cluster(ClusterAction::Evict { pod, .. }) => Some(pod.name.name.to_string()),
        _ => None,
    }
}
