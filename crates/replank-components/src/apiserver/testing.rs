//! Small worlds for the unit tests of API and controllers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use replank_core::behaviour::ServerVersion;
use replank_world::object::{
    AsGiven, Budget, BudgetStatus, Keep, Meta, Node, NodeReady, OwnerRef, Phase, Pod, PodSpec, PodTemplate,
    Ready, Scheduled, UnhealthyPolicy,
};
use replank_world::store::{BudgetId, NodeId, PodId, Ref};
use replank_world::time::Time;
use replank_world::timings::Timings;
use replank_world::vocab::labels::Map;
use replank_world::vocab::quantity::Resources;
use replank_world::vocab::selector::Selector;
use replank_world::world::World;

/// When the small worlds begin.
pub const START: Time = Time(1_893_456_000_000_000);

/// An empty world with the namespace `shop` and one node.
pub fn world() -> (World, NodeId) {
    let mut world = crate::kubernetes::world(7, START, Timings::default());
    // What unit tests expect was seen on this version.
    world.known.version = ServerVersion::of(34, 4);
    world.store.index.namespaces.insert(Arc::from("shop"));
    let node = node(&mut world, "node-a");
    (world, node)
}

/// A map from pairs.
pub fn map(pairs: &[(&str, &str)]) -> Map {
    pairs.iter().map(|(key, value)| (Arc::from(*key), Arc::from(*value))).collect()
}

/// Metadata of an object in namespace `shop`.
pub fn meta(world: &mut World, name: &str, labels: &[(&str, &str)]) -> Meta {
    Meta {
        namespace: Arc::from("shop"),
        name: Arc::from(name),
        uid: world.new_uid(),
        version: 0,
        generation: 1,
        created_at: world.now,
        deletion: None,
        finalizers: Vec::new(),
        owner: None,
        references: None,
        labels: world.label_set(&map(labels)),
        annotations: Arc::new(BTreeMap::new()),
    }
}

/// A Ready node without resources.
pub fn node(world: &mut World, name: &str) -> NodeId {
    let mut meta = meta(world, name, &[]);
    meta.namespace = Arc::from("");
    let node = Node {
        meta,
        instance: Arc::from("i-0"),
        zone: Arc::from("a"),
        unschedulable: false,
        cordoned: None,
        taints: Vec::new(),
        allocatable: Resources::default(),
        pods_max: 110,
        volumes_max: 25,
        ready: NodeReady::True,
        ready_since: world.now,
        kubelet: Arc::from("v1.33.0"),
        alive: true,
        used: Resources::default(),
        used_nonzero: Resources::default(),
    };
    world.add(|store| &mut store.nodes, node, Ref::Node)
}

/// A template whose pods have the label `app`.
pub fn template(world: &mut World, app: &str) -> Arc<PodTemplate> {
    let labels = map(&[("app", app)]);
    Arc::new(PodTemplate {
        id: 1,
        label_set: world.label_set(&labels),
        labels: Arc::new(labels),
        annotations: Arc::default(),
        spec: PodSpec { grace_seconds: 30, ..PodSpec::default() },
        raw: AsGiven::default(),
    })
}

/// The state of a pod in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// Running and Ready.
    Ready,
    /// Running and not Ready.
    Unready,
    /// Without a node.
    Pending,
    /// Succeeded.
    Ended,
}

/// A pod with the label `app`; on the node unless it is pending.
pub fn pod(world: &mut World, on: NodeId, name: &str, app: &str, is: Is, owner: Option<Ref>) -> PodId {
    let mut meta = meta(world, name, &[("app", app)]);
    meta.owner = owner.and_then(|at| {
        let of = world.store.meta(at)?;
        Some(OwnerRef { kind: Arc::from(at.kind()), name: of.name.clone(), uid: of.uid, at: Some(at) })
    });
    let pod = Pod {
        meta,
        template: template(world, app),
        node: (is != Is::Pending).then_some(on),
        nominated: None,
        pinned: None,
        phase: match is {
            Is::Pending => Phase::Pending,
            Is::Ended => Phase::Succeeded,
            Is::Ready | Is::Unready => Phase::Running,
        },
        ready: Ready { is: is == Is::Ready, since: world.now },
        gates_closed: false,
        scheduled: if is == Is::Pending { Scheduled::Waiting } else { Scheduled::Bound },
        disruption: None,
        started_at: None,
        finished_at: None,
        waiting: None,
        restarts: 0,
        claims: Vec::new(),
        ordinal: None,
        mirror: false,
        counted: false,
    };
    world.add_pod(pod)
}

/// A budget over the pods with the label `app`.
pub fn budget(world: &mut World, name: &str, app: &str, keep: Keep) -> BudgetId {
    let mut budget = budget_of(world, name, keep);
    budget.selector = Some(Selector::of_labels(&map(&[("app", app)])));
    world.add(|store| &mut store.budgets, budget, Ref::Budget)
}

/// A budget that selects nothing.
pub fn budget_of(world: &mut World, name: &str, keep: Keep) -> Budget {
    Budget {
        meta: meta(world, name, &[]),
        selector: None,
        keep,
        unhealthy: UnhealthyPolicy::IfHealthyBudget,
        status: BudgetStatus::default(),
        raw: AsGiven::default(),
    }
}

/// Creates an object through the API.
#[expect(clippy::panic, reason = "a test whose world cannot be made fails")]
pub fn create(world: &mut World, object: Value) -> Ref {
    match world.request(replank_world::api::Act::Create { object }) {
        Ok(replank_world::api::Outcome::Written(at)) => at,
        other => panic!("not created: {other:?}"),
    }
}

/// A workload as JSON: kind, name, replicas; its pods have the label `app` of its name.
pub fn workload(kind: &str, name: &str, replicas: i64) -> Value {
    let labels = serde_json::json!({"app": name});
    let group = if kind == "Job" { "batch/v1" } else { "apps/v1" };
    let mut object = serde_json::json!({
        "apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": "shop"},
        "spec": {"template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "main", "image": "registry.example.com/app:1"}]},
        }},
    });
    let spec = &mut object["spec"];
    match kind {
        "Job" => spec["template"]["spec"]["restartPolicy"] = "Never".into(),
        _ => spec["selector"] = serde_json::json!({"matchLabels": labels}),
    }
    if matches!(kind, "Deployment" | "ReplicaSet" | "StatefulSet") {
        spec["replicas"] = replicas.into();
    }
    object
}
