//! New nodes of a group that was found have the labels of their zone, so that volumes can be used on them.

use jiff::SignedDuration;
use serde_json::{Value, json};

use replank_formats::snapshot::{self, Snapshot};
use replank_rehearsal::session::Session;
use replank_world::object::Uid;

use crate::taken;

const OLD: &str = "2026-01-01T00:00:00Z";
const EBS: &str = "topology.ebs.csi.aws.com/zone";
const OWN: &str = "disks.example.com/place";

fn node(number: u128, zone: &str) -> Value {
    let name = format!("node-{number}");
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "uid": Uid(number).to_string(), "creationTimestamp": OLD,
            "labels": {"eks.amazonaws.com/nodegroup": "blue", "kubernetes.io/hostname": name, "team": "shop",
                "topology.kubernetes.io/zone": zone, EBS: zone, OWN: format!("place-of-{zone}"),
                "node.kubernetes.io/instance-type": "m5.large"}},
        "spec": {"providerID": format!("aws:///{zone}/i-{number:017x}")},
        "status": {"allocatable": {"cpu": "1930m", "memory": "7Gi", "pods": "29"},
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": OLD}],
            "nodeInfo": {"kubeletVersion": "v1.34.4", "osImage": "Amazon Linux 2023", "architecture": "amd64"}},
    })
}

/// Two nodes in each of two zones, and a pod whose volume can be used where a label has a value.
fn cluster(key: &str, value: &str) -> Snapshot {
    let uid = |number: u128| Uid(number).to_string();
    let labels = json!({"app": "db"});
    let template = json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}});
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": OLD});
    let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "db", "uid": uid(30), "controller": true}]);
    let terms = json!([{"matchExpressions": [{"key": key, "operator": "In", "values": [value]}]}]);
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv", "uid": uid(20)},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "csi": {"driver": "d"},
                "claimRef": {"namespace": "shop", "name": "data", "uid": uid(21)},
                "nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}, "status": {"phase": "Bound"}}),
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "namespace": "shop", "uid": uid(21)},
            "spec": {"accessModes": ["ReadWriteOnce"], "volumeName": "pv", "storageClassName": "disk",
                "resources": {"requests": {"storage": "1Gi"}}}, "status": {"phase": "Bound"}}),
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": "db", "namespace": "shop", "uid": uid(30), "labels": labels},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}}),
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "db-1", "namespace": "shop", "uid": uid(31), "creationTimestamp": OLD,
                "labels": labels, "ownerReferences": owner},
            "spec": {"nodeName": "node-4", "containers": template["spec"]["containers"],
                "volumes": template["spec"]["volumes"]},
            "status": {"phase": "Running", "startTime": OLD,
                "conditions": [condition("PodScheduled"), condition("Ready")],
                "containerStatuses": [{"name": "c", "ready": true, "restartCount": 0,
                    "state": {"running": {"startedAt": OLD}}}]}}),
    ];
    for (number, zone) in [(1, "us-west-2a"), (2, "us-west-2a"), (3, "us-west-2b"), (4, "us-west-2b")] {
        objects.push(node(number, zone));
    }
    taken(objects)
}

#[test]
fn volumes_find_new_nodes_by_the_labels_of_their_zone() {
    for (key, value, fits) in [
        ("topology.kubernetes.io/zone", "us-west-2b", true),
        (EBS, "us-west-2b", true),
        (OWN, "place-of-us-west-2b", true),
        ("kubernetes.io/hostname", "node-4", false),
    ] {
        let snapshot = cluster(key, value);
        let wanted = snapshot::world_file(&snapshot, None).unwrap();
        assert_eq!(wanted.clusters[0].node_groups[0].labels.keys().collect::<Vec<_>>(), ["team"]);
        let (session, _) = Session::of_snapshot(&snapshot, wanted).unwrap();
        let run = session.rehearse(1, &[], SignedDuration::from_secs(60)).unwrap();
        assert_eq!(run.fits(), fits, "{key}: {:?}", run.unplaced);
    }
}
