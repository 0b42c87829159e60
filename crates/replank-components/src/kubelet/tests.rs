//! What pods and nodes go through, second by second; and the small world other tests build on.

use std::sync::Arc;

use super::rules::{NodeQuirk, NodeRule, OnNodes, PodQuirk, PodRule};
use super::{NodeSeed, kill_kubelet, place_node, register_node, revive_kubelet};
use crate::kubernetes::components_mut;
use replank_world::object::{
    AsGiven, Deletion, Meta, NodeReady, Phase, Pod, PodSpec, PodTemplate, Probe, Ready, Scheduled,
};
use replank_world::rng::Delay;
use replank_world::store::{NodeId, PodId, Ref};
use replank_world::time::{Span, Time};
use replank_world::timings::Timings;
use replank_world::vocab::labels::Map;
use replank_world::vocab::quantity::Resources;
use replank_world::vocab::selector::Selector;
use replank_world::vocab::taint::{Effect, NOT_READY, Taint};
use replank_world::world::World;

/// A world at zero where everything takes a fixed time: join 10 s, pull 3 s, start 1 s, ready 5 s, stop 2 s.
pub(crate) fn world() -> World {
    let fixed = |seconds| Delay::Fixed(Span::secs(seconds));
    let timings = Timings {
        join: fixed(10),
        pull: fixed(3),
        start: fixed(1),
        ready: fixed(5),
        stop: fixed(2),
        ..Timings::default()
    };
    crate::kubernetes::world(7, Time(0), timings)
}

/// The moment so many seconds after zero.
pub(crate) fn at(seconds: i64) -> Time {
    Time(0) + Span::secs(seconds)
}

/// A seed of a node in a zone.
pub(crate) fn seed(name: &str, zone: &str) -> NodeSeed {
    NodeSeed {
        name: Arc::from(name),
        instance: Arc::from(["i-", name].concat()),
        zone: Arc::from(zone),
        allocatable: Resources { cpu_milli: 4000, ..Resources::default() },
        pods_max: 110,
        ..NodeSeed::default()
    }
}

/// A node that has been there for long.
pub(crate) fn node(world: &mut World, name: &str, zone: &str) -> NodeId {
    place_node(world, seed(name, zone))
}

/// A pod, bound or not, that has not started.
pub(crate) fn pod(world: &mut World, name: &str, node: Option<NodeId>, spec: PodSpec) -> PodId {
    let labels = Map::from([(Arc::from("app"), Arc::from("web"))]);
    let label_set = world.label_set(&labels);
    let labels = Arc::new(labels);
    let template =
        PodTemplate { id: 1, labels, label_set, annotations: Arc::default(), spec, raw: AsGiven::default() };
    let meta = Meta {
        namespace: Arc::from("default"),
        name: Arc::from(name),
        uid: world.new_uid(),
        version: 0,
        generation: 0,
        created_at: world.now,
        deletion: None,
        finalizers: Vec::new(),
        owner: None,
        references: None,
        labels: label_set,
        annotations: Arc::default(),
    };
    world.add_pod(Pod {
        meta,
        template: Arc::new(template),
        node,
        nominated: None,
        pinned: None,
        phase: Phase::Pending,
        ready: Ready { is: false, since: Time(0) },
        gates_closed: false,
        scheduled: if node.is_some() { Scheduled::Bound } else { Scheduled::Waiting },
        disruption: None,
        started_at: None,
        finished_at: None,
        waiting: None,
        restarts: 0,
        claims: Vec::new(),
        ordinal: None,
        counted: false,
        mirror: false,
    })
}

/// Asks for a pod's deletion with this grace.
pub(crate) fn delete(world: &mut World, id: PodId, grace_seconds: i64) {
    let asked_at = world.now;
    let until = asked_at + Span::secs(grace_seconds);
    world.edit_pod(id, |pod| pod.meta.deletion = Some(Deletion { asked_at, until, grace_seconds }));
}

fn spec() -> PodSpec {
    PodSpec {
        grace_seconds: 30,
        images: vec![Arc::from("web:1")],
        requests: Resources { cpu_milli: 100, ..Resources::default() },
        ..PodSpec::default()
    }
}

fn probed(initial: i64) -> PodSpec {
    PodSpec { probe: Some(Probe { initial: Span::secs(initial), period: Span::secs(10) }), ..spec() }
}

fn rule(quirk: PodQuirk) -> PodRule {
    PodRule::new(None, None, quirk)
}

