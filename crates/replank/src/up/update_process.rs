//! Files by which a process that runs an update of a real cluster tells others of this user how to steer it: one in its
//! data directory, one beside those of running servers. Both are gone when it ends in order.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use replank_engine::{secret, state_file};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::installation::{home, is_alive};

/// Name of the file in a data directory.
const FILE: &str = "steering.json";
/// Name of the directory with the files of running updates.
const RUNNING: &str = "updates";
/// Region in the signatures, of which a process knows no other.
pub(crate) const REGION: &str = "local";

/// A process that runs an update.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateProcess {
    /// Process id.
    pub(crate) pid: u32,
    /// URL at which it is steered, on loopback.
    pub(crate) endpoint: String,
    /// Access key id.
    pub(crate) access_key: String,
    /// Secret access key.
    #[serde(with = "secret::kept")]
    pub(crate) secret_key: SecretString,
    /// Id of the update.
    pub(crate) update: String,
    /// Name of the cluster.
    pub(crate) cluster: String,
    /// Name of the node group.
    pub(crate) nodegroup: String,
    /// URL of the cluster's API server.
    pub(crate) server: String,
    /// Uid of namespace `kube-system`, by which the cluster is known; `None` when it may not be read.
    pub(crate) cluster_uid: Option<String>,
    /// Absolute path of the data directory.
    pub(crate) data: PathBuf,
}

impl UpdateProcess {
    /// The process that runs an update in a data directory; `None` when none does.
    pub(crate) fn of_data(data: &Path) -> Result<Option<Self>> {
        let told: Option<Self> = state_file::read(&data.join(FILE))?;
        Ok(told.filter(|told| is_alive(told.pid)))
    }

    /// Writes both files.
    pub(crate) fn tell(&self) -> Result<()> {
        state_file::write(&self.data.join(FILE), self)?;
        if let Some(file) = self.listed() {
            state_file::write(&file, self)?;
        }
        Ok(())
    }

    /// Removes both files. Those that are gone already or stay are nobody's trouble: their process is dead.
    pub(crate) fn ended(&self) {
        let _gone = fs::remove_file(self.data.join(FILE));
        if let Some(file) = self.listed() {
            let _gone = fs::remove_file(file);
        }
    }

    fn listed(&self) -> Option<PathBuf> {
        Some(home()?.join(RUNNING).join(format!("{}-{}.json", self.pid, self.update)))
    }
}

/// Updates of real clusters that processes of this user run on this machine, by id. Files of dead processes are removed.
pub(crate) fn running() -> Vec<UpdateProcess> {
    let Some(home) = home() else { return Vec::new() };
    let files = fs::read_dir(home.join(RUNNING)).into_iter().flatten().flatten();
    let mut found: Vec<UpdateProcess> = files
        .filter_map(|file| {
            let told: UpdateProcess = state_file::read(&file.path()).ok()??;
            if !is_alive(told.pid) {
                let _gone = fs::remove_file(file.path());
                return None;
            }
            Some(told)
        })
        .collect();
    found.sort_by(|one, other| one.update.cmp(&other.update));
    found
}
