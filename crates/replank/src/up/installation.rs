//! File with which `replank up` tells `replank env` its endpoint, credentials and names.
//!
//! Credentials stay the same over restarts with one data directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use replank_engine::{secret, state_file};
use replank_server::auth::Key;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::PORT;
use crate::errors::bad;
use crate::printer::Printer;

/// Name of the file in a directory.
const FILE: &str = "up.json";
/// Name of the directory with the files of running servers.
const RUNNING: &str = "servers";

/// Endpoints, credentials and names of a `replank up`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Installation {
    /// Process id of the server; `None` after its end.
    pub(crate) pid: Option<u32>,
    /// URL of the EKS endpoint.
    pub(crate) endpoint: String,
    /// URL of the Kubernetes API.
    pub(crate) kubernetes: String,
    /// Access key id.
    pub(crate) access_key: String,
    /// Secret access key.
    #[serde(with = "secret::kept")]
    pub(crate) secret_key: SecretString,
    /// Region name.
    pub(crate) region: String,
    /// Account id.
    pub(crate) account: String,
    /// Cluster name.
    pub(crate) cluster: String,
    /// Name of the first node group of the cluster.
    pub(crate) nodegroup: String,
    /// Absolute path of the data directory, if there is one.
    #[serde(default)]
    pub(crate) data: Option<PathBuf>,
    /// Path of the kubeconfig, or several paths separated by colons; empty when there is none.
    pub(crate) kubeconfig: PathBuf,
}

impl Installation {
    /// Reads the file of a directory; `None` without one.
    pub(crate) fn read(directory: &Path) -> Result<Option<Self>> {
        Ok(state_file::read(&directory.join(FILE))?)
    }

    /// Ports of the EKS endpoint and of the Kubernetes API.
    pub(crate) fn ports(&self) -> (Option<u16>, Option<u16>) {
        let port = |url: &str| url.rsplit_once(':')?.1.parse().ok();
        (port(&self.endpoint), port(&self.kubernetes))
    }

    /// The key that clients sign with.
    pub(crate) fn key(&self) -> Key {
        Key { secret: self.secret_key.clone(), session_token: SecretString::default() }
    }

    /// Writes the file to the data directory, to that of running servers, and as the last started one of this user.
    pub(crate) fn tell(&self) -> Result<()> {
        if let Some(data) = &self.data {
            self.write(data)?;
        }
        let Some(home) = home() else { return Ok(()) };
        if self.pid.is_some() {
            state_file::write(&home.join(RUNNING).join(format!("{}.json", std::process::id())), self)?;
        }
        self.write(&home)
    }

    /// Records the end of the server. Of others that still run the last started one becomes the default again.
    pub(crate) fn ended(self) -> Result<()> {
        let ended = Self { pid: None, ..self };
        if let Some(data) = &ended.data {
            ended.write(data)?;
        }
        let Some(home) = home() else { return Ok(()) };
        let _gone_already = fs::remove_file(home.join(RUNNING).join(format!("{}.json", std::process::id())));
        running().pop().unwrap_or(ended).write(&home)
    }

    /// Command that prints its environment in another terminal, with flags where it is not the default.
    fn command(&self) -> String {
        match &self.data {
            Some(data) => format!("replank env --data {}", quoted(&data.display().to_string())),
            None if self.ports().0 == Some(PORT) => "replank env".to_owned(),
            None => format!("replank env --endpoint-url {}", self.endpoint),
        }
    }

    /// Writes the file to a directory.
    fn write(&self, directory: &Path) -> Result<()> {
        Ok(state_file::write(&directory.join(FILE), self)?)
    }
}

/// Running servers, by the time of their start.
pub(crate) fn running() -> Vec<Installation> {
    let Some(home) = home() else { return Vec::new() };
    let files = fs::read_dir(home.join(RUNNING)).into_iter().flatten().flatten();
    let mut found: Vec<(SystemTime, Installation)> = files
        .filter_map(|file| {
            let told: Installation = state_file::read(&file.path()).ok()??;
            let lives = told.pid.is_some_and(is_alive);
            lives.then_some((file.metadata().and_then(|it| it.modified()).ok()?, told))
        })
        .collect();
    found.sort_by_key(|(started, _)| *started);
    found.into_iter().map(|(_, told)| told).collect()
}

/// Whether the process exists.
pub(super) fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // One of another user is alive, though nobody may signal it.
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// The default server: the only one that runs, else the last one. With several it is an error that lists the commands
/// to select one.
pub(crate) fn meant() -> Result<Option<Installation>> {
    let mut running = running();
    if running.len() > 1 {
        let each = running
            .iter()
            .map(|told| format!("\n  {}   # cluster {} at {}", told.command(), told.cluster, told.endpoint));
        return Err(bad(format!("several replank up run here; name one:{}", each.collect::<String>())));
    }
    match (running.pop(), home()) {
        (Some(told), _) => Ok(Some(told)),
        (None, Some(home)) => Installation::read(&home),
        (None, None) => Ok(None),
    }
}

/// Quotes a value for a shell.
pub(crate) fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+=@".contains(c);
    if value.chars().all(plain) { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

/// Prints where the dashboard is: a link that opens once, or how to get one.
pub(crate) fn say_dashboard(told: &Installation, link: Option<&str>, printer: &mut Printer) {
    match link {
        Some(path) => printer.line(&format!("  Dashboard   {}{path}", told.endpoint)),
        None => printer.line("  Dashboard   by the link that `replank dashboard` prints"),
    }
}

/// Prints how to use a started server, with the commands of the documentation.
pub(crate) fn say_how(told: &Installation, printer: &mut Printer) {
    printer.line("");
    printer.line("In another terminal:");
    printer.line(&format!("  eval \"$({})\"", told.command()));
    printer.line("  kubectl get nodes --watch");
    printer.line("  aws eks update-nodegroup-version \\\n    --cluster-name $EKS_CLUSTER_NAME --nodegroup-name $EKS_DEFAULT_MNG_NAME");
    printer.line("");
    printer.line("Ctrl-C ends it.");
    printer.flush();
}

/// State directory with the file of the last `replank up` of this user (XDG: `XDG_STATE_HOME`).
pub(crate) fn home() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("replank"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_a_shell() {
        for (value, wanted) in [("a/b+c=", "a/b+c="), ("a b", "'a b'"), ("it's", r"'it'\''s'")] {
            assert_eq!(quoted(value), wanted);
        }
    }
}
