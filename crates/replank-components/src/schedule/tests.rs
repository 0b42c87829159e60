//! Small worlds: who goes where, and in which words nobody takes a pod.

use std::sync::Arc;

use serde_json::{Value, json};

use super::next;
use crate::apiserver::testing::{self, create, map};
use crate::kubernetes::components;
use replank_world::object::{ClaimPhase, Keep, Scheduled, Zonal};
use replank_world::store::{PodId, Ref};
use replank_world::vocab::percent::IntOrPercent;
use replank_world::vocab::taint::{Effect, Taint};
use replank_world::world::World;

/// A node of 2 CPUs and 4 GiB, with its labels of host and zone and one more.
fn node(world: &mut World, name: &str, zone: &str, label: &str) {
    let id = testing::node(world, name);
    let mut labels = map(&[("kubernetes.io/hostname", name), ("topology.kubernetes.io/zone", zone)]);
    if !label.is_empty() {
        labels.insert(Arc::from(label), Arc::from("yes"));
    }
    let labels = world.label_set(&labels);
    world.edit_node(id, |node| {
        node.meta.labels = labels;
        node.zone = Arc::from(zone);
        node.allocatable.cpu_milli = 2_000;
        node.allocatable.memory_bytes = 4 << 30;
        node.pods_max = 4;
    });
}

/// Two nodes, in zones a and b.
pub(super) fn pair() -> World {
    let (mut world, first) = testing::world();
    world.remove(Ref::Node(first));
    node(&mut world, "n1", "a", "");
    node(&mut world, "n2", "b", "disk");
    world
}

/// A pod of the app `app`; `spec` is laid over its spec.
pub(super) fn pod(world: &mut World, name: &str, app: &str, spec: &Value) -> PodId {
    let requests = json!({"requests": {"cpu": "500m", "memory": "64Mi"}});
    let mut whole = json!({"containers": [{"name": "main", "image": "i", "resources": requests}]});
    for (key, value) in spec.as_object().into_iter().flatten() {
        whole[key] = value.clone();
    }
    let meta = json!({"name": name, "namespace": "shop", "labels": {"app": app}});
    let made = create(world, json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": whole}));
    let Ref::Pod(id) = made else { panic!("{made:?} is no pod") };
    id
}

/// The class of a priority, by name.
fn class(world: &mut World, priority: i32) -> Value {
    let name = format!("p{priority}");
    // It may be there already.
    let class = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
        "value": priority});
    let _known = world.request(replank_world::api::Act::Create { object: class });
    json!(name)
}

/// Where the pod is, or the first sentence of why it is nowhere.
pub(super) fn place(world: &mut World, id: PodId) -> String {
    for _ in 0..10 {
        next(world);
    }
    let pod = world.store.pods.get(id).unwrap();
    match (&pod.scheduled, pod.node) {
        (_, Some(at)) => world.store.nodes.get(at).unwrap().meta.name.to_string(),
        (Scheduled::Unschedulable(message), None) => {
            let (sentence, _) = message.split_once(". no new claims").unwrap_or((message, ""));
            let sentence = sentence.strip_suffix(" not found").unwrap_or(sentence);
            sentence.trim_start_matches("0/2 nodes are available: ").trim_end_matches('.').to_owned()
        }
        (Scheduled::Waiting | Scheduled::Bound, None) => "waits".to_owned(),
    }
}

fn near(kind: &str, key: &str, app: &str) -> Value {
    let term = json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key});
    json!({"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}})
}

fn spread(key: &str) -> Value {
    json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "new"}}}]})
}

fn asks(resource: &str, much: &str) -> Value {
    let resources = json!({"requests": {resource: much}, "limits": {resource: much}});
    json!({"containers": [{"name": "main", "image": "i", "resources": resources}]})
}

