//! What an update asks of the server, for each node that it replaces.

use std::collections::BTreeMap;
use std::process::Stdio;

use anyhow::{Result, bail};
use replank_lab::{Event, Lab, Settings};
use serde_json::json;

use crate::objects::{nodes, shop};
use crate::{replank, tell};

const NODES: usize = 6;
const DEPLOYMENTS: usize = 6;
const REPLICAS: usize = 10;
const WORLD: &str = "
timings: {launch: 500ms, boot: 1s, terminate: 1s}
update: {maxUnavailable: 2, limits: {deregistrationDelay: 1s}}
";

pub(crate) fn run() -> Result<()> {
    let lab = Lab::start(&Settings::default())?;
    nodes(&lab, "workers", NODES, 0)?;
    shop(&lab, DEPLOYMENTS, REPLICAS, &json!(2))?;
    let world = lab.directory().join("world.yaml");
    std::fs::write(&world, WORLD)?;
    let mark = lab.audit().mark()?;
    let mut update = replank();
    update.args(["upgrade", "nodegroup", "workers", "--cloud", "kwok", "--approve", "--kubeconfig"]);
    update.arg(lab.kubeconfig()).arg("--data").arg(lab.directory().join("ship")).arg("--world").arg(&world);
    let output = update.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let (events, _) = lab.audit().since(mark)?;
    let ours: Vec<&Event> = events
        .iter()
        .filter(|it| it.user() == "lab-administrator" && it.agent().starts_with("replank"))
        .collect();
    if ours.is_empty() {
        bail!("the audit log shows no request of ours");
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for event in ours.iter().filter(|event| event.complete()) {
        *kinds.entry(kind(event)).or_default() += 1;
    }
    let count = |kind: &str| kinds.get(kind).copied().unwrap_or_default() as f64;
    // Old ones and surplus ones.
    let gone = count("machines that went");
    tell("nodes taken away, an update of 6 nodes", gone, "", &json!(null));
    tell("evictions for each node taken away", count("evictions") / gone, "", &json!(null));
    tell("lists for each node taken away", count("lists of a node") / gone, "", &json!({"goal": 1.0}));
    let besides = (count("others") + count("lists of a node")) / gone;
    tell("requests besides evictions for each node taken away", besides, "", &json!({"goal": 8.0}));
    for kind in ["refused evictions", "leases", "events", "at the beginning"] {
        tell(&format!("{kind}, an update of 6 nodes"), count(kind), "", &json!(null));
    }
    Ok(())
}

/// What a request counts as.
fn kind(event: &Event) -> &'static str {
    let (verb, resource) = (event.verb(), event.resource());
    match (verb, resource.as_str()) {
        ("create", "pods/eviction") if event.status() < 300 => "evictions",
        ("create", "pods/eviction") => "refused evictions",
        // The embedded cloud's kubelets; a real cloud's ask for themselves.
        ("delete", "nodes") => "machines that went",
        ("create", "nodes") => "machines that came",
        (_, "leases") => "leases",
        (_, "events") => "events",
        ("list", "pods") if event.uri().contains("spec.nodeName") => "lists of a node",
        ("list" | "watch" | "get", _) | ("create", "selfsubjectaccessreviews") => "at the beginning",
        _ => "others",
    }
}