/// What a pod looks like, in one line.
fn look(world: &World, id: PodId) -> String {
    let Some(pod) = world.store.pods.get(id) else { return "gone".to_owned() };
    let ready = if pod.ready.is { "/Ready" } else { "" };
    let waiting = pod.waiting.as_ref().map_or(String::new(), |reason| format!("/{reason}"));
    let going = if pod.terminating() { "/Terminating" } else { "" };
    format!("{:?}{ready}{waiting}{going}", pod.phase)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn pods_start_at_their_own_pace() {
    let fixed = |seconds| Delay::Fixed(Span::secs(seconds));
    // What, its spec, a rule, and how it looks at which second.
    let rows: Vec<(&str, PodSpec, Option<PodRule>, Vec<(i64, &str)>)> = vec![
        ("no probe", spec(), None, vec![(3, "Pending"), (4, "Running/Ready")]),
        (
            "no image",
            PodSpec { images: Vec::new(), ..spec() },
            None,
            vec![(0, "Pending"), (1, "Running/Ready")],
        ),
        ("a probe", probed(7), None, vec![(4, "Running"), (15, "Running"), (16, "Running/Ready")]),
        (
            "slow",
            spec(),
            Some(rule(PodQuirk::Start(fixed(60)))),
            vec![(62, "Pending"), (63, "Running/Ready")],
        ),
        (
            "late",
            probed(7),
            Some(rule(PodQuirk::Ready(fixed(90)))),
            vec![(93, "Running"), (94, "Running/Ready")],
        ),
        ("never", spec(), Some(rule(PodQuirk::NeverReady)), vec![(4, "Running"), (9_000, "Running")]),
        (
            "not yet",
            spec(),
            Some(PodRule { until: Some(at(100)), ..rule(PodQuirk::NeverReady) }),
            vec![(99, "Running"), (100, "Running/Ready")],
        ),
        (
            "no image there",
            spec(),
            Some(rule(PodQuirk::PullFails)),
            vec![
                (3, "Pending/ErrImagePull"),
                (13, "Pending/ImagePullBackOff"),
                (9_000, "Pending/ImagePullBackOff"),
            ],
        ),
        (
            "image there later",
            spec(),
            Some(PodRule { until: Some(at(20)), ..rule(PodQuirk::PullFails) }),
            vec![(13, "Pending/ImagePullBackOff"), (33, "Pending"), (37, "Running/Ready")],
        ),
        (
            "crashes",
            spec(),
            Some(rule(PodQuirk::Crashes(fixed(2)))),
            vec![
                (4, "Running/Ready"),
                (6, "Running/CrashLoopBackOff"),
                (16, "Running/Ready"),
                (18, "Running/CrashLoopBackOff"),
                (37, "Running/CrashLoopBackOff"),
                (38, "Running/Ready"),
            ],
        ),
        (
            "another namespace",
            spec(),
            Some(PodRule { namespace: Some(Arc::from("else")), ..rule(PodQuirk::NeverReady) }),
            vec![(4, "Running/Ready")],
        ),
        (
            "old node",
            spec(),
            Some(PodRule { nodes: OnNodes::New, ..rule(PodQuirk::NeverReady) }),
            vec![(4, "Running/Ready")],
        ),
    ];
    for (what, spec, rule, looks) in rows {
        let mut world = world();
        let node = node(&mut world, "n", "a");
        rule.into_iter().for_each(|rule| components_mut(&mut world.state).kubelets.rules.add_pods(rule));
        let pod = pod(&mut world, "p", Some(node), spec);
        for (seconds, wanted) in looks {
            world.advance_to(at(seconds));
            assert_eq!(look(&world, pod), wanted, "{what} at {seconds}");
        }
    }
}

#[test]
fn a_node_pulls_an_image_once_and_a_rule_counts_whom_it_met() {
    let mut world = world();
    let node = node(&mut world, "n", "a");
    components_mut(&mut world.state)
        .kubelets
        .rules
        .add_pods(PodRule { first: Some(1), ..rule(PodQuirk::NeverReady) });
    let one = pod(&mut world, "one", Some(node), spec());
    world.advance_to(at(2));
    let two = pod(&mut world, "two", Some(node), spec());
    world.advance_to(at(4));
    assert_eq!((look(&world, one), look(&world, two)), ("Running".into(), "Running/Ready".into()));
    let three = pod(&mut world, "three", Some(node), spec());
    world.advance_to(at(5));
    assert_eq!(look(&world, three), "Running/Ready");
}

#[test]
fn pods_stop_within_their_grace() {
    let stop = |seconds| PodQuirk::Stop(Delay::Fixed(Span::secs(seconds)));
    let hook = |seconds| PodSpec { pre_stop: Span::secs(seconds), ..spec() };
    let rows: Vec<(&str, PodSpec, Option<PodQuirk>, i64, Option<i64>)> = vec![
        ("in order", spec(), None, 30, Some(2)),
        ("with a hook", hook(5), None, 30, Some(7)),
        ("cut", spec(), Some(stop(60)), 30, Some(30)),
        ("short grace", spec(), Some(stop(60)), 1, Some(1)),
        ("deaf", spec(), Some(PodQuirk::IgnoresTerm), 30, Some(30)),
        ("hook overruns", hook(50), None, 30, Some(32)),
        ("never", spec(), Some(PodQuirk::NeverStops), 30, None),
        ("held", spec(), Some(PodQuirk::Held(Arc::from("example.com/hold"))), 30, None),
    ];
    for (what, spec, quirk, grace, gone_after) in rows {
        let mut world = world();
        let node = node(&mut world, "n", "a");
        quirk
            .into_iter()
            .for_each(|quirk| components_mut(&mut world.state).kubelets.rules.add_pods(rule(quirk)));
        let pod = pod(&mut world, "p", Some(node), spec);
        world.advance_to(at(100));
        delete(&mut world, pod, grace);
        match gone_after {
            Some(seconds) => {
                world.advance_to(Time(at(100 + seconds).0 - 1));
                assert_ne!(look(&world, pod), "gone", "{what}");
                world.advance_to(at(100 + seconds));
                assert_eq!(look(&world, pod), "gone", "{what}");
            }
            None => {
                world.advance_to(at(100_000));
                assert_ne!(look(&world, pod), "gone", "{what}");
            }
        }
    }
}

#[test]
fn a_shorter_grace_cuts_a_stop_short_and_a_pod_that_never_ran_goes_at_once() {
    let mut world = world();
    let node = node(&mut world, "n", "a");
    components_mut(&mut world.state).kubelets.rules.add_pods(rule(PodQuirk::IgnoresTerm));
    let (deaf, fresh) =
        (pod(&mut world, "p", Some(node), spec()), pod(&mut world, "q", Some(node), probed(0)));
    delete(&mut world, fresh, 30);
    world.advance_to(at(1));
    assert_eq!(look(&world, fresh), "gone");
    world.advance_to(at(10));
    delete(&mut world, deaf, 30);
    world.advance_to(at(11));
    delete(&mut world, deaf, 3);
    world.advance_to(at(14));
    assert_eq!(look(&world, deaf), "gone");
    assert_eq!(world.store.nodes.get(node).map(|node| node.used.cpu_milli), Some(0));
}

#[test]
fn a_node_registers_unready_and_a_dead_kubelet_changes_nothing() {
    let mut world = world();
    let node = register_node(&mut world, seed("n", "a"));
    let state = |world: &World| world.store.nodes.get(node).map(|node| (node.ready, node.taints.clone()));
    let taint = Taint::new(NOT_READY, "", Effect::NoSchedule);
    assert_eq!(state(&world), Some((NodeReady::False, vec![taint])));
    world.advance_to(at(10));
    assert_eq!(state(&world).map(|(ready, _)| ready), Some(NodeReady::True));
    let (old, young) =
        (pod(&mut world, "old", Some(node), spec()), pod(&mut world, "young", Some(node), probed(5)));
    world.advance_to(at(15));
    kill_kubelet(&mut world, node);
    delete(&mut world, old, 30);
    world.advance_to(at(50));
    assert_eq!(
        (look(&world, old), look(&world, young)),
        ("Running/Ready/Terminating".into(), "Running".into())
    );
    revive_kubelet(&mut world, node);
    world.advance_to(at(70));
    assert_eq!((look(&world, old), look(&world, young)), ("gone".into(), "Running/Ready".into()));
}

#[test]
fn mirrors_come_back() {
    let mut world = world();
    let node = node(&mut world, "n", "a");
    let mirror = pod(&mut world, "proxy-n", Some(node), spec());
    world.edit_pod(mirror, |pod| pod.mirror = true);
    world.advance_to(at(10));
    delete(&mut world, mirror, 30);
    world.advance_to(at(11));
    let now = world.store.pods.find("default", "proxy-n");
    assert!(now.is_some_and(|now| now != mirror), "{now:?}");
    assert_eq!(look(&world, now.unwrap()), "Running/Ready");
    assert!(world.events.about(Ref::Pod(mirror)).next().is_none());
}

#[test]
fn nodes_misbehave_by_rule() {
    let rule = |quirk, first| NodeRule { labels: Selector::default(), first, from: None, until: None, quirk };
    let fixed = |seconds| Delay::Fixed(Span::secs(seconds));
    // A rule, and the condition of two new nodes after so many seconds.
    let (yes, no, unknown) = (NodeReady::True, NodeReady::False, NodeReady::Unknown);
    let rows = [
        (rule(NodeQuirk::NeverReady, None), 9_000, [no, no]),
        (rule(NodeQuirk::NeverReady, Some(1)), 9_000, [no, yes]),
        (rule(NodeQuirk::Join(fixed(60)), Some(1)), 59, [no, yes]),
        (rule(NodeQuirk::Join(fixed(60)), Some(1)), 60, [yes, yes]),
        (rule(NodeQuirk::FallsSilent(fixed(100)), Some(1)), 110, [yes, yes]),
        (rule(NodeQuirk::FallsSilent(fixed(100)), Some(1)), 170, [unknown, yes]),
        (NodeRule { until: Some(Time(0)), ..rule(NodeQuirk::NeverReady, None) }, 10, [yes, yes]),
    ];
    for (rule, seconds, wanted) in rows {
        let mut world = world();
        components_mut(&mut world.state).kubelets.rules.add_nodes(rule.clone());
        let nodes = ["one", "two"].map(|name| register_node(&mut world, seed(name, "a")));
        world.advance_to(at(seconds));
        let ready = nodes.map(|node| world.store.nodes.get(node).unwrap().ready);
        assert_eq!(ready, wanted, "{rule:?} at {seconds}");
    }
}