#[test]
fn every_filter_says_why() {
    const HOST: &str = "kubernetes.io/hostname";
    let on = |name: &str| json!({"nodeName": name});
    let port = |node: Value| {
        let ports = json!([{"hostPort": 80, "containerPort": 80}]);
        let mut spec = json!({"containers": [{"name": "main", "image": "i", "ports": ports}]});
        if !node.is_null() {
            spec["nodeName"] = node;
        }
        spec
    };
    let mut hermit = near("podAntiAffinity", HOST, "new");
    hermit["nodeName"] = json!("n1");
    let only = |label: &str| json!({"nodeSelector": {label: "yes"}});
    // What is there (app, spec), what comes, and where it goes or why not.
    let table: Vec<(Vec<(&str, Value)>, Value, &str)> = vec![
        (vec![], only("disk"), "n2"),
        (vec![], only("tape"), "2 node(s) didn't match Pod's node affinity/selector"),
        (vec![], asks("cpu", "3"), "2 Insufficient cpu"),
        (vec![], asks("memory", "5Gi"), "2 Insufficient memory"),
        (vec![], asks("example.com/gpu", "1"), "2 Insufficient example.com/gpu"),
        (vec![("old", on("n1")), ("old", on("n1"))], asks("cpu", "1500m"), "n2"),
        (vec![("old", port(json!("n1")))], port(Value::Null), "n2"),
        (
            vec![("old", port(json!("n1"))), ("old", port(json!("n2")))],
            port(Value::Null),
            "2 node(s) didn't have free ports for the requested pod ports",
        ),
        (vec![("new", on("n1"))], spread(HOST), "n2"),
        (
            vec![],
            spread("rack"),
            "2 node(s) didn't match pod topology spread constraints (missing required label)",
        ),
        (vec![("old", on("n2"))], near("podAffinity", HOST, "old"), "n2"),
        (vec![("old", on("n2"))], near("podAntiAffinity", HOST, "old"), "n1"),
        (vec![], near("podAffinity", HOST, "old"), "2 node(s) didn't match pod affinity rules"),
        (
            vec![("old", on("n1")), ("old", on("n2"))],
            near("podAntiAffinity", HOST, "old"),
            "2 node(s) didn't match pod anti-affinity rules",
        ),
        (vec![("old", hermit.clone())], json!({}), "n2"),
        (
            vec![("old", hermit), ("old", on("n2")), ("old", on("n2")), ("old", on("n2")), ("old", on("n2"))],
            json!({}),
            "1 Insufficient cpu, 1 Too many pods, 1 node(s) didn't satisfy existing pods anti-affinity rules",
        ),
    ];
    for (number, (there, comes, wanted)) in table.into_iter().enumerate() {
        let mut world = pair();
        for (at, (app, spec)) in there.into_iter().enumerate() {
            pod(&mut world, &format!("old-{at}"), app, &spec);
        }
        let id = pod(&mut world, "new", "new", &comes);
        assert_eq!(place(&mut world, id), wanted, "row {number}");
    }
}

#[test]
fn nodes_shut_to_a_pod_are_counted_by_what_shuts_them() {
    let mut world = pair();
    let at = |world: &World, name: &str| world.store.nodes.find("", name).unwrap();
    let (first, second) = (at(&world, "n1"), at(&world, "n2"));
    world.edit_node(first, |node| node.unschedulable = true);
    world.edit_node(second, |node| node.taints.push(Taint::new("team", "x", Effect::NoSchedule)));
    let id = pod(&mut world, "new", "new", &json!({}));
    assert_eq!(place(&mut world, id), "1 node(s) had untolerated taint(s), 1 node(s) were unschedulable");
    // A node that opens lets the pod in at once, in spite of its back-off.
    world.edit_node(first, |node| node.unschedulable = false);
    assert_eq!(place(&mut world, id), "n1");
}

#[test]
fn only_what_may_help_wakes_a_pod() {
    let mut world = pair();
    let there: Vec<PodId> = ["n1", "n2"]
        .iter()
        .map(|name| pod(&mut world, &format!("old-{name}"), "old", &json!({"nodeName": name})))
        .collect();
    let id = pod(&mut world, "new", "new", &near("podAntiAffinity", "kubernetes.io/hostname", "old"));
    assert!(place(&mut world, id).starts_with("2 node(s) didn't match pod anti-affinity"));
    let idle = |world: &World| components(&world.state).scheduler.waiting.is_idle(true);
    world.edit_pod(there[0], |pod| pod.restarts += 1);
    assert!(idle(&world), "a pod that stays where it is helps nobody");
    world.remove_pod(there[0]);
    assert!(!idle(&world));
    assert_eq!(place(&mut world, id), "n1");
}

