//! `up`: starts a process that holds a lab, waits until its nodes are Ready, and says how to use it.

use anyhow::{Context, Result, bail};
use replank_lab::build::kubernetes_version;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::hold::STAY;
use super::place::{Running, directory};
use super::{LabArgs, build};

/// Starts a lab and returns.
pub(super) fn up(wish: &LabArgs) -> Result<()> {
    let name = &wish.which.name;
    if let Some(running) = Running::find(name)? {
        let server = running.server.as_deref().unwrap_or("an address that it is still to say");
        let down = format!("cargo xtask lab down{}", option(name));
        bail!(
            "lab {name} runs already, at {server}: use it, end it with `{down}`, or start another with --name"
        );
    }
    let programs = build(wish.minor)?;
    let begin = Instant::now();
    let mut holder = start()?;
    let told = listen(&mut holder)?;
    if let Some(error) = told {
        bail!(error);
    }
    let mut to_holder = holder.stdin.take().context("the holder cannot be reached")?;
    writeln!(to_holder, "{STAY}").context("the holder cannot be reached")?;
    let Some(running) = Running::find(name)? else { bail!("lab {name} has ended at once") };
    println!(
        "\nLab {name} is up after {:.1} s: Kubernetes v{} at {}, {} nodes Ready in {}.\n",
        begin.elapsed().as_secs_f64(),
        kubernetes_version(wish.minor),
        running.server.as_deref().unwrap_or_default(),
        wish.nodes,
        wish.zones.0.join(", ")
    );
    println!("  export KUBECONFIG={}", running.kubeconfig().display());
    let directories: Vec<String> =
        programs.directories().iter().map(|directory| directory.display().to_string()).collect();
    println!("  export PATH={}:$PATH    # its kubectl", directories.join(":"));
    println!("  kubectl get nodes -L topology.kubernetes.io/zone,eks.amazonaws.com/nodegroup\n");
    println!("Who asked for what: {}", directory(name).join("audit.log").display());
    println!("What its programs say: {}", directory(name).join("logs").display());
    println!("To end it: cargo xtask lab down{}", option(name));
    Ok(())
}

/// Starts this program again as `hold`, with the same arguments.
fn start() -> Result<Child> {
    let own = std::env::current_exe().context("this program does not know where it is")?;
    let arguments = std::env::args_os().skip_while(|argument| argument != "up").skip(1);
    let mut command = Command::new(own);
    command.arg("hold").args(arguments).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().context("the holder of the lab cannot be started")
}

/// Reads the holder's progress until the lab is ready; an error is the holder's message.
fn listen(holder: &mut Child) -> Result<Option<String>> {
    let out = holder.stdout.take().context("the holder cannot be heard")?;
    for line in BufReader::new(out).lines() {
        let line = line.context("the holder cannot be heard")?;
        let said: Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(error) = said["error"].as_str() {
            return Ok(Some(error.to_owned()));
        } else if said["ready"] == true {
            return Ok(None);
        } else if let Some(server) = said["server"].as_str() {
            println!("lab: the control plane answers at {server}; its nodes join");
        }
    }
    bail!("the holder of the lab ended before the lab was ready")
}

/// The option that names this lab in a command; empty for the default name.
fn option(name: &str) -> String {
    if name == "lab" { String::new() } else { format!(" --name {name}") }
}
