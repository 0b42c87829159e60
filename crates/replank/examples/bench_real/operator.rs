//! What the operator takes: at rest with many nodes watched, when one of two replicas is killed, and with many groups updated
//! at once under shared budgets.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use replank_lab::{Lab, Mark, Settings};
use serde_json::{Value, json};

use crate::objects::{nodes, shop};
use crate::{replank, tell};

/// Nodes that are watched at rest.
const WATCHED: usize = 5000;
/// How long it is watched at rest, after it has settled.
const AT_REST: Duration = Duration::from_mins(1);
const SETTLES: Duration = Duration::from_secs(20);
/// Groups that are updated at once, and nodes of each.
const GROUPS: usize = 50;
const NODES: usize = 2;
const WORLD: &str = "
timings: {launch: 500ms, boot: 1s, terminate: 1s}
update: {maxUnavailable: 1, limits: {deregistrationDelay: 1s}}
";
const UPDATES: &str = "/apis/replank.dev/v1alpha1/nodegroupupdates";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/replank-";
const PATIENCE: Duration = Duration::from_mins(20);

/// A replica; it ends with this.
struct Replica {
    child: Child,
    port: u16,
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

pub(crate) fn run() -> Result<()> {
    at_rest()?;
    at_once()
}

/// Memory, processor time and requests of a replica that acts and has nothing to do.
fn at_rest() -> Result<()> {
    let lab = lab()?;
    nodes(&lab, "large", WATCHED, 0)?;
    let replica = replica(&lab, "one", 18_461)?;
    acts(&lab, "one")?;
    sleep(SETTLES);
    let (begun, requests) = (replica.ticks()?, replica.requests()?);
    sleep(AT_REST);
    let seconds = AT_REST.as_secs_f64();
    let ticks = replica.ticks()? - begun;
    let per_second = (replica.requests()? - requests) / seconds;
    tell("memory at rest, 5,000 nodes", replica.memory()?, "MiB", &json!({"goal": 120.0}));
    // A tick is a hundredth of a second (Linux: USER_HZ).
    tell("processor at rest, 5,000 nodes", ticks / seconds, "% of a core", &json!({"goal": 1.0}));
    tell("requests at rest, 5,000 nodes", per_second, "1/s", &json!({"goal": 0.5}));
    Ok(())
}

/// Many updates at once by two replicas, one of which is killed in the middle.
fn at_once() -> Result<()> {
    let lab = lab()?;
    let names: Vec<String> = (0..GROUPS).map(|number| format!("g-{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        nodes(&lab, name, NODES, number * NODES)?;
    }
    shop(&lab, 10, 20, &json!(2))?;
    let first = replica(&lab, "first", 18_462)?;
    acts(&lab, "first")?;
    let _second = replica(&lab, "second", 18_463)?;
    acts(&lab, "second")?;
    let mark = lab.audit().mark()?;
    let begun = Instant::now();
    for name in &names {
        let object = json!({
            "apiVersion": "replank.dev/v1alpha1", "kind": "NodeGroupUpdate", "metadata": {"name": name},
            "spec": {"nodeGroup": name, "maxUnavailable": 1, "approved": true},
        });
        lab.api().create(UPDATES, &object)?;
    }
    let replaced = |least: u64| move |updates: &[Value]| replaced(updates) >= least;
    until(&lab, "a fifth of the nodes", replaced((GROUPS * NODES / 5) as u64))?;
    let left = held_by(&lab, &names, "first");
    drop(first);
    let killed = Instant::now();
    lab.wait(PATIENCE, "the other replica to go on", || Ok(held_by(&lab, &left, "first").is_empty()))?;
    let took = killed.elapsed().as_secs_f64();
    tell("groups of a killed replica, of 50", left.len() as f64, "", &json!(null));
    tell("take-over of all groups of a killed replica", took, "s", &json!({"goal": 20.0}));
    let over = |updates: &[Value]| updates.iter().all(|it| it["status"]["outcome"] == "Succeeded");
    until(&lab, "every update", over)?;
    tell(
        "50 groups of 2 nodes at once, one replica killed",
        begun.elapsed().as_secs_f64(),
        "s",
        &json!(null),
    );
    judged(&lab, mark)
}

/// No pod was deleted outright.
fn judged(lab: &Lab, mark: Mark) -> Result<()> {
    let (events, _) = lab.audit().since(mark)?;
    let ours = events.iter().filter(|it| it.agent().starts_with("replank") && it.complete());
    let (mut evictions, mut deletions) = (0, 0);
    for event in ours {
        match (event.verb(), event.resource().as_str()) {
            ("create", "pods/eviction") if event.status() < 300 => evictions += 1,
            ("delete", "pods") => deletions += 1,
            _ => {}
        }
    }
    tell("evictions, 50 groups at once", f64::from(evictions), "", &json!(null));
    if deletions > 0 {
        bail!("{deletions} pods were deleted outright");
    }
    Ok(())
}

/// A control plane with the custom resources.
fn lab() -> Result<Lab> {
    let lab = Lab::start(&Settings::default())?;
    for definition in replank_operator::api::definitions() {
        lab.api().create(DEFINITIONS, &definition)?;
    }
    lab.wait(PATIENCE, "the custom resources", || Ok(lab.api().get(UPDATES).is_ok()))?;
    fs::write(lab.directory().join("world.yaml"), WORLD)?;
    Ok(lab)
}

fn replica(lab: &Lab, name: &str, port: u16) -> Result<Replica> {
    let directory = lab.directory();
    let log = fs::File::create(directory.join(format!("{name}.log")))?;
    let mut command = replank();
    command.args(["operator", "--cloud", "kwok", "--replica", name, "--kubeconfig"]).arg(lab.kubeconfig());
    command.arg("--data").arg(directory.join("ship")).arg("--world").arg(directory.join("world.yaml"));
    command.args(["--listen", &format!("127.0.0.1:{port}")]).stdin(Stdio::null());
    let child = command.stdout(log.try_clone()?).stderr(log).spawn().context("the operator")?;
    Ok(Replica { child, port })
}

fn acts(lab: &Lab, name: &str) -> Result<()> {
    let log = lab.directory().join(format!("{name}.log"));
    lab.wait(PATIENCE, "a replica to act", || Ok(fs::read_to_string(&log)?.contains(" acts.")))
}

fn until(lab: &Lab, what: &str, holds: impl Fn(&[Value]) -> bool) -> Result<()> {
    lab.wait(PATIENCE, what, || {
        let list = lab.api().get(UPDATES)?;
        Ok(list["items"].as_array().is_some_and(|all| holds(all)))
    })
}

fn replaced(updates: &[Value]) -> u64 {
    updates.iter().filter_map(|it| it["status"]["nodes"]["replaced"].as_u64()).sum()
}

/// Those of these groups whose lease a replica holds.
fn held_by(lab: &Lab, groups: &[String], replica: &str) -> Vec<String> {
    let holder = format!("replank operator {replica}");
    let mut held = Vec::new();
    for group in groups {
        // One whose update waits for its turn has none yet.
        let lease = lab.api().get(&format!("{LEASE}{group}")).unwrap_or_default();
        if lease["spec"]["holderIdentity"] == holder.as_str() {
            held.push(group.clone());
        }
    }
    held
}

impl Replica {
    fn process(&self, file: &str) -> Result<String> {
        Ok(fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))?)
    }

    /// Processor time so far, in ticks (Linux: `utime` and `stime` are the 14th and 15th field).
    fn ticks(&self) -> Result<f64> {
        let stat = self.process("stat")?;
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        let ticks = fields.skip(11).take(2).map(|it| it.parse::<f64>().unwrap_or_default());
        Ok(ticks.sum())
    }

    /// Resident memory.
    fn memory(&self) -> Result<f64> {
        let status = self.process("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let size = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        Ok(size.context("no VmRSS")? / 1024.0)
    }

    /// Requests to the API server so far, by its own count.
    fn requests(&self) -> Result<f64> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let counted = text.lines().filter(|line| line.starts_with("replank_api_requests_total"));
        Ok(counted.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }
}