/// Pods of these priorities fill a node; budgets guard some.
#[test]
fn preemption_takes_the_least() {
    // What is on n1 and n2: priority, and whether a budget forbids its end. Who is chosen, on which node.
    type Case = (&'static [(i32, bool)], &'static [(i32, bool)], &'static [&'static str]);
    let table: &[Case] = &[
        // The lowest of the top priorities.
        (&[(5, false), (5, false)], &[(1, false), (1, false)], &["n2-1"]),
        // A budget that would be broken weighs more than priority.
        (&[(5, false), (5, false)], &[(1, true), (1, true)], &["n1-1"]),
        // The one under a budget is put back first.
        (&[(1, true), (1, false)], &[(50, false), (50, false)], &["n1-1"]),
        // Nobody is below.
        (&[(50, false), (50, false)], &[(50, false), (50, false)], &[]),
    ];
    for (number, (first, second, wanted)) in table.iter().enumerate() {
        let mut world = pair();
        testing::budget(&mut world, "guard", "guarded", Keep::MinAvailable(IntOrPercent::Int(9)));
        let mut all = Vec::new();
        for (name, pods) in [("n1", first), ("n2", second)] {
            for (at, (priority, guarded)) in pods.iter().enumerate() {
                let app = if *guarded { "guarded" } else { "free" };
                let mut spec = asks("cpu", "1");
                (spec["nodeName"], spec["priorityClassName"]) = (json!(name), class(&mut world, *priority));
                let label = format!("{name}-{at}");
                all.push((pod(&mut world, &label, app, &spec), label));
            }
        }
        let mut spec = asks("cpu", "1");
        spec["priorityClassName"] = class(&mut world, 10);
        let id = pod(&mut world, "new", "new", &spec);
        next(&mut world);
        let gone = |id: &PodId| world.store.pods.get(*id).is_none_or(replank_world::object::Pod::terminating);
        let victims: Vec<&str> =
            all.iter().filter(|(id, _)| gone(id)).map(|(_, name)| name.as_str()).collect();
        assert_eq!(&victims, wanted, "row {number}");
        let new = world.store.pods.get(id).unwrap();
        assert_eq!(new.nominated.is_some(), !wanted.is_empty(), "row {number}");
        for (id, _) in all.iter().filter(|(id, _)| gone(id)) {
            let why = world.store.pods.get(*id).and_then(|pod| pod.disruption);
            assert_eq!(why, Some("PreemptionByScheduler"), "row {number}");
        }
    }
}

#[test]
fn a_pod_that_may_not_preempt_waits() {
    let mut world = pair();
    for name in ["n1", "n2"] {
        let mut spec = asks("cpu", "2");
        spec["nodeName"] = json!(name);
        pod(&mut world, &format!("old-{name}"), "old", &spec);
    }
    let mut spec = asks("cpu", "1");
    (spec["priorityClassName"], spec["preemptionPolicy"]) = (class(&mut world, 10), json!("Never"));
    let id = pod(&mut world, "new", "new", &spec);
    assert_eq!(place(&mut world, id), "2 Insufficient cpu");
    let Scheduled::Unschedulable(message) = &world.store.pods.get(id).unwrap().scheduled else { panic!() };
    assert!(message.ends_with("preemption: not eligible due to preemptionPolicy=Never."), "{message}");
    assert!(world.store.pods.iter().all(|(_, pod)| !pod.terminating()));
}

#[test]
fn a_new_node_renews_what_pods_say() {
    let mut world = pair();
    for name in ["n1", "n2"] {
        let id = world.store.nodes.find("", name).unwrap();
        world.edit_node(id, |node| node.unschedulable = true);
    }
    let id = pod(&mut world, "new", "new", &json!({}));
    assert_eq!(place(&mut world, id), "2 node(s) were unschedulable");
    let mut new = world.store.nodes.find("", "n1").and_then(|id| world.store.nodes.get(id)).unwrap().clone();
    (new.meta.name, new.meta.uid, new.unschedulable) = (Arc::from("n3"), world.new_uid(), false);
    new.taints = vec![Taint::new("node.kubernetes.io/not-ready", "", Effect::NoSchedule)];
    world.add(|store| &mut store.nodes, new, Ref::Node);
    let said = place(&mut world, id);
    assert!(said.ends_with("1 node(s) had untolerated taint(s), 2 node(s) were unschedulable"), "{said}");
}

