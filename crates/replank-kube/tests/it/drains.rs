//! Drains by hand on a real control plane, judged by its audit log.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use replank_core::action::ClusterAction;
use replank_core::node_group::decide::Evacuation;
use replank_core::node_group::spec::Limits;
use replank_core::node_group::wait::On;
use replank_core::observed::Answer;
use replank_core::pod_rules::PodRules;
use replank_engine::drain::{Ended, drain};
use replank_engine::ports::Cluster;
use replank_engine::turn::Settings;
use replank_kube::{Cache, KubeClusterPort, NodeScope, WallClock, cordon};
use serde_json::json;

use crate::bench::shared;

async fn acted(hand: &KubeClusterPort, action: ClusterAction) -> Answer {
    hand.perform(&action).await
}

#[test]
fn two_nodes_are_drained_through_a_tight_budget_without_a_single_delete() {
    let bench = shared();
    let group = "drained";
    let nodes = bench.nodes(group, 4);
    bench.deployment(group, 8, &json!({"maxUnavailable": 1}));
    let away = &nodes[..2];
    let mirror = Cache::start(&bench.connection.client, bench.runtime.handle());
    let clock = WallClock::new(vec![mirror.changes()]);
    let whose = NodeScope::Nodes(away.iter().cloned().collect());
    let mut side = KubeClusterPort::new(bench.connection.client.clone(), mirror, whose);
    for node in away {
        bench.runtime.block_on(cordon(&bench.connection.client, node)).unwrap();
    }
    let mark = bench.lab.audit().mark().unwrap();
    let now = Timestamp::now();
    let nodes: BTreeMap<_, _> = away.iter().map(|node| (node.clone(), (now, None))).collect();
    let evacuation = Evacuation { nodes, rules: PodRules::default(), limits: Limits::default() };
    let begun = Instant::now();
    let mut budget_waits = 0;
    let hand = side.clone();
    let ended = drain(
        &evacuation,
        &mut side,
        |act| acted(&hand, act),
        &clock,
        Settings::default(),
        |step| {
            budget_waits += step.evacuated.waits.iter().filter(|it| matches!(it.on, On::Budget(_))).count();
            begun.elapsed() > Duration::from_mins(2)
        },
    );
    let ended = bench.runtime.block_on(ended);
    assert!(matches!(ended, Ended::Drained(_)), "{ended:?}");
    assert!(budget_waits > 0, "the budget lets one pod go at a time");
    for (name, _, node) in bench.pods(group) {
        assert!(away.iter().all(|gone| gone.as_str() != node), "pod {name} is still on {node}");
    }
    let (events, _) = bench.lab.audit().since(mark).unwrap();
    let ours = events.iter().filter(|it| it.user() == "system:serviceaccount:default:replank");
    let of = |verb: &str, resource: &str| {
        ours.clone()
            .filter(|it| it.verb() == verb && it.resource() == resource)
            .map(replank_lab::Event::status)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("delete", "pods"), Vec::<u16>::new());
    let evictions = of("create", "pods/eviction");
    let accepted = evictions.iter().filter(|status| **status == 201).count();
    assert!(accepted >= 3 && evictions.len() <= accepted + 3, "{evictions:?}");
}

#[test]
fn a_drain_that_is_out_of_time_says_what_held_it() {
    let bench = shared();
    let group = "held";
    let nodes = bench.nodes(group, 1);
    bench.deployment(group, 1, &json!({"maxUnavailable": 0}));
    let mirror = Cache::start(&bench.connection.client, bench.runtime.handle());
    let clock = WallClock::new(vec![mirror.changes()]);
    let whose = NodeScope::Nodes(nodes.iter().cloned().collect());
    let mut side = KubeClusterPort::new(bench.connection.client.clone(), mirror, whose);
    let now = Timestamp::now();
    let until = Some(now + SignedDuration::from_secs(3));
    let nodes: BTreeMap<_, _> = nodes.iter().map(|node| (node.clone(), (now, until))).collect();
    let evacuation = Evacuation { nodes, rules: PodRules::default(), limits: Limits::default() };
    let hand = side.clone();
    let ended =
        drain(&evacuation, &mut side, |act| acted(&hand, act), &clock, Settings::default(), |_| false);
    let ended = bench.runtime.block_on(ended);
    let Ended::OutOfTime(evacuated) = ended else { panic!("{ended:?}") };
    let held = evacuated
        .waits
        .iter()
        .any(|wait| matches!(&wait.on, On::BudgetNever(held) if &*held.budget.name == group));
    assert!(held, "{:?}", evacuated.waits);
}
