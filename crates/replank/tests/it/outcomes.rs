//! How an update can end, and with which exit code.

use crate::tool::{Scratch, run, run_in};

/// One node group with one application whose budget never allows a disruption.
const NEVER: &str = "clusters:
- nodeGroups:
  - name: default
    size: {min: 2, desired: 2, max: 4}
  workloads:
  - name: license-server
    replicas: 1
    budget: {minAvailable: 1}
";

/// One node group that nothing keeps from being updated.
const FREE: &str = "clusters:
- nodeGroups:
  - name: default
    size: {min: 2, desired: 2, max: 4}
  workloads:
  - name: web
    replicas: 2
";

#[test]
fn failed() {
    let scratch = Scratch::new("failed");
    scratch.write("world.yaml", format!("{NEVER}update:\n  limits: {{drain: 2m}}\n"));
    let ran = run_in(scratch.path(), "demo --world world.yaml");
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("The update of node group default failed after "), "{}", ran.out);
    assert!(
        ran.out.contains("\n  PodEvictionFailure: Reached max retries while trying to evict pods"),
        "{}",
        ran.out
    );
    let plan = run_in(scratch.path(), "plan --world world.yaml");
    assert_ne!(plan.code, Some(0), "{}", plan.out);
    assert!(plan.out.contains("Pods that hold it up:\n"), "{}", plan.out);
    assert!(plan.out.contains("license-server"), "{}", plan.out);
}

#[test]
fn failed_is_forced_on_the_next_run() {
    let scratch = Scratch::new("forced");
    scratch.write("world.yaml", format!("{NEVER}update:\n  limits: {{drain: 2m}}\n"));
    let ran = run_in(scratch.path(), "demo --world world.yaml --force");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("act      delete pod default/license-server-"), "{}", ran.out);
}

#[test]
fn cancelled() {
    let scratch = Scratch::new("cancelled");
    scratch.write("world.yaml", format!("{FREE}acts:\n- when: node-picked 1\n  do: cancel\n"));
    let ran = run_in(scratch.path(), "demo --world world.yaml --output json");
    assert_eq!(ran.code, Some(3), "{}{}", ran.out, ran.err);
    assert_eq!(ran.summary()["outcome"], "cancelled");
    let sizes: Vec<_> =
        ran.json().into_iter().filter_map(|line| line["report"]["sizes"]["max"].as_i64()).collect();
    assert_eq!((sizes.iter().max(), sizes.last()), (Some(&8), Some(&4)), "sizes come home");
}

#[test]
fn paused_and_resumed() {
    let scratch = Scratch::new("resumed");
    let acts =
        "acts:\n- when: node-picked 1\n  do: pause\n- when: node-picked 1\n  after: 30m\n  do: resume\n";
    scratch.write("world.yaml", format!("{FREE}{acts}"));
    let ran = run_in(scratch.path(), "demo --world world.yaml");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("wait     the update is paused"), "{}", ran.out);
}

#[test]
fn stuck() {
    for (name, act) in [
        ("paused", "at: 0s\n  do: pause"),
        ("on-hold", "when: phase scale-up\n  do: hold-node\n  node: old 1"),
    ] {
        let scratch = Scratch::new(name);
        scratch.write("world.yaml", format!("{FREE}acts:\n- {act}\n"));
        let ran = run_in(scratch.path(), "demo --world world.yaml");
        assert_eq!(ran.code, Some(4), "{name}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("The update of node group default is not over after "), "{}", ran.out);
    }
}

/// Work that comes again and again is no news of an update.
#[test]
fn stuck_while_a_cron_job_goes_on() {
    let scratch = Scratch::new("stuck-cron");
    scratch.write("world.yaml", format!("{FREE}acts:\n- at: 0s\n  do: pause\n"));
    let cron = "{apiVersion: batch/v1, kind: CronJob, metadata: {name: tick, namespace: default}, \
        spec: {schedule: '*/10 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, \
        containers: [{name: main, image: busybox}]}}}}}}";
    scratch.write("cron.yaml", cron);
    let ran = run_in(scratch.path(), "demo --world world.yaml -f cron.yaml");
    assert_eq!(ran.code, Some(4), "{}{}", ran.out, ran.err);
}

#[test]
fn the_page_of_exit_codes_lists_them() {
    let page = run("reference exit-codes").out;
    for row in
        ["| 0 | Done", "| 1 | Failed", "| 2 | Bad input", "| 3 | Cancelled", "| 4 | Stuck", "| 70 | Unex"]
    {
        assert!(page.contains(row), "{row}: {page}");
    }
}
