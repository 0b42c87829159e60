//! 30 nodes with 600 pods under 30 budgets are emptied: by `replank drain`, by `kubectl drain` ten at a time and one at
//! a time, and by a bare loop of evictions that are always allowed, which shows what the server can do.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Result, bail};
use replank_lab::{Event, Lab, Part, Settings, Timing};
use serde_json::{Value, json};

use crate::objects::{nodes, shop};
use crate::{replank, tell};

const NODES: usize = 30;
const DEPLOYMENTS: usize = 30;
const REPLICAS: usize = 20;
/// How many pods of a Deployment may be away at once.
const AWAY: usize = 2;

/// Flags of the controllers.
const LIMITS: [&str; 2] = ["--kube-api-qps=1000", "--kube-api-burst=1000"];

/// What a way of draining took.
struct Took {
    seconds: f64,
    refused: usize,
    requests: usize,
}

pub(crate) fn run() -> Result<()> {
    let ours = measured(&json!(AWAY), |lab, old| {
        let mut drain = replank();
        drain.arg("drain").args(old).args(["--approve", "--kubeconfig"]).arg(lab.kubeconfig());
        succeed(&mut drain)
    })?;
    let ten = measured(&json!(AWAY), |lab, old| kubectl(lab, old, 10))?;
    let one = measured(&json!(AWAY), |lab, old| kubectl(lab, old, 1))?;
    let bare = measured(&json!("100%"), evictions)?;
    let (name, theirs) = ("drain of 30 nodes, 600 pods, 30 budgets", "kubectl drain, 10 at a time");
    let against = |ratio: f64, times: f64| json!({"vs": theirs, "ratio": ratio, "times": times});
    tell(theirs, ten.seconds, "s", &Value::Null);
    tell(&format!("{theirs}, refused evictions"), ten.refused as f64, "", &Value::Null);
    tell(&format!("{theirs}, requests"), ten.requests as f64, "", &Value::Null);
    tell("kubectl drain, one at a time", one.seconds, "s", &Value::Null);
    tell("kubectl drain, one at a time, requests", one.requests as f64, "", &Value::Null);
    tell("600 evictions that are always allowed", bare.seconds, "s", &Value::Null);
    tell(
        &format!("{name}, times as fast"),
        ten.seconds / ours.seconds,
        "",
        &against(ten.seconds / ours.seconds, 4.0),
    );
    tell(name, ours.seconds, "s", &Value::Null);
    tell(&format!("{name}, refused evictions"), ours.refused as f64, "", &json!({"goal": 10.0}));
    tell(&format!("{name}, requests"), ours.requests as f64, "", &json!({"goal": ten.requests as f64 / 2.0}));
    Ok(())
}

fn measured(away: &Value, drain: impl Fn(&Lab, &[String]) -> Result<()>) -> Result<Took> {
    // With 20 writes a second for each controller, as they come, the replacements would be waited for and nothing else.
    let unbound = |part| LIMITS.map(|flag| (part, flag.to_owned()));
    let arguments = [Part::ControllerManager, Part::Scheduler].into_iter().flat_map(unbound).collect();
    let lab = Lab::start(&Settings { timing: Timing::NONE, arguments, ..Settings::default() })?;
    let old = nodes(&lab, "old", NODES, 0)?;
    shop(&lab, DEPLOYMENTS, REPLICAS, away)?;
    nodes(&lab, "new", NODES, NODES)?;
    for name in &old {
        lab.api().merge(&format!("/api/v1/nodes/{name}"), &json!({"spec": {"unschedulable": true}}))?;
    }
    let mark = lab.audit().mark()?;
    let begun = Instant::now();
    drain(&lab, &old)?;
    let seconds = begun.elapsed().as_secs_f64();
    let (events, _) = lab.audit().since(mark)?;
    let asked: Vec<&Event> =
        events.iter().filter(|event| event.user() == "lab-administrator" && event.complete()).collect();
    let refused = |event: &&&Event| event.resource() == "pods/eviction" && event.status() == 429;
    let left = left(&lab, &old)?;
    if left > 0 {
        bail!("{left} pods are still on nodes that were drained");
    }
    Ok(Took { seconds, refused: asked.iter().filter(refused).count(), requests: asked.len() })
}

fn left(lab: &Lab, old: &[String]) -> Result<usize> {
    let pods = lab.api().get("/api/v1/pods?resourceVersion=0")?;
    let there = |pod: &&Value| old.iter().any(|node| pod["spec"]["nodeName"] == node.as_str());
    Ok(pods["items"].as_array().map_or(0, |pods| pods.iter().filter(there).count()))
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// As people drain many nodes: one `kubectl drain` for each, so many at a time.
fn kubectl(lab: &Lab, old: &[String], at_a_time: usize) -> Result<()> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                while let Some(node) = old.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut drain = lab.kubectl();
                    drain.args(["drain", node, "--ignore-daemonsets", "--timeout=600s"]);
                    if let (Err(error), Ok(mut failed)) = (succeed(&mut drain), failed.lock()) {
                        *failed = Some(error);
                    }
                }
            });
        }
    });
    failed.into_inner().ok().flatten().map_or(Ok(()), Err)
}

/// Every pod on the old nodes is evicted as fast as the server answers: two evictions of one budget at once collide in
/// the server, which tries again after half a second, so each connection takes a Deployment for itself.
fn evictions(lab: &Lab, old: &[String]) -> Result<()> {
    let pods = lab.api().get("/api/v1/namespaces/default/pods?resourceVersion=0")?;
    let mut lanes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for pod in pods["items"].as_array().into_iter().flatten() {
        let (name, app) = (pod["metadata"]["name"].as_str(), pod["metadata"]["labels"]["app"].as_str());
        if let (Some(name), Some(app), true) =
            (name, app, old.iter().any(|node| pod["spec"]["nodeName"] == **node))
        {
            lanes.entry(app).or_default().push(name);
        }
    }
    std::thread::scope(|scope| {
        for lane in lanes.values() {
            scope.spawn(move || {
                for pod in lane {
                    let eviction =
                        json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}});
                    let path = format!("/api/v1/namespaces/default/pods/{pod}/eviction");
                    // A conflict with the controller of the budget is tried again, as everybody does.
                    while lab.api().create(&path, &eviction).is_err() {}
                }
            });
        }
    });
    while left(lab, old)? > 0 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Ok(())
}
