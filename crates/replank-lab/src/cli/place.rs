//! Where labs that were started by hand are noted, and how one process finds what another holds.
//!
//! A lab is held by a process that keeps a lock as long as it lives; so nothing here has to trust a process number
//! that may belong to somebody else by now.

use anyhow::{Context, Result, bail};
use replank_lab::{Api, build};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a lab may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A lab that runs.
pub(super) struct Running {
    pub(super) name: String,
    /// The address of its API server; None while it starts.
    pub(super) server: Option<String>,
    directory: PathBuf,
}

impl Running {
    /// All of them, by name.
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

    /// This one, if it runs.
    pub(super) fn find(name: &str) -> Result<Option<Self>> {
        if hold(name)?.is_some() {
            return Ok(None);
        }
        let directory = directory(name);
        let text = fs::read_to_string(directory.join("lab.json")).unwrap_or_default();
        let state: Value = serde_json::from_str(&text).unwrap_or_default();
        let server = state["server"].as_str().map(str::to_owned);
        Ok(Some(Self { name: name.to_owned(), server, directory }))
    }

    /// The administrator's kubeconfig.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.directory.join("kubeconfig/admin.yaml")
    }

    /// Nodes that are Ready, nodes, pods.
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

/// Where the lab of this name writes.
pub(super) fn directory(name: &str) -> PathBuf {
    labs().join(name)
}

/// Takes the lab of this name, or None when a process holds it. What a lab leaves that was killed is gone by then.
pub(super) fn hold(name: &str) -> Result<Option<File>> {
    fs::create_dir_all(labs()).with_context(|| format!("cannot make {}", labs().display()))?;
    let path = labs().join(format!("{name}.lock"));
    let file = File::options().create(true).append(true).open(&path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(file.try_lock().is_ok().then_some(file))
}

/// Notes what others have to know of the lab that this process holds.
pub(super) fn note(directory: &Path, server: &str) -> Result<()> {
    let path = directory.join("lab.json");
    let text = json!({"server": server, "process": std::process::id()}).to_string();
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// True when somebody asked the lab to end.
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
