//! Rollouts of every kind that has them: history, status, undo, restart; and the older kind beside replica sets.

use crate::bench::Bench;

const CLASSES: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: &pods
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: "web:1"}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 2
  serviceName: web
  selector: {matchLabels: {app: web-s}}
  template:
    metadata: {labels: {app: web-s}}
    spec: {containers: [{name: main, image: "web:1"}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web-d}}
  template:
    metadata: {labels: {app: web-d}}
    spec: {containers: [{name: main, image: "web:1"}]}
"#;

#[test]
fn every_kind_goes_forward_and_back() {
    let bench = Bench::new();
    let file = bench.file("web.yaml");
    std::fs::write(&file, CLASSES.replace("&pods", "")).unwrap();
    bench.prints(&format!("apply -f {}", file.display()));
    for kind in ["deployment", "statefulset", "daemonset"] {
        let one = format!("{kind}/web");
        let image = || bench.prints(&format!("get {one} -o jsonpath={{..image}}"));
        bench.prints(&format!("rollout status {one} --timeout=60s"));
        bench.prints(&format!("annotate {one} kubernetes.io/change-cause=first"));
        bench.prints(&format!("set image {one} main=web:2"));
        bench.prints(&format!("rollout status {one} --timeout=60s"));
        let revisions = |bench: &Bench| {
            let history = bench.prints(&format!("rollout history {one}"));
            let rows = history.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
            rows.filter_map(|row| row.split_whitespace().next()?.parse().ok()).collect::<Vec<u32>>()
        };
        assert_eq!(revisions(&bench), [1, 2], "{one}");
        let second = bench.prints(&format!("rollout history {one} --revision=2"));
        assert!(second.contains("web:2"), "{second}");
        bench.prints(&format!("rollout undo {one}"));
        assert_eq!(image(), "web:1");
        // What comes back is the revision of before under a new number: no third template.
        bench.until("the first revision is the newest", |bench| revisions(bench) == [2, 3]);
        bench.prints(&format!("rollout restart {one}"));
        bench.prints(&format!("rollout status {one} --timeout=60s"));
        bench.until("the restart is a revision", |bench| revisions(bench) == [2, 3, 4]);
        bench.prints(&format!("rollout undo {one} --to-revision=2"));
        assert_eq!(image(), "web:2");
    }
    let causes = bench.prints("rollout history deployment/web");
    assert!(causes.contains("first"), "{causes}");
    let hash = "get pods -l app=web-d -o jsonpath={.items[0].metadata.labels.controller-revision-hash}";
    assert!(!bench.prints(hash).is_empty());
    let owner = "get controllerrevisions -o jsonpath={.items[*].metadata.ownerReferences[0].kind}";
    assert_eq!(bench.prints(owner).matches("DaemonSet").count(), 3);
    bench.prints("delete daemonset web");
    bench.until("revisions follow their owner", |bench| !bench.prints(owner).contains("DaemonSet"));
}

#[test]
fn a_replication_controller_keeps_its_pods() {
    let bench = Bench::new();
    let file = bench.file("rc.yaml");
    let text = r#"{"apiVersion": "v1", "kind": "ReplicationController", "metadata": {"name": "old"}, "spec": {
        "replicas": 2, "selector": {"app": "old"}, "template": {"metadata": {"labels": {"app": "old"}},
        "spec": {"containers": [{"name": "a", "image": "nginx"}]}}}}"#;
    std::fs::write(&file, text).unwrap();
    bench.prints(&format!("apply -f {}", file.display()));
    bench.until("both pods run", |bench| {
        bench.prints("get rc old -o jsonpath={.status.readyReplicas}") == "2"
    });
    assert!(bench.prints("get rs").is_empty());
    let kind = "get pods -l app=old -o jsonpath={.items[0].metadata.ownerReferences[0].kind}";
    assert_eq!(bench.prints(kind), "ReplicationController");
    bench.prints("scale rc old --replicas=3");
    bench.until("a third pod runs", |bench| {
        bench.prints("get rc old -o jsonpath={.status.readyReplicas}") == "3"
    });
    assert!(bench.prints("describe rc old").contains("3 Running"));
    let name = bench.prints("get pods -l app=old -o jsonpath={.items[0].metadata.name}");
    bench.prints(&format!("label pod {name} app=mine --overwrite"));
    bench.until("a pod that is let go is replaced", |bench| {
        bench.prints("get pods -l app=old -o name").lines().count() == 3
    });
    bench.prints("delete rc old");
    bench.until("the pods follow", |bench| bench.prints("get pods -l app=old -o name").is_empty());
    assert!(bench.kubectl(&format!("get pod {name}")).ok);
}

/// The answer to a creation comes before any controller has looked: what is not there yet is absent, not `null`, which
/// `kubectl wait` cannot read.
#[test]
fn what_a_controller_has_not_said_yet_is_absent() {
    let bench = Bench::new();
    let file = bench.file("web.yaml");
    std::fs::write(&file, CLASSES.replace("&pods", "")).unwrap();
    let made = bench.prints(&format!("create -f {} -o json", file.display()));
    // A real server of these versions has this one in templates.
    let made = made.replace("\"creationTimestamp\": null", "");
    assert!(made.contains("\"status\"") && !made.contains("null"), "{made}");
}
