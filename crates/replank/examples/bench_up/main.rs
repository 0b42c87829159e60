//! Measures `replank up` from outside: the EKS endpoint beside moto's server, the Kubernetes API, memory, rest, and what
//! snapshots, rehearsals and drains take in front of a large cluster.
//! `cargo xtask bench` shows what it prints; `--only eks`, `--only kubernetes` or `--only large` takes one part.
//!
//! The client shares the machine with the servers and has one thread. `REPLANK` names the program, `MOTO_SERVER`
//! moto's; without the latter nothing is compared. Data is kept below the working directory, in `target`, since what
//! stands for the temporary files of a machine may be no disk.

#![expect(clippy::print_stdout, reason = "it measures real time and talks to a terminal")]

mod eks;
mod kubernetes;
mod large;
mod load;
mod served;
mod talk;
mod watched;
mod world;

use std::error::Error;

use serde_json::{Value, json};

/// What went wrong.
type Trouble = Box<dyn Error + Send + Sync>;
/// How a part ends.
type Outcome<T = ()> = Result<T, Trouble>;

/// Prints a measurement.
fn tell(name: &str, value: f64, unit: &str, more: &Value) {
    let mut line = json!({ "name": name, "value": value, "unit": unit });
    for (key, value) in more.as_object().into_iter().flatten() {
        line[key] = value.clone();
    }
    println!("{line}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = arguments.windows(2).find(|pair| pair[0] == "--only").map(|pair| pair[1].clone());
    let runs = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if runs("eks") {
        eks::run().await?;
    }
    if runs("kubernetes") {
        kubernetes::run().await?;
    }
    if runs("large") {
        large::run()?;
    }
    Ok(())
}
