//! Cases of `control::volume`: tables of what is given and what must come of it.

use super::*;
use crate::control::bench::{self, Bench};
use replank_world::object::{AsGiven, BindingMode, VolumeStep, Zonal};
use replank_world::rng::Delay;
use replank_world::time::{Span, Time};
use replank_world::vocab::taint::{Effect, Taint};

fn bench(binding: BindingMode) -> Bench {
    let mut bench = Bench::new(0);
    for (name, zone) in [("n0", "a"), ("n1", "b"), ("n2", "b")] {
        let node = bench::node_with(&mut bench.world, name, |node| node.zone = Arc::from(zone));
        bench.nodes.push(node);
    }
    bench.world.timings.attach = Delay::Fixed(Span::secs(5));
    bench::storage_class(&mut bench.world, "disk", binding);
    bench
}

fn claim(bench: &mut Bench, modes: &[&str]) -> ClaimId {
    let raw = serde_json::json!({"spec": {"accessModes": modes, "storageClassName": "disk"}});
    create(&mut bench.world, Arc::from("shop"), Arc::from("data"), AsGiven::of(&raw))
}

/// A pod that uses the claim, on a node.
fn pod(bench: &mut Bench, name: &str, node: usize) -> PodId {
    let template = bench::template(&mut bench.world, name, |spec| {
        spec.volumes = vec![replank_world::object::Volume::Claim(Arc::from("data"))];
    });
    let owner = replank_world::object::OwnerRef {
        kind: Arc::from("Test"),
        name: Arc::from("t"),
        uid: replank_world::object::Uid::default(),
        at: None,
    };
    let order = make::Order::new(owner, Arc::from("shop"), Arc::from(name), template);
    let pod = make::pod(&mut bench.world, order).unwrap();
    bench.world.bind_pod(pod, bench.nodes[node]);
    pod
}

fn zone(bench: &Bench, id: ClaimId) -> Option<String> {
    match &bench.world.store.claims.get(id)?.phase {
        ClaimPhase::Bound { zonal: Zonal::Zone(zone), .. } => Some(zone.to_string()),
        ClaimPhase::Bound { .. } => Some("anywhere".to_owned()),
        ClaimPhase::Pending | ClaimPhase::Lost => None,
    }
}

/// Seconds until the volume is on the node.
fn until_ready(bench: &mut Bench, id: ClaimId, node: usize) -> i64 {
    let start: Time = bench.world.now;
    for _ in 0..20_000 {
        if ready_on(&bench.world, id, bench.nodes[node]) {
            break;
        }
        bench.pass(Span::millis(50));
    }
    ((bench.world.now - start).0 + 400_000) / 1_000_000
}

#[test]
fn claims_are_bound_at_once_or_with_their_first_pod() {
    for (binding, at_once) in [(BindingMode::Immediate, true), (BindingMode::WaitForFirstConsumer, false)] {
        let mut bench = bench(binding);
        let id = claim(&mut bench, &["ReadWriteOnce"]);
        bench.settle();
        assert_eq!(zone(&bench, id).is_some(), at_once, "{binding:?}");
        pod(&mut bench, "db", 1);
        bench.settle();
        assert!(at_once || zone(&bench, id).as_deref() == Some("b"), "the zone of the node");
    }
}

#[test]
fn shared_volumes_are_everywhere() {
    let mut bench = bench(BindingMode::Immediate);
    let id = claim(&mut bench, &["ReadWriteMany"]);
    bench.settle();
    assert_eq!(zone(&bench, id).as_deref(), Some("anywhere"));
    assert!((0..3).all(|node| ready_on(&bench.world, id, bench.nodes[node])));
}

