//! Which node takes a pod whose claims have no volume yet, and which volume they get there (kube-scheduler:
//! `volumebinding`, `FindMatchingVolume`).

use serde_json::{Value, json};

use crate::apiserver::testing::create;
use crate::schedule::tests::{pair, place, pod};
use replank_world::api::Act;
use replank_world::object::ClaimPhase;
use replank_world::store::Ref;
use replank_world::time::Span;
use replank_world::world::World;

const NOTHING: &str = "2 node(s) didn't find available persistent volumes to bind";
const UNBOUND: &str = "pod has unbound immediate PersistentVolumeClaims";

/// Puts an object in that the world only keeps.
fn keep(world: &mut World, object: Value) {
    world.request(Act::Create { object }).expect("accepted");
    pass(world);
}

/// Lets the controllers look.
fn pass(world: &mut World) {
    world.advance_to(world.now + Span::millis(500));
}

fn class(world: &mut World, provisioner: &str, more: &Value) {
    let mut class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "disk"},
        "provisioner": provisioner, "volumeBindingMode": "WaitForFirstConsumer",
    });
    class.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    create(world, class);
}

/// A local volume on a node, or one of a zone by the label of its driver.
fn volume(name: &str, size: &str, key: &str, value: &str, more: &Value) -> Value {
    let terms = json!([{"matchExpressions": [{"key": key, "operator": "In", "values": [value]}]}]);
    let mut volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": {"of": name}},
        "spec": {
            "capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "disk",
            "local": {"path": "/disk"}, "nodeAffinity": {"required": {"nodeSelectorTerms": terms}},
        },
    });
    for (field, value) in more.as_object().unwrap() {
        volume["spec"][field] = value.clone();
    }
    volume
}

fn claim(world: &mut World, name: &str, size: &str, more: &Value) -> Ref {
    let mut spec = json!({
        "accessModes": ["ReadWriteOnce"], "storageClassName": "disk", "resources": {"requests": {"storage": size}},
    });
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    create(
        world,
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "shop"}, "spec": spec}),
    )
}

fn uses(claims: &[&str]) -> Value {
    let volume = |name: &&str| json!({"name": name, "persistentVolumeClaim": {"claimName": name}});
    json!({"volumes": claims.iter().map(volume).collect::<Vec<_>>()})
}

fn bound_to(world: &World, claim: Ref) -> String {
    let Ref::Claim(id) = claim else { panic!("{claim:?}") };
    match &world.store.claims.get(id).unwrap().phase {
        ClaimPhase::Bound { volume, .. } => volume.to_string(),
        ClaimPhase::Pending | ClaimPhase::Lost => String::new(),
    }
}

const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// Volumes of a class that nothing provisions, what the claim says beside, where its pod goes, what it gets.
#[test]
fn a_pod_goes_where_a_volume_is() {
    let other = json!({"claimRef": {"name": "else", "namespace": "shop"}});
    let old = json!({"claimRef": {"name": "data", "namespace": "shop", "uid": "11111111-1111-4111-8111-111111111111"}});
    let mine = json!({"claimRef": {"name": "data", "namespace": "shop"}, "storageClassName": "none"});
    let block = json!({"volumeMode": "Block"});
    let picky =
        json!({"selector": {"matchExpressions": [{"key": "of", "operator": "NotIn", "values": ["small"]}]}});
    let named = json!({"volumeName": "big"});
    let plain = &json!({});
    let table: Vec<(Vec<Value>, &Value, &str, &str)> = vec![
        (vec![], plain, NOTHING, ""),
        (vec![volume("v", "9Gi", HOST, "n2", plain)], plain, "n2", "v"),
        (vec![volume("v", "9Gi", ZONE, "a", plain)], plain, "n1", "v"),
        (vec![volume("v", "1Gi", ZONE, "a", plain)], plain, NOTHING, ""),
        (vec![volume("v", "9Gi", ZONE, "a", &other)], plain, NOTHING, ""),
        (vec![volume("v", "9Gi", ZONE, "a", &old)], plain, NOTHING, ""),
        (vec![volume("v", "9Gi", ZONE, "a", &block)], plain, NOTHING, ""),
        (
            vec![volume("v", "9Gi", HOST, "n1", plain), volume("mine", "9Gi", HOST, "n2", &mine)],
            plain,
            "n2",
            "mine",
        ),
        (
            vec![volume("small", "5Gi", ZONE, "a", plain), volume("big", "9Gi", ZONE, "b", plain)],
            &picky,
            "n2",
            "big",
        ),
        // A claim that names its volume is bound by the controller, whatever its class waits for.
        (
            vec![volume("small", "5Gi", ZONE, "a", plain), volume("big", "9Gi", ZONE, "b", plain)],
            &named,
            "n2",
            "big",
        ),
        (vec![volume("small", "5Gi", ZONE, "a", plain)], &named, UNBOUND, ""),
    ];
    for (row, (volumes, asks, goes, gets)) in table.into_iter().enumerate() {
        let mut world = pair();
        class(&mut world, "kubernetes.io/no-provisioner", plain);
        volumes.into_iter().for_each(|volume| keep(&mut world, volume));
        let data = claim(&mut world, "data", "4Gi", asks);
        pass(&mut world);
        let id = pod(&mut world, "db-0", "db", &uses(&["data"]));
        assert_eq!(place(&mut world, id), goes, "row {row}");
        assert_eq!(bound_to(&world, data), gets, "row {row}");
    }
}

