//! Which pods keep their node, and which let it go.

use super::{count, is_candidate, pass, world};
use replank_components::autoscaler::testing::to_move;
use replank_world::store::{NodeId, PodId};
use replank_world::world::World;

/// The node of a pod of the workload.
fn home(world: &World) -> NodeId {
    let (_, pod) = world.store.pods.in_namespace("shop").next().expect("a pod");
    pod.node.expect("a node")
}

fn verdict(workload: &str, flags: &str) -> Result<usize, String> {
    let text = format!("\n  - {{name: web, namespace: shop, {workload}}}");
    let mut world = world(flags, "size: {min: 3, desired: 3, max: 3}", &text);
    pass(&mut world, 10);
    let node = home(&world);
    // Only what runs in the namespace is asked about.
    let others: Vec<PodId> = world.store.index.pods_on(node).collect();
    let others = others
        .into_iter()
        .filter(|id| world.store.pods.get(*id).is_some_and(|pod| &*pod.meta.namespace != "shop"));
    others.collect::<Vec<_>>().into_iter().for_each(|id| world.remove_pod(id));
    to_move(&mut world, node).map(|pods| pods.len()).map_err(|why| {
        let name = world.store.pods.in_namespace("shop").next().map(|(_, pod)| pod.meta.name.to_string());
        why.replace(&name.unwrap_or_default(), "NAME")
    })
}

#[test]
fn pods_let_their_node_go_or_keep_it() {
    let safe = |value: &str, more: &str| {
        format!("annotations: {{cluster-autoscaler.kubernetes.io/safe-to-evict: \"{value}\"}}, {more}")
    };
    let volumes = "annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes: scratch}";
    let rows: [(String, &str, Result<usize, &str>); 13] = [
        ("replicas: 1".into(), "", Ok(1)),
        ("kind: StatefulSet".into(), "", Ok(1)),
        ("kind: DaemonSet".into(), "", Ok(0)),
        ("kind: Pod".into(), "", Err("shop/NAME is not replicated")),
        (safe("true", "kind: Pod"), "", Ok(1)),
        ("emptyDir: true".into(), "", Err("pod with local storage present: NAME")),
        ("emptyDir: true".into(), ", skipNodesWith: [system-pods]", Ok(1)),
        (format!("emptyDir: true, {volumes}"), "", Ok(1)),
        (safe("true", "emptyDir: true"), "", Ok(1)),
        (safe("false", "replicas: 1"), "", Err("pod annotated as not safe to evict present: NAME")),
        ("budget: {minAvailable: 1}".into(), "", Err("not enough pod disruption budget to move shop/NAME")),
        // Not even its budget is asked then: the drain finds out.
        (safe("true", "budget: {minAvailable: 1}"), "", Ok(1)),
        ("priority: -11".into(), "", Ok(0)),
    ];
    for (workload, flags, wanted) in rows {
        let wanted = wanted.map_err(str::to_owned);
        assert_eq!(verdict(&workload, flags), wanted, "{workload}{flags}");
    }
}

#[test]
fn pods_without_a_place_elsewhere_keep_their_node() {
    for (workload, wanted) in [
        ("replicas: 3, cpu: 100m, antiAffinity: {over: host}", 0),
        ("replicas: 3, cpu: 100m, antiAffinity: {over: host, required: false}", 2),
        ("replicas: 3, cpu: 100m, antiAffinity: {over: zone}", 0),
        ("replicas: 3, cpu: 100m, spread: {over: zone}", 0),
        ("replicas: 3, cpu: 100m, kind: StatefulSet, antiAffinity: {required: false}, volume: {}", 0),
        ("replicas: 3, cpu: 900m", 1),
        ("replicas: 3, cpu: 100m, hostPort: 80", 0),
        ("replicas: 3, cpu: 100m, nodeSelector: {topology.kubernetes.io/zone: us-west-2a}", 1),
    ] {
        let text = format!("\n  - {{name: web, namespace: shop, {workload}}}");
        let mut world = world("", "size: {min: 1, desired: 3, max: 3}", &text);
        pass(&mut world, 60);
        assert_eq!(count(&world, is_candidate), wanted, "{workload}");
    }
}

#[test]
fn pods_of_the_system_without_a_budget_keep_their_node_for_an_hour() {
    let group = "size: {min: 3, desired: 3, max: 3}";
    for (flags, seconds, wanted) in [("", 3_000, false), ("", 3_700, true), (", skipNodesWith: []", 60, true)]
    {
        let system = "\n  - {name: agent, namespace: kube-system}";
        let mut world = world(flags, group, system);
        pass(&mut world, seconds);
        let (_, pod) = world
            .store
            .pods
            .in_namespace("kube-system")
            .find(|(_, pod)| pod.meta.name.starts_with("agent"))
            .unwrap();
        let node = pod.node.unwrap();
        let own = |pod: &replank_world::object::Pod| pod.meta.name.starts_with("cluster-autoscaler");
        let scaler = world.store.pods.in_namespace("kube-system").find(|(_, pod)| own(pod));
        world.remove_pod(scaler.unwrap().0);
        assert_eq!(to_move(&mut world, node).is_ok(), wanted, "{flags} {seconds}");
    }
}