/// What happens to the node of the old pod, and how long the new pod waits for the volume.
#[test]
fn a_volume_comes_only_after_it_left_the_node_before() {
    type Fate = fn(&mut Bench);
    let rows: [(&str, Fate, i64); 4] = [
        ("lives", |_| {}, 10),
        ("vanished", |bench| bench.world.remove(Ref::Node(bench.nodes[1])), 365),
        ("silent", |bench| bench.world.edit_node(bench.nodes[1], |node| node.alive = false), 365),
        (
            "out of service",
            |bench| {
                bench.world.edit_node(bench.nodes[1], |node| {
                    node.alive = false;
                    node.taints.push(Taint::new("node.kubernetes.io/out-of-service", "", Effect::NoExecute));
                });
            },
            10,
        ),
    ];
    for (name, fate, wanted) in rows {
        let mut bench = bench(BindingMode::WaitForFirstConsumer);
        let id = claim(&mut bench, &["ReadWriteOnce"]);
        let old = pod(&mut bench, "db-old", 1);
        assert_eq!(until_ready(&mut bench, id, 1), 7, "provisioned and attached");
        bench.settle();
        pod(&mut bench, "db-new", 2);
        bench.pass(Span::secs(60));
        assert!(!ready_on(&bench.world, id, bench.nodes[2]), "{name}: the old pod is there");
        fate(&mut bench);
        bench.world.remove_pod(old);
        assert_eq!(until_ready(&mut bench, id, 2), wanted, "{name}");
        assert!(!ready_on(&bench.world, id, bench.nodes[1]));
    }
}

#[test]
fn a_pod_that_waits_is_told_why() {
    let mut bench = bench(BindingMode::WaitForFirstConsumer);
    claim(&mut bench, &["ReadWriteOnce"]);
    pod(&mut bench, "db-old", 1);
    bench.settle();
    let new = pod(&mut bench, "db-new", 2);
    bench.pass(Span::secs(1));
    let messages: Vec<String> =
        bench.world.events.about(Ref::Pod(new)).map(|event| event.message.to_string()).collect();
    assert!(
        messages.iter().any(|it| it.ends_with("Volume is already used by pod(s) db-old")),
        "{messages:?}"
    );
}

#[test]
fn a_pod_that_ended_lets_go() {
    let mut bench = bench(BindingMode::WaitForFirstConsumer);
    let id = claim(&mut bench, &["ReadWriteOnce"]);
    let old = pod(&mut bench, "db-old", 1);
    bench.settle();
    bench.world.edit_pod(old, |pod| pod.phase = replank_world::object::Phase::Succeeded);
    bench.pass(Span::millis(100));
    let under_way = bench.world.store.claims.get(id).and_then(|claim| claim.under_way);
    assert!(matches!(under_way, Some((VolumeStep::Detaching, _))));
}