#[test]
fn two_claims_of_a_pod_get_two_volumes_on_one_node() {
    let mut world = pair();
    let plain = json!({});
    class(&mut world, "kubernetes.io/no-provisioner", &plain);
    keep(&mut world, volume("a1", "9Gi", ZONE, "a", &plain));
    let (data, log) = (claim(&mut world, "data", "4Gi", &plain), claim(&mut world, "log", "1Gi", &plain));
    let id = pod(&mut world, "db-0", "db", &uses(&["data", "log"]));
    assert_eq!(place(&mut world, id), NOTHING, "one volume is there for two claims");
    keep(&mut world, volume("b1", "9Gi", ZONE, "b", &plain));
    assert_eq!(place(&mut world, id), NOTHING, "each is in another zone");
    keep(&mut world, volume("b2", "2Gi", ZONE, "b", &plain));
    assert_eq!(place(&mut world, id), "n2", "a volume that comes wakes the pod");
    assert_eq!((bound_to(&world, data), bound_to(&world, log)), ("b1".into(), "b2".into()));
    let later = claim(&mut world, "later", "1Gi", &plain);
    let next = pod(&mut world, "db-1", "db", &uses(&["later"]));
    assert_eq!(place(&mut world, next), "n1", "what is bound is nobody else's");
    assert_eq!(bound_to(&world, later), "a1");
}

/// What a class that provisions allows, and where the pod goes.
#[test]
fn a_volume_is_made_only_where_its_class_allows() {
    let zones = |values: &[&str]| json!({"allowedTopologies": [{"matchLabelExpressions": [{"key": ZONE, "values": values}]}]});
    for (more, goes) in [(zones(&["b"]), "n2"), (zones(&["c"]), NOTHING), (zones(&["a", "c"]), "n1")] {
        let mut world = pair();
        class(&mut world, "ebs.csi.aws.com", &more);
        let data = claim(&mut world, "data", "4Gi", &json!({}));
        let id = pod(&mut world, "db-0", "db", &uses(&["data"]));
        assert_eq!(place(&mut world, id), goes, "{more}");
        assert_eq!(bound_to(&world, data).starts_with("pvc-"), goes != NOTHING);
    }
}

#[test]
fn storage_of_the_node_is_a_resource_like_the_others() {
    let mut world = pair();
    for (name, bytes) in [("n1", 10_i64 << 30), ("n2", 30 << 30)] {
        let id = world.store.nodes.find("", name).unwrap();
        world.edit_node(id, |node| node.allocatable.storage_bytes = bytes);
    }
    let asks = |size: &str| json!({"containers": [{"name": "main", "image": "i", "resources": {"requests": {"ephemeral-storage": size}}}]});
    for (name, size, goes) in [
        ("a", "20Gi", "n2"),
        ("b", "20Gi", "2 Insufficient ephemeral-storage"),
        ("c", "500Gi", "2 Insufficient ephemeral-storage"),
    ] {
        let id = pod(&mut world, name, "app", &asks(size));
        assert_eq!(place(&mut world, id), goes, "{name}");
    }
    // A limit of an `emptyDir` is no request (Kubernetes: `resourcehelper.PodRequests` looks at containers).
    let limit = json!({"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "500Gi"}}]});
    let id = pod(&mut world, "d", "app", &limit);
    assert!(place(&mut world, id).starts_with('n'));
}

/// Manifests that are given together: the volume that a claim names, and whose that volume says it is.
#[test]
fn a_volume_that_names_another_claim_is_not_taken() {
    for (meant, bound) in
        [(json!({}), true), (json!({"claimRef": {"name": "else", "namespace": "shop"}}), false)]
    {
        let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "namespace": "shop"},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "disk", "volumeName": "v",
                "resources": {"requests": {"storage": "1Gi"}}}});
        let text = format!("{claim}\n---\n{}\n", volume("v", "9Gi", ZONE, "a", &meant));
        let source = replank_formats::manifest::Source {
            name: "m.yaml".into(),
            text: text.into_bytes(),
            namespace: None,
        };
        let read = replank_formats::manifest::read(&[source], &replank_world::known::Known::default())
            .expect("accepted");
        let mut world = pair();
        crate::enter::enter_all(&mut world, read.objects).expect("entered");
        pass(&mut world);
        let id = world.store.claims.find("shop", "data").unwrap();
        assert_eq!(bound_to(&world, Ref::Claim(id)), if bound { "v" } else { "" }, "{meant}");
        let at = world.store.others.find_in("", "PersistentVolume", "", "v").unwrap();
        let says = &world.store.others.get(at).unwrap().raw["spec"]["claimRef"]["name"];
        assert_eq!(says, if bound { "data" } else { "else" });
    }
}

/// A claim that nobody made keeps its pod from every node, and the pod finds one when the claim comes.
#[test]
fn a_pod_waits_for_a_claim_that_is_not_there() {
    let mut world = pair();
    let id = pod(&mut world, "new", "new", &uses(&["later"]));
    assert_eq!(
        place(&mut world, id),
        "persistentvolumeclaim \"later\" not found",
        "kube-scheduler: VolumeBinding, before any node"
    );
    class(&mut world, "kubernetes.io/no-provisioner", &json!({}));
    keep(&mut world, volume("v", "1Gi", ZONE, "b", &json!({})));
    claim(&mut world, "later", "1Gi", &json!({}));
    pass(&mut world);
    assert_eq!(place(&mut world, id), "n2");
}
