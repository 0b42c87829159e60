//! Where `replank up` keeps what `replank env` tells: the endpoint, the keys, the names.
//!
//! Keys stay the same over restarts of one data directory. Files are for their owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// Name of the file in a directory.
const FILE: &str = "up.json";

/// What a running `replank up` tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Installation {
    /// The process that serves it; `None` when it ended.
    pub(crate) pid: Option<u32>,
    /// URL of the EKS endpoint.
    pub(crate) endpoint: String,
    /// Access key.
    pub(crate) access_key: String,
    /// Secret key.
    pub(crate) secret_key: String,
    /// Region.
    pub(crate) region: String,
    /// Account.
    pub(crate) account: String,
    /// The cluster.
    pub(crate) cluster: String,
    /// Its first node group.
    pub(crate) nodegroup: String,
    /// The kubeconfig, when a Kubernetes API is served.
    pub(crate) kubeconfig: Option<PathBuf>,
}

impl Installation {
    /// Reads the one of a directory.
    pub(crate) fn read(directory: &Path) -> Result<Option<Self>> {
        let file = directory.join(FILE);
        match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .with_context(|| format!("{} is damaged; remove it", file.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| file.display().to_string()),
        }
    }

    /// Writes it aside and renames it, so that a kill leaves it whole or absent.
    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        let (aside, file) = (directory.join("up.json.new"), directory.join(FILE));
        let text = serde_json::to_string_pretty(self)?;
        let written = private(&aside).and_then(|mut out| out.write_all(text.as_bytes()));
        written.and_then(|()| fs::rename(&aside, &file)).with_context(|| file.display().to_string())
    }
}

/// A file that its owner alone can read, emptied.
pub(crate) fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Where the last `replank up` of this user is told (XDG: `XDG_STATE_HOME`).
pub(crate) fn home() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("replank"))
}
