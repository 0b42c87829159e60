//! Measures what replank does to a real control plane, from its audit log: drains beside `kubectl drain`, and the
//! requests of an update; what the operator takes; and what an update of a group on moto takes. `cargo xtask bench` shows what it
//! prints; `--only drain`, `--only update`, `--only operator` or `--only aws` takes one part.
//!
//! `REPLANK` names the program. Everything shares the machine: API server, etcd, controllers, kubelets, and who is
//! measured.

#![expect(clippy::print_stdout, reason = "it measures real time and talks to a terminal")]

mod aws;
mod drain;
mod objects;
mod operator;
mod update;

use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

/// Prints a measurement.
fn tell(name: &str, value: f64, unit: &str, more: &Value) {
    let mut line = json!({ "name": name, "value": value, "unit": unit });
    for (key, value) in more.as_object().into_iter().flatten() {
        line[key] = value.clone();
    }
    println!("{line}");
}

/// The program that is measured.
fn replank() -> Command {
    Command::new(std::env::var_os("REPLANK").unwrap_or_else(|| "target/release/replank".into()))
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = arguments.windows(2).find(|pair| pair[0] == "--only").map(|pair| pair[1].clone());
    let runs = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if runs("drain") {
        drain::run()?;
    }
    if runs("update") {
        update::run()?;
    }
    if runs("operator") {
        operator::run()?;
    }
    if runs("aws") {
        aws::run()?;
    }
    Ok(())
}
