//! The machine that a measurement was made on, as far as it can be read without extra tools.

use crate::workspace::{output, root};
use serde_json::{Value, json};
use std::process::Command;
use std::{fmt, fs};

/// Each part is "unknown" where the system does not tell.
pub(super) struct Machine {
    cores: usize,
    memory: String,
    cpu: String,
    system: String,
    rustc: String,
    commit: String,
}

impl Machine {
    /// Reads what Linux shows under `/proc`.
    pub(super) fn look() -> Self {
        let said = |command: Command| output(command).ok().map(|text| text.trim().to_owned());
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.arg("--version");
        let mut commit = Command::new("git");
        commit.current_dir(root()).args(["describe", "--always", "--dirty"]);
        let known = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: known(fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(memory)),
            cpu: known(fs::read_to_string("/proc/cpuinfo").ok().as_deref().and_then(cpu)),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            rustc: known(said(rustc)),
            commit: known(said(commit)),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "cores": self.cores, "memory": self.memory, "cpu": self.cpu, "system": self.system,
            "rustc": self.rustc, "commit": self.commit,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cores, memory, cpu, system, rustc, commit } = self;
        write!(out, "Machine: {cores} cores, {memory} memory, {cpu}, {system}, {rustc}, commit {commit}")
    }
}

fn memory(meminfo: &str) -> Option<String> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(format!("{:.1} GiB", kib / 1024.0 / 1024.0))
}

fn cpu(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{cpu, memory};

    #[test]
    fn reads_what_linux_shows() {
        assert_eq!(memory("MemTotal:       16777216 kB\nMemFree: 1 kB\n").unwrap(), "16.0 GiB");
        assert_eq!(memory("MemFree: 1 kB\n"), None);
        assert_eq!(cpu("processor\t: 0\nmodel name\t: Some CPU @ 2.5GHz\n").unwrap(), "Some CPU @ 2.5GHz");
    }
}
