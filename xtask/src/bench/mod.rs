//! `cargo xtask bench`: starts the measuring programs, prints what they measured as a table and writes
//! `target/bench.json`. Measures nothing itself.
//!
//! There are five, built optimised: the example `bench` of `replank-harness` measures the embedded world,
//! `bench_strategies` there what an update costs with each strategy in virtual time, `bench_up` of
//! `replank` the servers, beside moto's, which is installed under `target/moto`, `bench_real` what is done to a real
//! control plane, beside kubectl, and `bench_check` what a check of files takes. Arguments go to all; `--only NAME` takes one measurement of the first, or one part of
//! the others (`strategies`, `eks`, `kubernetes`, `large`, `drain`, `update`, `operator`, `aws`, `check`). A program prints one JSON object per line for each measurement;
//! lines that do not begin with `{` are shown as they are. Fields:
//!
//! - `name`: what was measured, unique in a run;
//! - `value`: the number, `unit`: its unit, such as `s`, `MiB`, `events/s`;
//! - `goal`, optional: the number the value should stay under;
//! - `vs` and `ratio`, optional, together: the name of what it is compared with, and the value divided by that
//!   one's value; with them `times`, optional: what the ratio should come to at least.

mod against;
mod machine;
mod measurement;
mod moto;

use crate::lab;
use crate::test::{clients, toolchain};
use crate::workspace::{cargo, example, root, spell, succeed};
pub(crate) use against::run as against;
use anyhow::{Context, Result, bail};
use machine::Machine;
use measurement::Measurement;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// The measuring programs: crate and example, and the parts that can be taken alone. A program without any takes one
/// measurement by its name.
const PROGRAMS: [(&str, &str, &[&str]); 5] = [
    ("replank-harness", "bench", &[]),
    ("replank-harness", "bench_strategies", &["strategies"]),
    ("replank", "bench_up", &["eks", "kubernetes", "large"]),
    ("replank", "bench_real", &["drain", "update", "operator", "aws"]),
    ("replank", "bench_check", &["check"]),
];
const OUTPUT: &str = "target/bench.json";

/// Measures, prints the table, writes the JSON.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    let only = rest.iter().skip_while(|word| *word != "--only").nth(1);
    let has = |parts: &[&str], name: &str| parts.contains(&name);
    let is_part = |name: &str| PROGRAMS.iter().any(|(.., parts)| has(parts, name));
    let machine = Machine::look();
    let mut measurements = Vec::new();
    for (of, name, parts) in PROGRAMS {
        let asked = |only: &String| has(parts, only) || (parts.is_empty() && !is_part(only));
        if only.is_none_or(asked) {
            measurements.extend(measure((of, name), rest)?);
        }
    }
    println!("\n{machine}\n\n{}", measurement::table(&measurements));
    println!("{}", measurement::verdict(&measurements));
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

fn measure((of, name): (&str, &str), rest: &[String]) -> Result<Vec<Measurement>> {
    let directory = format!("crates/{of}");
    if example(&directory, name).is_none() {
        bail!("{directory}/examples has no {name}: there is nothing to measure");
    }
    // Both at once: alone, the command would be built with other features of what it shares with the example.
    succeed(cargo(&["build", "--locked", "--release", "-p", of, "--bins", "--example", name]))?;
    let built = root().join("target/release");
    let mut command = Command::new(built.join("examples").join(name));
    command.args(rest).current_dir(root());
    if of == "replank" {
        command.env("REPLANK", built.join("replank"));
    }
    match name {
        "bench_up" => drop(command.env("MOTO_SERVER", moto::ensure()?)),
        "bench_real" => {
            lab::build(&toolchain::ensure()?, &lab::TESTED[..1])?;
            command.env("PATH", clients::ensure()?);
        }
        _ => {}
    }
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
