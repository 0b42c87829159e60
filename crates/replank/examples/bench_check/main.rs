//! Measures `replank check` on files: 10,000 objects and 500 releases of Helm, made here and removed afterwards.
//! `cargo xtask bench --only check` shows what it prints. `REPLANK` names the program.

#![expect(clippy::print_stdout, reason = "it measures real time and talks to a terminal")]

mod data;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How often the program runs; the median counts.
const RUNS: usize = 9;
/// How often a process is asked for its memory.
const LOOKS_EVERY: Duration = Duration::from_millis(2);

/// How a part ends.
type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = arguments.windows(2).find(|pair| pair[0] == "--only").map(|pair| pair[1].clone());
    if only.is_some_and(|only| only != "check") {
        return Ok(());
    }
    let program =
        std::env::var_os("REPLANK").map(PathBuf::from).ok_or("REPLANK does not name the program")?;
    let directory = std::path::absolute(format!("target/bench-check-{}", std::process::id()))?;
    let measured = data::write(&directory).and_then(|bytes| measure(&program, &directory, bytes));
    std::fs::remove_dir_all(&directory)?;
    measured
}

fn measure(program: &Path, directory: &Path, bytes: usize) -> Outcome {
    let (mut times, mut peaks) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (seconds, peak, output) = run(program, directory)?;
        let report: Value = serde_json::from_slice(&output)?;
        let found = report["findings"].as_array().map_or(0, Vec::len);
        if found != data::PLANTED {
            return Err(format!("{found} findings, {} are planted", data::PLANTED).into());
        }
        times.push(seconds);
        peaks.push(peak);
    }
    let name =
        format!("check of 10,000 objects and 500 Helm releases, {:.1} MB of files", bytes as f64 / 1e6);
    tell(&name, median(times), "s", &json!({ "goal": 0.15 }));
    tell("memory of it", median(peaks), "MiB", &json!({ "goal": 100.0 }));
    Ok(())
}

/// Seconds, the most memory in MiB, and what was printed.
fn run(program: &Path, directory: &Path) -> Outcome<(f64, f64, Vec<u8>)> {
    let begun = Instant::now();
    let mut command = Command::new(program);
    command.args(["check", "--target", "1.25", "-o", "json", "-f"]).arg(directory);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let id = child.id();
    let watching = std::thread::spawn(move || {
        let mut peak = 0.0;
        while let Some(memory) = memory(id) {
            peak = memory;
            std::thread::sleep(LOOKS_EVERY);
        }
        peak
    });
    let mut printed = Vec::new();
    if let Some(mut out) = child.stdout.take() {
        std::io::Read::read_to_end(&mut out, &mut printed)?;
    }
    child.wait()?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok((seconds, watching.join().map_err(|_| "the watch broke off")?, printed))
}

/// The most that was ever resident, in MiB; none when the process is gone.
fn memory(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints a measurement.
fn tell(name: &str, value: f64, unit: &str, more: &Value) {
    let mut line = json!({ "name": name, "value": value, "unit": unit });
    for (key, value) in more.as_object().into_iter().flatten() {
        line[key] = value.clone();
    }
    println!("{line}");
}