/// What the one claim of a pod is like, and where the pod goes or why not.
#[test]
fn volumes_say_why() {
    const ONCE: &str = "ReadWriteOnce";
    let bound = |zone: &str| ClaimPhase::Bound { volume: "v".into(), zonal: Zonal::Zone(zone.into()) };
    let elsewhere = "2 node(s) didn't match PersistentVolume's node affinity";
    let full = "2 node(s) exceed max volume count";
    let gone = "2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
    let unbound = "pod has unbound immediate PersistentVolumeClaims";
    let nothing = "2 node(s) didn't find available persistent volumes to bind";
    let one =
        "2 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";
    // Its class, its mode of access, its phase, whether a pod on n1 uses it, how many volumes a node takes.
    let table: Vec<(&str, &str, ClaimPhase, bool, u32, &str)> = vec![
        ("", ONCE, bound("b"), false, 9, "n2"),
        ("", ONCE, bound("c"), false, 9, elsewhere),
        ("", ONCE, bound("b"), false, 0, full),
        ("", ONCE, ClaimPhase::Lost, false, 9, gone),
        ("", ONCE, ClaimPhase::Pending, false, 9, unbound),
        ("local", ONCE, ClaimPhase::Pending, false, 9, nothing),
        ("", "ReadWriteOncePod", bound("a"), true, 9, one),
    ];
    for (number, (class, mode, phase, used, limit, wanted)) in table.into_iter().enumerate() {
        let mut world = pair();
        create(
            &mut world,
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "local"},
                "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"}),
        );
        for name in ["n1", "n2"] {
            let id = world.store.nodes.find("", name).unwrap();
            world.edit_node(id, |node| node.volumes_max = limit);
        }
        let made = create(
            &mut world,
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": {"name": "data", "namespace": "shop"},
                "spec": {"accessModes": [mode], "storageClassName": class,
                    "resources": {"requests": {"storage": "1Gi"}}}}),
        );
        let Ref::Claim(claim) = made else { panic!("{made:?}") };
        world.store.claims.get_mut(claim).unwrap().phase = phase;
        let mut spec = json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]});
        if used {
            spec["nodeName"] = json!("n1");
            pod(&mut world, "old", "old", &spec);
            spec.as_object_mut().unwrap().remove("nodeName");
        }
        let id = pod(&mut world, "new", "new", &spec);
        assert_eq!(place(&mut world, id), wanted, "row {number}");
    }
}

/// Both nodes take the pod; one scorer at a time prefers one of them.
#[test]
fn every_scorer_has_its_say() {
    let on = |name: &str| json!({"nodeName": name});
    let wants = json!({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
        {"weight": 1, "preference": {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}}]}}});
    let near = |kind: &str| {
        let term = json!({"labelSelector": {"matchLabels": {"app": "old"}}, "topologyKey": "kubernetes.io/hostname"});
        json!({"affinity": {kind: {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "podAffinityTerm": term}]}}})
    };
    let mut even = spread("kubernetes.io/hostname");
    even["topologySpreadConstraints"][0]["whenUnsatisfiable"] = json!("ScheduleAnyway");
    // What is there, what comes, which node has a taint that discourages, and where it goes.
    let table = [
        (vec![], wants, "", "n2"),
        (vec![], json!({}), "n1", "n2"),
        (vec![("old", on("n2"))], json!({}), "", "n1"),
        (vec![("new", on("n1")), ("old", on("n2"))], even, "", "n2"),
        (vec![("old", on("n1")), ("else", on("n2"))], near("podAffinity"), "", "n1"),
        (vec![("old", on("n1")), ("else", on("n2"))], near("podAntiAffinity"), "", "n2"),
    ];
    for (number, (there, comes, soft, wanted)) in table.into_iter().enumerate() {
        // Ties would be broken by the pod's name, so several are tried.
        for try_ in 0..6 {
            let mut world = pair();
            if let Some(id) = world.store.nodes.find("", soft) {
                let taint = Taint::new("old", "", Effect::PreferNoSchedule);
                world.edit_node(id, |node| node.taints.push(taint));
            }
            for (at, (app, spec)) in there.iter().enumerate() {
                pod(&mut world, &format!("old-{at}"), app, spec);
            }
            let id = pod(&mut world, &format!("new-{try_}"), "new", &comes);
            assert_eq!(place(&mut world, id), wanted, "row {number}");
        }
    }
}
