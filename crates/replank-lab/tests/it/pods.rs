//! Pods take time to start, to become ready and to stop, as their annotations and grace periods say.

use super::{PATIENCE, PODS, ZONES, pod, pod_ready, running, until, until_gone};
use replank_lab::{Lab, Node, Settings, Timing};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[test]
fn pods_do_as_their_annotations_say() {
    let lab = Lab::start(&Settings { timing: Timing::NONE, ..Settings::default() }).unwrap();
    lab.add_nodes(&Node::spread("workers", &ZONES[..1], 1)).unwrap();
    lab.wait_for_ready_nodes(1).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| stops_within_its_grace_period(&lab));
        scope.spawn(|| stops_when_it_is_done(&lab));
        scope.spawn(|| changes_its_mind(&lab));
        scope.spawn(|| works_and_ends(&lab));
        scope.spawn(|| is_held_by_a_finalizer(&lab));
        scope.spawn(|| takes_time_to_start(&lab));
    });
}

fn create(lab: &Lab, name: &str, grace_seconds: u32, annotations: &Value) -> String {
    lab.api().create(PODS, &pod(name, grace_seconds, annotations)).unwrap();
    format!("{PODS}/{name}")
}

/// How long a pod takes to go that is evicted.
fn evict(lab: &Lab, path: &str) -> Duration {
    let name = path.rsplit('/').next().unwrap();
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction",
        "metadata": {"name": name, "namespace": "default"}});
    let begin = Instant::now();
    lab.api().create(&format!("{path}/eviction"), &eviction).unwrap();
    until_gone(lab, path);
    begin.elapsed()
}

fn stops_within_its_grace_period(lab: &Lab) {
    let path = create(lab, "stubborn", 3, &json!({"lab.replank.dev/stop-seconds": "600"}));
    until(lab, &path, "it to be ready", pod_ready);
    let took = evict(lab, &path);
    assert!((3.0..30.0).contains(&took.as_secs_f64()), "{took:?}");
}

fn stops_when_it_is_done(lab: &Lab) {
    let path = create(lab, "swift", 600, &json!({"lab.replank.dev/stop-seconds": "1.5"}));
    until(lab, &path, "it to be ready", pod_ready);
    let took = evict(lab, &path);
    assert!((1.5..30.0).contains(&took.as_secs_f64()), "{took:?}");
}

fn changes_its_mind(lab: &Lab) {
    let path = create(lab, "moody", 0, &json!({"lab.replank.dev/ready-seconds": "never"}));
    until(lab, &path, "it to run", running);
    std::thread::sleep(Duration::from_millis(700));
    assert!(!pod_ready(&lab.api().get(&path).unwrap()));
    let say = |value: Value| {
        let patch = json!({"metadata": {"annotations": {"lab.replank.dev/ready-seconds": value}}});
        lab.api().merge(&path, &patch).unwrap();
    };
    say(json!("0"));
    until(lab, &path, "it to be ready", pod_ready);
    say(json!("never"));
    until(lab, &path, "it not to be ready", |pod| !pod_ready(pod));
}

fn works_and_ends(lab: &Lab) {
    let path = create(lab, "worker", 0, &json!({"lab.replank.dev/work-seconds": "0.5"}));
    until(lab, &path, "it to succeed", |pod| pod["status"]["phase"] == "Succeeded");
}

/// A Job's pod has a finalizer, and the Job lets go of it only when it is reported as ended.
fn is_held_by_a_finalizer(lab: &Lab) {
    let jobs = "/apis/batch/v1/namespaces/default/jobs";
    let mut template = pod("", 5, &json!({"lab.replank.dev/stop-seconds": "0.5"}));
    template["spec"]["restartPolicy"] = json!("Never");
    let template =
        json!({"metadata": {"annotations": template["metadata"]["annotations"]}, "spec": template["spec"]});
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "report"},
        "spec": {"template": template}});
    lab.api().create(jobs, &job).unwrap();
    let selector = format!("{PODS}?labelSelector=job-name%3Dreport");
    let first = |list: &Value| list["items"].as_array().and_then(|pods| pods.first()).cloned();
    until(lab, &selector, "the Job's pod", |list| first(list).is_some_and(|pod| pod_ready(&pod)));
    let held = first(&lab.api().get(&selector).unwrap()).unwrap();
    assert_eq!(held["metadata"]["finalizers"], json!(["batch.kubernetes.io/job-tracking"]));
    let path = format!("{PODS}/{}", held["metadata"]["name"].as_str().unwrap());
    let took = evict(lab, &path);
    assert!((0.5..60.0).contains(&took.as_secs_f64()), "{took:?}");
    until(lab, &format!("{jobs}/report"), "the Job to count it", |job| job["status"]["failed"] == 1);

    // One that nobody lets go of stays, without grace left.
    let mut held = pod("held", 1, &json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/held"]);
    lab.api().create(PODS, &held).unwrap();
    let path = format!("{PODS}/held");
    until(lab, &path, "it to be ready", pod_ready);
    lab.api().delete(&path).unwrap();
    until(lab, &path, "it to have stopped", |pod| pod["metadata"]["deletionGracePeriodSeconds"] == 0);
    assert_eq!(lab.api().get(&path).unwrap()["status"]["phase"], "Failed");
    lab.api().merge(&path, &json!({"metadata": {"finalizers": null}})).unwrap();
    until_gone(lab, &path);
}

fn takes_time_to_start(lab: &Lab) {
    let begin = Instant::now();
    let wanted = json!({"lab.replank.dev/start-seconds": "1", "lab.replank.dev/ready-seconds": "1"});
    let path = create(lab, "slow", 0, &wanted);
    until(lab, &path, "it to run", running);
    assert!(begin.elapsed() >= Duration::from_secs(1));
    lab.wait(PATIENCE, "it to be ready", || Ok(pod_ready(&lab.api().get(&path)?))).unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(2));
}
