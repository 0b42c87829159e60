//! A large cluster as its users see it from outside: a snapshot, a rehearsal of that, and a drain that follows all of it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::served::{Server, cpu, memory};
use crate::{Outcome, tell, world};

const NODES: usize = 5000;
/// How often a process is asked for its memory.
const LOOKS_EVERY: Duration = Duration::from_millis(20);

pub(crate) fn run() -> Outcome {
    let server = Server::replank("--speed real", Some(&world::nodes(NODES)))?;
    let file = std::path::absolute(format!("target/bench-large-{}.snap", std::process::id()))?;
    let measured = measure(&server, &file);
    let _not_there = std::fs::remove_file(&file);
    measured
}

fn measure(server: &Server, file: &Path) -> Outcome {
    let mut snapshot = server.command();
    snapshot.args(["snapshot", "-o"]).arg(file);
    let taken = timed(&mut snapshot)?;
    let mut rehearse = server.command();
    rehearse.args(["rehearse", "--seeds", "1", "--max-unavailable", "100", "-o", "json"]).arg(file);
    let rehearsed = timed(&mut rehearse)?;
    tell("snapshot, 5,000 nodes and 50,000 pods", taken, "s", &json!({}));
    tell("rehearsal of it, one seed", rehearsed, "s", &json!({}));
    tell("snapshot and rehearsal", taken + rehearsed, "s", &json!({ "goal": 15.0 }));

    let nodes = server.command().args(["get", "nodes", "-o", "json"]).output()?;
    let nodes: Value = serde_json::from_slice(&nodes.stdout)?;
    let name = nodes.pointer("/nodes/0/name").and_then(Value::as_str).ok_or("no nodes are shown")?;
    let mut drain = server.command();
    let mut drain = drain.args(["drain", name, "--approve"]).stdout(Stdio::null()).spawn()?;
    let begun = Instant::now();
    let (mut peak, mut used) = (0.0, 0.0);
    while drain.try_wait()?.is_none() {
        peak = memory(drain.id(), "VmHWM:").unwrap_or(peak);
        used = cpu(drain.id()).unwrap_or(used);
        std::thread::sleep(LOOKS_EVERY);
    }
    tell(
        "memory of a drain that follows 5,000 nodes and 50,000 pods",
        peak,
        "MiB",
        &json!({ "goal": 200.0 }),
    );
    tell("CPU of it", used, "s", &json!({}));
    tell("a drain of one node among them", begun.elapsed().as_secs_f64(), "s", &json!({}));
    Ok(())
}

fn timed(command: &mut Command) -> Outcome<f64> {
    let begun = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    // A rehearsal that ends well and one that does not both took their time.
    if !matches!(output.status.code(), Some(0 | 4)) {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(begun.elapsed().as_secs_f64())
}
