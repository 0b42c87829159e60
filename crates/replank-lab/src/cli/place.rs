//! Labs started by hand: where they are recorded, and how a process finds one that another holds.
//!
//! The holder of a lab keeps a lock while it lives, so that no process id has to be trusted that may belong to another
//! process by now.

use anyhow::{Context, Result, bail};
use replank_lab::build::{self, Minor};
use replank_lab::{Api, Lab};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a lab may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running lab.
pub(super) struct Running {
    pub(super) name: String,
    /// Address of its API server; `None` while it starts.
    pub(super) server: Option<String>,
    /// Minor of its control plane; `None` while it starts.
    pub(super) minor: Option<Minor>,
    /// Why its last upgrade failed.
    pub(super) trouble: Option<String>,
    directory: PathBuf,
}

impl Running {
    /// All running labs, by name.
    pub(super) fn all() -> Result<Vec<Self>> {
        let mut found = Vec::new();
        let entries = fs::read_dir(labs()).map(Iterator::flatten).into_iter().flatten();
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(name) = name.strip_suffix(".lock") {
                found.extend(Self::find(name)?);
            }
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// The lab of this name, if it runs.
    pub(super) fn find(name: &str) -> Result<Option<Self>> {
        if hold(name)?.is_some() {
            return Ok(None);
        }
        let directory = directory(name);
        let text = fs::read_to_string(directory.join("lab.json")).unwrap_or_default();
        let state: Value = serde_json::from_str(&text).unwrap_or_default();
        let noted = |key: &str| state[key].as_str().map(str::to_owned);
        let minor = noted("minor").and_then(|minor| minor.parse().ok());
        let (server, trouble) = (noted("server"), noted("trouble"));
        Ok(Some(Self { name: name.to_owned(), server, minor, trouble, directory }))
    }

    /// Path of the administrator's kubeconfig.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.directory.join("kubeconfig/admin.yaml")
    }

    /// Numbers of Ready nodes, nodes and pods.
    pub(super) fn count(&self, server: &str) -> Result<(usize, usize, u64)> {
        let api = Api::of_lab(&self.directory, server)?;
        let nodes = api.get("/api/v1/nodes")?;
        let nodes = nodes["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let pods = api.get("/api/v1/pods?limit=1")?;
        let rest = pods.pointer("/metadata/remainingItemCount").and_then(Value::as_u64).unwrap_or_default();
        let first = pods["items"].as_array().map_or(0, Vec::len) as u64;
        Ok((nodes.iter().filter(|node| replank_lab::is_ready(node)).count(), nodes.len(), first + rest))
    }
}

/// Directory of the lab of this name.
pub(super) fn directory(name: &str) -> PathBuf {
    labs().join(name)
}

/// Locks the lab of this name; `None` when another process holds it.
pub(super) fn hold(name: &str) -> Result<Option<File>> {
    fs::create_dir_all(labs()).with_context(|| format!("cannot make {}", labs().display()))?;
    let path = labs().join(format!("{name}.lock"));
    let file = File::options().create(true).append(true).open(&path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(file.try_lock().is_ok().then_some(file))
}

/// Records the lab that this process holds, and why its last upgrade failed.
pub(super) fn note(directory: &Path, lab: &Lab, trouble: Option<&str>) -> Result<()> {
    let state = json!({"server": lab.server(), "minor": lab.minor().to_string(), "trouble": trouble,
        "process": std::process::id()});
    put(&directory.join("lab.json"), &state.to_string())
}

/// Writes a file that another process reads: whole, or not at all.
fn put(path: &Path, text: &str) -> Result<()> {
    let part = path.with_extension("part");
    let put = fs::write(&part, text).and_then(|()| fs::rename(&part, path));
    put.with_context(|| format!("cannot write {}", path.display()))
}

/// Asks the holder of a lab to upgrade it.
pub(super) fn ask_to_upgrade(directory: &Path, minor: Minor) -> Result<()> {
    put(&directory.join("upgrade"), &minor.to_string())
}

/// The minor to which the lab was asked to go; `None` when nobody asks, or that was answered.
pub(super) fn asked_to_upgrade(directory: &Path) -> Option<Minor> {
    fs::read_to_string(directory.join("upgrade")).ok()?.parse().ok()
}

/// Answers the request: the record of the lab, which was written before, says what came of it.
pub(super) fn answer_upgrade(directory: &Path) -> Result<()> {
    fs::remove_file(directory.join("upgrade")).context("the request to upgrade cannot be removed")
}

/// Whether the lab was asked to end.
pub(super) fn asked_to_end(directory: &Path) -> bool {
    directory.join("end").exists()
}

/// Ends the lab of this name and waits until it is gone; false when none runs.
pub(super) fn end(name: &str) -> Result<bool> {
    let directory = directory(name);
    if Running::find(name)?.is_none() {
        return Ok(false);
    }
    let begin = Instant::now();
    let mut asked = false;
    while hold(name)?.is_none() || directory.exists() {
        // Once, since the directory is being removed then; one that has just begun to start has none yet.
        asked = asked || fs::write(directory.join("end"), "").is_ok();
        if begin.elapsed() > PATIENCE {
            let state = fs::read_to_string(directory.join("lab.json")).unwrap_or_default();
            bail!("lab {name} has not ended after {} s: {state}", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(true)
}

fn labs() -> PathBuf {
    build::cache().join("run")
}
