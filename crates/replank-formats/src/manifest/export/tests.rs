//! Cases of `manifest::export`: printed objects, and what is applied of them.

use serde_json::json;

use super::*;

fn printed(kind: &str, version: &str, name: &str, more: Value) -> Value {
    let meta = json!({"name": name, "namespace": "shop", "uid": format!("uid-{name}")});
    let mut object = json!({"apiVersion": version, "kind": kind, "metadata": meta});
    merge(&mut object, more);
    object
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.into_iter().for_each(|(key, value)| merge(into.entry(key).or_insert(Value::Null), value));
        }
        (into, from) => *into = from,
    }
}

fn owned(kind: &str, version: &str, name: &str) -> Value {
    let owner = json!({"apiVersion": version, "kind": kind, "name": name, "uid": format!("uid-{name}"), "controller": true});
    json!({"metadata": {"ownerReferences": [owner], "labels": {"app": "web"}}, "spec": {"nodeName": "node-x"}})
}

/// Names that are applied, and the notes.
fn told(objects: Vec<Value>) -> (Vec<String>, Vec<String>) {
    let docs = objects.into_iter().map(|object| Doc::without_places("test", object)).collect();
    let (docs, notes) = as_applied(docs);
    (docs.iter().map(|doc| text(&doc.value()["metadata"], "name")).collect(), notes)
}

#[test]
fn what_a_given_controller_makes_is_left_to_it() {
    let selector = json!({"spec": {"selector": {"matchLabels": {"app": "web"}}}});
    let (names, notes) = told(vec![
        printed("Deployment", "apps/v1", "web", selector),
        printed("ReplicaSet", "apps/v1", "web-1", owned("Deployment", "apps/v1", "web")),
        // Its replica set is not given, and its deployment selects it.
        printed("Pod", "v1", "web-1-a", owned("ReplicaSet", "apps/v1", "web-2")),
    ]);
    assert_eq!((names, notes), (vec!["web".to_owned()], vec![]));
}

/// Whoever tidies up what a cluster printed takes uids out and leaves the status in.
#[test]
fn a_pod_with_a_phase_was_printed() {
    let pod = |more: Value| {
        let mut object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"},
            "spec": {"nodeName": "node-x"}});
        merge(&mut object, more);
        let (docs, _) = as_applied(vec![Doc::without_places("test", object)]);
        docs.first().map(|doc| doc.value()["spec"]["nodeName"].clone())
    };
    assert_eq!(pod(json!({})), Some("node-x".into()), "whoever writes it may name a node");
    assert_eq!(pod(json!({"status": {"phase": "Running"}})), Some(Value::Null), "it is placed again");
    assert_eq!(pod(json!({"status": {"phase": "Succeeded"}})), None, "it is over");
}

#[test]
fn hooks_are_left_out_and_other_schedulers_named() {
    let plain = |kind: &str, name: &str, more: Value| {
        let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
        merge(&mut object, more);
        object
    };
    let hook = |what: &str| json!({"metadata": {"annotations": {"helm.sh/hook": what}}});
    let (names, notes) = told(vec![
        plain("Pod", "web-test", hook("test")),
        plain("Job", "migrate", hook("pre-install,pre-upgrade")),
        plain("ServiceAccount", "migrate", hook("pre-install")),
        plain("Deployment", "web", json!({"spec": {"template": {"spec": {"schedulerName": "volcano"}}}})),
        plain("Pod", "own", json!({"spec": {"schedulerName": "default-scheduler"}})),
    ]);
    assert_eq!(names, ["migrate", "web", "own"]);
    assert_eq!(
        notes,
        [
            "hooks that Helm runs while it installs, upgrades or tests are left out: Pod web-test, Job migrate",
            "pods for scheduler volcano are placed as the default scheduler would: Deployment web",
        ]
    );
}

#[test]
fn pods_that_are_left_are_placed_again_and_their_owners_named() {
    let pod = |name: &str, owner: Value| printed("Pod", "v1", name, owner);
    let docs = vec![
        pod("kafka-0", owned("StrimziPodSet", "core.strimzi.io/v1beta2", "kafka")),
        pod("kafka-1", owned("StrimziPodSet", "core.strimzi.io/v1beta2", "kafka")),
        pod("web-1", owned("ReplicaSet", "apps/v1", "web")),
        pod("clone-1", owned("StatefulSet", "apps.kruise.io/v1", "clone")),
        pod("agent", owned("DaemonSet", "apps/v1", "agent")),
        pod("etcd", owned("Node", "v1", "node-x")),
        pod("bare", json!({"spec": {"nodeName": "node-x"}})),
        pod("over", json!({"status": {"phase": "Succeeded"}})),
    ];
    let docs = docs.into_iter().map(|object| Doc::without_places("test", object)).collect();
    let (docs, notes) = as_applied(docs);
    let names: Vec<_> = docs.iter().map(|doc| text(&doc.value()["metadata"], "name")).collect();
    assert_eq!(names, ["kafka-0", "kafka-1", "web-1", "clone-1", "bare"]);
    assert!(docs.iter().all(|doc| doc.value()["spec"]["nodeName"].is_null()));
    let nothing = "count as pods that nothing makes again";
    assert_eq!(
        notes,
        [format!("1 pod of ReplicaSet shop/web {nothing}, since it is not among the objects: give it too"),]
    );
}

#[test]
fn jobs_run_again_without_what_was_generated() {
    let labels = json!({"controller-uid": "u", "batch.kubernetes.io/controller-uid": "u", "team": "a"});
    let spec = json!({"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}});
    let over = json!({"status": {"conditions": [{"type": "Complete", "status": "True"}]}});
    let mut of_cron = owned("CronJob", "batch/v1", "nightly");
    of_cron["spec"] = spec.clone();
    let objects = vec![
        printed("CronJob", "batch/v1", "nightly", json!({})),
        printed("Job", "batch/v1", "runs", of_cron),
        printed("Job", "batch/v1", "over", over),
    ];
    let docs = objects.into_iter().map(|object| Doc::without_places("test", object)).collect();
    let (docs, notes) = as_applied(docs);
    assert_eq!((docs.len(), notes.len()), (2, 0));
    let job = docs[1].value();
    assert!(job["spec"]["selector"].is_null());
    assert_eq!(job["spec"]["template"]["metadata"]["labels"], json!({"team": "a"}));
}

#[test]
fn claims_whose_volumes_are_not_given_are_named() {
    let claim = |name: &str, volume: &str| {
        printed("PersistentVolumeClaim", "v1", name, json!({"spec": {"volumeName": volume}}))
    };
    let (names, notes) = told(vec![
        claim("data-0", "pv-0"),
        claim("data-1", "pv-1"),
        printed("PersistentVolume", "v1", "pv-1", json!({})),
    ]);
    assert_eq!(names.len(), 3);
    assert_eq!(
        notes,
        [
            "the volumes of shop/data-0 are not among the objects, so they are made anew in any zone: give `pv` too"
        ]
    );
}

#[test]
fn what_a_person_wrote_is_left_as_it_is() {
    let mut written = printed("Pod", "v1", "bare", json!({"spec": {"nodeName": "node-x"}}));
    written["metadata"]["uid"] = Value::Null;
    let (docs, _) = as_applied(vec![Doc::without_places("test", written.clone())]);
    assert_eq!(docs[0].value(), &written);
}
