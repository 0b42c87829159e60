//! `cargo xtask bench`: starts the measuring program of the embedded world, prints what it measured as a table and
//! writes `target/bench.json`. Measures nothing itself.
//!
//! The program is the example `bench` of `replank-sim`, built optimised. It prints one JSON object per line for
//! each measurement; lines that do not begin with `{` are shown as they are. Fields:
//!
//! - `name`: what was measured, unique in a run;
//! - `value`: the number, `unit`: its unit, such as `s`, `MiB`, `events/s`;
//! - `goal`, optional: the number the value should stay under;
//! - `vs` and `ratio`, optional, together: the name of what it is compared with, and the value divided by that
//!   one's value.

mod machine;
mod measurement;

use crate::workspace::{cargo, example, root, spell};
use anyhow::{Context, Result, bail};
use machine::Machine;
use measurement::Measurement;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const CRATE_DIR: &str = "crates/replank-sim";
const OUTPUT: &str = "target/bench.json";

/// Measures, prints the table, writes the JSON.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    if example(CRATE_DIR, "bench").is_none() {
        bail!("{CRATE_DIR}/examples/bench.rs is missing: there is nothing to measure");
    }
    let machine = Machine::look();
    let measurements = measure(rest)?;
    println!("\n{machine}\n\n{}", measurement::table(&measurements));
    let json = json!({
        "machine": machine.json(),
        "measurements": measurements.iter().map(Measurement::json).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&json).context("cannot write the measurements as JSON")?;
    fs::create_dir_all(root().join("target")).context("cannot make the directory target")?;
    fs::write(root().join(OUTPUT), text + "\n").with_context(|| format!("cannot write {OUTPUT}"))?;
    println!("written to {OUTPUT}");
    Ok(())
}

fn measure(rest: &[String]) -> Result<Vec<Measurement>> {
    let mut command =
        cargo(&["run", "--locked", "--release", "-p", "replank-sim", "--example", "bench", "--"]);
    command.args(rest);
    let line = spell(&command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
    let mut found = Vec::new();
    if let Some(out) = child.stdout.take() {
        for text in BufReader::new(out).lines() {
            let text = text.context("cannot read what the measuring program prints")?;
            if text.starts_with('{') {
                let measured =
                    Measurement::parse(&text).with_context(|| format!("not a measurement: {text}"))?;
                println!("{measured}");
                found.push(measured);
            } else {
                println!("{text}");
            }
        }
    }
    let status = child.wait().context("cannot wait for the measuring program")?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    if found.is_empty() {
        bail!("`{line}` measured nothing");
    }
    Ok(found)
}
