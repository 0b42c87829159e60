//! `replank up` in front of a real control plane: the lab of the documents, and a kill.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use replank_lab::Event;
use serde_json::Value;

use crate::yard::{IMAGE, Yard, changes};

#[test]
fn the_lab_of_the_documents_on_a_real_control_plane() {
    let yard = Yard::new("real-up-lab");
    let mark = yard.lab.audit().mark().unwrap();
    let up = yard.up();
    let (directory, package) = (yard.scratch.path().display(), env!("CARGO_MANIFEST_DIR"));
    let script = format!("cd {directory} && . {package}/tests/it/clients/real-lab.sh");
    let printed = up.client("bash", &["-c", &script]);
    let images: Vec<&str> = printed.lines().filter(|line| line.starts_with("ami-")).collect();
    let [_, wanted] = images[..] else { panic!("not two images: {printed}") };
    let absent = std::fs::read_to_string(yard.scratch.path().join("absent.txt")).unwrap();
    assert!(absent.contains("ParameterNotFound"), "{absent}");

    let update = std::fs::read(yard.scratch.path().join("update.json")).unwrap();
    let update: Value = serde_json::from_slice(&update).unwrap();
    let id = update["update"]["id"].as_str().unwrap();
    let describe = format!("eks describe-update --name CLUSTER --nodegroup-name GROUP --update-id {id}");
    assert_eq!(up.aws(&describe, "update.status"), "Successful");
    let group = "eks describe-nodegroup --cluster-name CLUSTER --nodegroup-name GROUP";
    let sizes = up.aws(group, "nodegroup.scalingConfig.[minSize,desiredSize,maxSize]");
    assert_eq!(sizes.split_whitespace().collect::<Vec<_>>(), ["3", "3", "6"]);

    yard.until("the nodes from before are gone", || yard.ours().is_disjoint(&yard.old));
    let ours = yard.ours();
    assert_eq!(ours.len(), 3);
    for node in yard.nodes() {
        let name = node["metadata"]["name"].as_str().unwrap().to_owned();
        let image = &node["metadata"]["labels"]["eks.amazonaws.com/nodegroup-image"];
        assert_eq!(image, if ours.contains(&name) { wanted } else { IMAGE }, "{name}");
        assert!(node["spec"].get("unschedulable").is_none(), "{name}");
    }
    let watched = std::fs::read_to_string(yard.scratch.path().join("watch.txt")).unwrap();
    let seen: BTreeSet<&str> =
        watched.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(seen.len() >= 7, "3 nodes, 6, and the other group's: {watched}");
    for name in &yard.old {
        let cordoned = |line: &str| line.starts_with(name.as_str()) && line.contains("SchedulingDisabled");
        assert!(watched.lines().any(cordoned), "{name} was never cordoned: {watched}");
    }
    assert_eq!(up.end("-TERM"), Some(0));

    let (events, _) = yard.lab.audit().since(mark).unwrap();
    let inside = |event: &Event| match (event.verb(), event.resource().as_str()) {
        ("patch" | "create" | "delete", "nodes") => !yard.others.contains(event.name()),
        ("create", "pods/eviction") => event.namespace() == "default" && event.name().starts_with("web-"),
        ("create" | "patch" | "update", "leases") => event.name() == "replank-default",
        ("create" | "patch", "events") | ("create", "selfsubjectaccessreviews") => true,
        _ => false,
    };
    let changed: Vec<&Event> = events.iter().filter(|event| changes(event)).collect();
    for event in &changed {
        assert!(inside(event), "{} {} {}", event.verb(), event.resource(), event.uri());
    }
    let count = |verb, resource| {
        changed.iter().filter(|event| event.verb() == verb && event.resource() == resource).count()
    };
    assert!(count("create", "pods/eviction") > 0 && count("patch", "nodes") > 0);
    assert_eq!((count("delete", "pods"), count("delete", "nodes")), (0, count("create", "nodes")));
}

/// An update that a kill interrupts goes on in the next process, under the same id and at once.
#[test]
fn a_kill_in_the_middle_of_a_real_update() {
    let yard = Yard::new("real-up-kill");
    let up = yard.up();
    let group = "--cluster-name CLUSTER --nodegroup-name GROUP";
    let update = up.aws(&format!("eks update-nodegroup-version {group}"), "update.id");
    yard.until("an old node is gone", || !yard.ours().is_superset(&yard.old));
    assert!(!yard.ours().is_disjoint(&yard.old), "killed in the middle");
    assert_eq!(up.end("-KILL"), None);

    let up = yard.up();
    up.until_active();
    let describe = "eks describe-update --name CLUSTER --nodegroup-name GROUP --update-id";
    assert_eq!(up.aws(&format!("{describe} {update}"), "update.status"), "Successful");
    assert_eq!(up.aws("eks list-updates --name CLUSTER --nodegroup-name GROUP", "updateIds"), update);
    let ours = yard.ours();
    assert!(ours.len() == 3 && ours.is_disjoint(&yard.old), "{ours:?}");
    for node in yard.nodes() {
        let spec = &node["spec"];
        assert!(spec.get("unschedulable").is_none() && spec.get("taints").is_none(), "{node}");
    }
    assert_eq!(up.end("-TERM"), Some(0));
    let lease = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/replank-default";
    let lease = yard.lab.api().get(lease).unwrap();
    assert!(lease["spec"].get("holderIdentity").is_none(), "the lease is given back: {lease}");
}

/// Two node groups at once: each under its own lease, both under the one budget.
#[test]
fn two_groups_at_once_share_a_budget() {
    let yard = Yard::new("real-up-several");
    let mark = yard.lab.audit().mark().unwrap();
    let up = yard.up();
    let mut both = up.command("upgrade nodegroup --all --parallel 2 --approve --max-unavailable 1");
    let mut both = both.stdout(Stdio::piped()).spawn().unwrap();
    let budget = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web";
    let mut least = 4;
    while both.try_wait().unwrap().is_none() {
        let status = yard.lab.api().get(budget).unwrap()["status"].clone();
        let number = |member: &str| status[member].as_i64().unwrap();
        assert!(number("currentHealthy") >= number("desiredHealthy"), "{status}");
        least = least.min(number("currentHealthy"));
        std::thread::sleep(Duration::from_millis(50));
    }
    let ended = both.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{told}");
    assert_eq!(least, 3, "pods were moved, one at a time");
    for group in ["default", "other"] {
        assert!(told.contains(&format!("The update of node group {group} succeeded")), "{told}");
    }
    let old: BTreeSet<String> = yard.old.union(&yard.others).cloned().collect();
    yard.until("the nodes from before are gone", || yard.names().is_disjoint(&old));
    let (events, _) = yard.lab.audit().since(mark).unwrap();
    let changed: Vec<&Event> = events.iter().filter(|event| changes(event)).collect();
    let of = |verb: &str, resource: &str| -> Vec<&str> {
        let fits = |event: &&&Event| event.verb() == verb && event.resource() == resource;
        changed.iter().filter(fits).map(|event| event.name()).collect()
    };
    let leases: BTreeSet<&str> = of("create", "leases").into_iter().chain(of("patch", "leases")).collect();
    assert!(leases.contains("replank-default") && leases.contains("replank-other"), "{leases:?}");
    assert_eq!(of("delete", "pods"), [""; 0], "pods leave by eviction only");
    assert_eq!(up.end("-TERM"), Some(0));
}
