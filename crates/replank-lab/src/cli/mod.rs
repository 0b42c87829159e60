//! What can be asked of the lab on the command line.

mod hold;
mod place;
mod up;
mod upgrade;

use anyhow::Result;
use clap::{Args, Parser};
use place::Running;
use replank_lab::build::{Minor, Programs, helm, kubectl, kubernetes_version};
use replank_lab::{Leases, Node, Timing};
use std::path::PathBuf;

/// The command line.
#[derive(Parser)]
#[command(
    name = "cargo xtask lab",
    about = "A real Kubernetes control plane with kwok nodes on this machine"
)]
pub(crate) enum Cli {
    /// Build its programs; nothing is done when they are there
    Build {
        /// Build nothing but kubectl, into this directory
        #[arg(long, value_name = "DIRECTORY")]
        kubectl: Option<PathBuf>,
        /// Build this minor of Kubernetes only, or several; without it all that the lab has are built
        #[arg(long, value_name = "MINOR", conflicts_with = "kubectl")]
        minor: Vec<Minor>,
        /// Build Helm instead, with which tests try the chart; it takes some minutes
        #[arg(long, conflicts_with_all = ["kubectl", "minor"])]
        helm: bool,
    },
    /// Start one that runs until `down`
    Up(LabArgs),
    /// End it
    Down {
        #[command(flatten)]
        which: Which,
    },
    /// Replace the control plane of a running one by the next minor, in place
    Upgrade {
        #[command(flatten)]
        which: Which,
        /// The minor of Kubernetes to go to
        #[arg(long, value_name = "MINOR")]
        minor: Minor,
    },
    /// Say which labs run
    Status,
    /// What `up` leaves running
    #[command(hide = true)]
    Hold(LabArgs),
}

/// Which lab.
#[derive(Args, Clone)]
pub(crate) struct Which {
    /// The name of the lab, which is also its context; several run beside each other
    #[arg(long, default_value = "lab", value_parser = name)]
    pub(crate) name: String,
}

/// Which lab, of which minor, and what is in it.
#[derive(Args, Clone)]
pub(crate) struct LabArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The minor of Kubernetes: 1.34, 1.35 or 1.37
    #[arg(long, default_value_t, value_name = "MINOR")]
    pub(crate) minor: Minor,
    /// Number of nodes, at most 20,000
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(0..=20_000))]
    pub(crate) nodes: u32,
    /// Their zones: how many, or their names with commas between them
    #[arg(long, default_value = "3", value_parser = zones)]
    pub(crate) zones: Zones,
    /// Their node group
    #[arg(long, default_value = "workers", value_name = "NAME")]
    pub(crate) group: String,
    /// Instance type of each node
    #[arg(long, default_value = "m5.large", value_name = "TYPE")]
    pub(crate) instance_type: String,
    /// How long a node takes to become Ready
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS", value_parser = seconds)]
    join_seconds: f64,
    /// How long a pod takes to run
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS", value_parser = seconds)]
    start_seconds: f64,
    /// How long a running pod takes to become ready
    #[arg(long, default_value_t = 2.0, value_name = "SECONDS", value_parser = seconds)]
    ready_seconds: f64,
    /// How long a pod takes to stop; its grace period cuts it short
    #[arg(long, default_value_t = 2.0, value_name = "SECONDS", value_parser = seconds)]
    stop_seconds: f64,
}

/// The names of zones.
#[derive(Clone)]
pub(crate) struct Zones(pub(crate) Vec<String>);

impl LabArgs {
    pub(crate) fn timing(&self) -> Timing {
        Timing {
            join: self.join_seconds,
            start: self.start_seconds,
            ready: self.ready_seconds,
            stop: self.stop_seconds,
        }
    }

    /// From some hundred nodes on their leases alone would keep two cores busy.
    pub(crate) fn leases(&self) -> Leases {
        if self.nodes > 300 { Leases::Long } else { Leases::Short }
    }

    pub(crate) fn wanted(&self) -> Vec<Node> {
        let zones: Vec<&str> = self.zones.0.iter().map(String::as_str).collect();
        let mut nodes = Node::spread(&self.group, &zones, self.nodes as usize);
        nodes.iter_mut().for_each(|node| node.instance_type.clone_from(&self.instance_type));
        nodes
    }
}

/// Does what was asked.
pub(crate) fn run(cli: Cli) -> Result<()> {
    match cli {
        Cli::Build { kubectl: Some(directory), .. } => kubectl(&directory),
        Cli::Build { helm: true, .. } => {
            println!("lab: Helm is {}", helm()?.display());
            Ok(())
        }
        Cli::Build { kubectl: None, helm: false, minor } => {
            for minor in Minor::ALL.into_iter().filter(|it| minor.is_empty() || minor.contains(it)) {
                let programs = build(minor)?;
                println!("lab: Kubernetes {minor} built, in {}", programs.directories()[0].display());
            }
            Ok(())
        }
        Cli::Up(wish) => up::up(&wish),
        Cli::Down { which } => down(&which.name),
        Cli::Upgrade { which, minor } => upgrade::upgrade(&which.name, minor),
        Cli::Status => status(),
        Cli::Hold(wish) => hold::hold(&wish),
    }
}

fn build(minor: Minor) -> Result<Programs> {
    Programs::build(minor, |line| println!("lab: {line}"))
}

fn down(name: &str) -> Result<()> {
    if place::end(name)? {
        println!("lab {name} is down; nothing of it is left");
    } else {
        println!("no lab {name} runs");
    }
    Ok(())
}

fn status() -> Result<()> {
    let running = Running::all()?;
    if running.is_empty() {
        println!("no lab runs; start one: cargo xtask lab up");
    }
    for lab in running {
        let (Some(server), Some(minor)) = (&lab.server, lab.minor) else {
            println!("lab {}: still starting", lab.name);
            continue;
        };
        match lab.count(server) {
            Ok((ready, nodes, pods)) => println!(
                "lab {}: Kubernetes v{}, {ready} of {nodes} nodes Ready, {pods} pods, {server}",
                lab.name,
                kubernetes_version(minor)
            ),
            Err(error) => println!("lab {}: {server} does not answer: {error:#}", lab.name),
        }
        println!("  export KUBECONFIG={}", lab.kubeconfig().display());
    }
    Ok(())
}

fn name(text: &str) -> Result<String, String> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let good = !text.is_empty() && text.len() <= 40 && text.chars().all(plain) && !text.starts_with('-');
    good.then(|| text.to_owned())
        .ok_or_else(|| "lower case letters, digits and hyphens, at most 40".to_owned())
}

fn zones(text: &str) -> Result<Zones, String> {
    let names = match text.parse::<u8>() {
        Ok(count @ 1..=6) => ('a'..).take(count.into()).map(|letter| format!("us-west-2{letter}")).collect(),
        Ok(_) => return Err("1 to 6 zones, or their names".to_owned()),
        Err(_) => text.split(',').map(|zone| zone.trim().to_owned()).collect::<Vec<_>>(),
    };
    let good = |zone: &String| {
        zone.ends_with(|letter: char| letter.is_ascii_lowercase())
            && zone.contains(|it: char| it.is_ascii_digit())
    };
    match names.iter().find(|zone| !good(zone)) {
        Some(wrong) => Err(format!("\"{wrong}\" is no zone: give names such as us-west-2a, or how many")),
        None => Ok(Zones(names)),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=3600.0).contains(number));
    number.ok_or_else(|| "a number from 0 to 3600".to_owned())
}