/// A volume made beforehand: name, class, size, modes, the claim it names.
type Made = (&'static str, &'static str, &'static str, &'static [&'static str], Option<&'static str>);

fn volume(bench: &mut Bench, source: &str, (name, class, size, modes, claim): Made) {
    let mut spec = serde_json::json!({
        "capacity": {"storage": size}, "accessModes": modes, "storageClassName": class, source: {},
    });
    if let Some(claim) = claim {
        spec["claimRef"] = serde_json::json!({"namespace": "shop", "name": claim});
    }
    let raw = serde_json::json!({"metadata": {"name": name}, "spec": spec});
    let meta = make::meta(&mut bench.world, Arc::from(""), Arc::from(name), None);
    let (api_version, kind) = (Arc::from("v1"), Arc::from("PersistentVolume"));
    let other = replank_world::store::Other { meta, api_version, kind, raw: raw.into() };
    bench.world.store.others.insert(other);
}

/// Volumes, and which of them a claim `data` for 5Gi of class `manual` gets; nothing provisions for that class.
#[test]
fn a_claim_gets_the_volume_that_names_it_or_the_smallest_that_fits() {
    const ONE: &[&str] = &["ReadWriteOnce"];
    const MANY: &[&str] = &["ReadWriteOnce", "ReadWriteMany"];
    let rows: [(&[Made], Option<&str>); 7] = [
        (&[], None),
        (&[("a", "manual", "4Gi", ONE, None)], None),
        (&[("a", "manual", "20Gi", ONE, None), ("b", "manual", "10Gi", MANY, None)], Some("b")),
        (&[("a", "disk", "10Gi", ONE, None)], None),
        (&[("a", "manual", "10Gi", &["ReadOnlyMany"], None)], None),
        (&[("a", "manual", "10Gi", ONE, None), ("b", "other", "50Gi", ONE, Some("data"))], Some("b")),
        (&[("a", "manual", "10Gi", ONE, Some("else")), ("b", "other", "50Gi", ONE, Some("data"))], Some("b")),
    ];
    for (volumes, wanted) in rows {
        let mut bench = bench(BindingMode::Immediate);
        for made in volumes {
            volume(&mut bench, "csi", *made);
        }
        let raw = serde_json::json!({"spec": {
            "accessModes": ONE, "storageClassName": "manual", "resources": {"requests": {"storage": "5Gi"}},
        }});
        let id = create(&mut bench.world, Arc::from("shop"), Arc::from("data"), AsGiven::of(&raw));
        bench.settle();
        let bound = match &bench.world.store.claims.get(id).unwrap().phase {
            ClaimPhase::Bound { volume, .. } => Some(volume.to_string()),
            ClaimPhase::Pending | ClaimPhase::Lost => None,
        };
        assert_eq!(bound.as_deref(), wanted, "{volumes:?}");
    }
}

#[test]
fn a_volume_that_nobody_attaches_is_there_at_once() {
    let seconds = ["csi", "local", "nfs"].map(|source| {
        let mut bench = bench(BindingMode::Immediate);
        volume(&mut bench, source, ("a", "disk", "10Gi", &["ReadWriteOnce"], Some("data")));
        let id = claim(&mut bench, &["ReadWriteOnce"]);
        pod(&mut bench, "user", 0);
        until_ready(&mut bench, id, 0)
    });
    assert_eq!(seconds, [5, 0, 0]);
}

#[test]
fn a_claim_in_use_stays_until_its_last_pod_is_gone() {
    let mut bench = bench(BindingMode::Immediate);
    let id = claim(&mut bench, &["ReadWriteOnce"]);
    let user = pod(&mut bench, "user", 0);
    bench.settle();
    drop(crate::apiserver::delete(
        &mut bench.world,
        Ref::Claim(id),
        replank_world::api::Propagation::Background,
    ));
    bench.settle();
    assert!(bench.world.store.claims.get(id).is_some_and(|claim| claim.meta.deletion.is_some()));
    make::delete(&mut bench.world, user);
    bench.settle();
    assert!(bench.world.store.claims.get(id).is_none());
}

/// A volume that is bound stays until its claim is gone; one that is free goes at once.
#[test]
fn a_volume_in_use_stays_until_its_claim_is_gone() {
    let mut bench = bench(BindingMode::Immediate);
    volume(&mut bench, "csi", ("a", "manual", "10Gi", &["ReadWriteOnce"], None));
    volume(&mut bench, "csi", ("b", "manual", "20Gi", &["ReadWriteOnce"], None));
    let given = serde_json::json!({"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "manual"}});
    let claim = create(&mut bench.world, Arc::from("shop"), Arc::from("data"), given.into());
    bench.settle();
    let find = |bench: &Bench, name| bench.world.store.others.find_in("", "PersistentVolume", "", name);
    for name in ["a", "b"] {
        let at = Ref::Other(find(&bench, name).unwrap());
        bench.world.store.meta_mut(at).unwrap().finalizers.push(Arc::from(VOLUME_PROTECTION));
        drop(crate::apiserver::delete(&mut bench.world, at, replank_world::api::Propagation::Background));
    }
    bench.settle();
    assert_eq!((find(&bench, "a").is_some(), find(&bench, "b").is_some()), (true, false));
    bench.world.remove(Ref::Claim(claim));
    bench.settle();
    assert_eq!(find(&bench, "a"), None);
}

/// The class of a claim, and what is said of it.
#[test]
fn a_claim_that_nobody_binds_says_why() {
    let rows = [
        (Some("fast"), "ProvisioningFailed: storageclass.storage.k8s.io \"fast\" not found"),
        (Some("hand"), "ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner"),
        (Some("local"), "WaitForFirstConsumer: waiting for first consumer to be created before binding"),
        (
            Some(""),
            "FailedBinding: no persistent volumes available for this claim and no storage class is set",
        ),
        (None, "FailedBinding: no persistent volumes available for this claim and no storage class is set"),
    ];
    for (class, wanted) in rows {
        let mut bench = bench(BindingMode::WaitForFirstConsumer);
        for (name, binding) in
            [("hand", BindingMode::Immediate), ("local", BindingMode::WaitForFirstConsumer)]
        {
            bench::storage_class(&mut bench.world, name, binding);
            let id = bench.world.store.storage_classes.find("", name).unwrap();
            bench.world.store.storage_classes.get_mut(id).unwrap().provisions = false;
        }
        let mut raw = serde_json::json!({"spec": {"accessModes": ["ReadWriteOnce"]}});
        if let Some(class) = class {
            raw["spec"]["storageClassName"] = class.into();
        }
        let id = create(&mut bench.world, Arc::from("shop"), Arc::from("data"), AsGiven::of(&raw));
        bench.settle();
        let said: Vec<String> = bench
            .world
            .events
            .about(Ref::Claim(id))
            .map(|event| format!("{}: {}", event.reason, event.message))
            .collect();
        assert_eq!(said, [wanted], "{class:?}");
    }
}

/// What becomes of a volume with its claim, by its reclaim policy (Kubernetes: `reclaimVolume`).
#[test]
fn a_volume_goes_with_its_claim_or_stays_released() {
    for (policy, stays) in [("Delete", false), ("Retain", true)] {
        let mut bench = bench(BindingMode::Immediate);
        volume(&mut bench, "csi", ("a", "manual", "10Gi", &["ReadWriteOnce"], None));
        let at = bench.world.store.others.find_in("", "PersistentVolume", "", "a").unwrap();
        let raw = &mut bench.world.store.others.get_mut(at).unwrap().raw;
        raw.edit(|raw| raw["spec"]["persistentVolumeReclaimPolicy"] = policy.into());
        let given =
            serde_json::json!({"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "manual"}});
        let mut make = |name: &str| {
            let id = create(&mut bench.world, Arc::from("shop"), Arc::from(name), AsGiven::of(&given));
            bench.settle();
            id
        };
        let first = make("data");
        let owner = bench.world.store.others.get(at).unwrap().raw["spec"]["claimRef"]["name"].clone();
        assert_eq!(owner, "data");
        bench.world.remove(Ref::Claim(first));
        bench.settle();
        assert_eq!(bench.world.store.others.get(at).is_some(), stays, "{policy}");
        let given =
            serde_json::json!({"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "manual"}});
        let again = create(&mut bench.world, Arc::from("shop"), Arc::from("data"), given.into());
        bench.settle();
        let phase = |bench: &Bench| bench.world.store.claims.get(again).unwrap().phase.clone();
        assert_eq!(phase(&bench), ClaimPhase::Pending, "{policy}: nobody gets what was somebody's");
        if let Some(volume) = bench.world.store.others.get_mut(at) {
            // The usual way to use a released volume again: without the identity it means the claim of that name.
            let removed =
                volume.raw.edit(|raw| raw["spec"]["claimRef"].as_object_mut().unwrap().shift_remove("uid"));
            assert!(removed.is_some());
            bench.world.changed(Ref::Other(at), Verb::Modified);
            bench.settle();
            assert!(matches!(phase(&bench), ClaimPhase::Bound { .. }), "{policy}: it is free again");
        }
    }
}

/// Whichever class changes, a claim without one gets the newest of the defaults (Kubernetes: `GetDefaultClass`).
#[test]
fn a_claim_without_a_class_gets_the_newest_default() {
    let mut bench = bench(BindingMode::WaitForFirstConsumer);
    let raw = serde_json::json!({"spec": {"accessModes": ["ReadWriteOnce"]}});
    let id = create(&mut bench.world, Arc::from("shop"), Arc::from("data"), AsGiven::of(&raw));
    let mut classes = Vec::new();
    for name in ["older", "newer"] {
        bench.world.now = bench.world.now + Span::secs(60);
        bench::storage_class(&mut bench.world, name, BindingMode::Immediate);
        classes.push(bench.world.store.storage_classes.find("", name).unwrap());
    }
    for class in &classes {
        bench.world.store.storage_classes.get_mut(*class).unwrap().is_default = true;
    }
    bench.world.changed(Ref::StorageClass(classes[0]), Verb::Modified);
    bench.settle();
    assert_eq!(bench.world.store.claims.get(id).unwrap().class.as_deref(), Some("newer"));
}
