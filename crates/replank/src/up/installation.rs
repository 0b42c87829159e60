//! Where `replank up` keeps what `replank env` tells: the endpoint, the keys, the names.
//!
//! Keys stay the same over restarts of one data directory.

use std::path::{Path, PathBuf};

use anyhow::Result;
use replank_engine::secret;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::kept;
use crate::printer::Printer;

/// Name of the file in a directory.
const FILE: &str = "up.json";

/// What a running `replank up` tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Installation {
    /// The process that serves it; `None` when it ended.
    pub(crate) pid: Option<u32>,
    /// URL of the EKS endpoint.
    pub(crate) endpoint: String,
    /// URL of the Kubernetes API.
    pub(crate) kubernetes: String,
    /// Access key.
    pub(crate) access_key: String,
    /// Secret key.
    #[serde(with = "secret::kept")]
    pub(crate) secret_key: SecretString,
    /// Region.
    pub(crate) region: String,
    /// Account.
    pub(crate) account: String,
    /// The cluster.
    pub(crate) cluster: String,
    /// Its first node group.
    pub(crate) nodegroup: String,
    /// The kubeconfig, or several with colons between; empty when there is none.
    pub(crate) kubeconfig: PathBuf,
}

impl Installation {
    /// Reads the one of a directory.
    pub(crate) fn read(directory: &Path) -> Result<Option<Self>> {
        kept::read(&directory.join(FILE))
    }

    /// The ports of the EKS endpoint and of the Kubernetes API.
    pub(crate) fn ports(&self) -> (Option<u16>, Option<u16>) {
        let port = |url: &str| url.rsplit_once(':')?.1.parse().ok();
        (port(&self.endpoint), port(&self.kubernetes))
    }

    /// Tells it: in the data directory, and as the one of this user that was started last.
    pub(crate) fn tell(&self, data: Option<&Path>) -> Result<()> {
        if let Some(data) = data {
            self.write(data)?;
        }
        match home() {
            Some(home) => self.write(&home),
            None => Ok(()),
        }
    }

    /// Writes it.
    fn write(&self, directory: &Path) -> Result<()> {
        kept::write(&directory.join(FILE), self)
    }
}

/// Says how to use what is up: the documents' own commands.
pub(crate) fn say_how(printer: &mut Printer) {
    printer.line("");
    printer.line("In another terminal:");
    printer.line("  eval \"$(replank env)\"");
    printer.line("  kubectl get nodes --watch");
    printer.line("  aws eks update-nodegroup-version \\\n    --cluster-name $EKS_CLUSTER_NAME --nodegroup-name $EKS_DEFAULT_MNG_NAME");
    printer.line("");
    printer.line("Ctrl-C ends it.");
    printer.flush();
}

/// Where the last `replank up` of this user is told (XDG: `XDG_STATE_HOME`).
pub(crate) fn home() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("replank"))
}
