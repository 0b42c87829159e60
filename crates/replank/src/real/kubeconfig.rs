//! Value of `KUBECONFIG` with which kubectl uses the same cluster and user.

use std::env;
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result};
use replank_engine::state_file;
use serde_json::json;

use crate::cli::Reach;

/// File that sets the current context, put before the others (kubectl: the first file that sets it wins).
const CHOICE: &str = "kubeconfig";

/// Paths of the kubeconfig files, with the chosen context; empty in a pod, where kubectl uses the service account.
pub(super) fn told(flags: &Reach, data: &Path) -> Result<PathBuf> {
    let mut files = read(flags)?;
    if let Some(context) = &flags.context {
        let choice = data.join(CHOICE);
        let text = json!({"apiVersion": "v1", "kind": "Config", "current-context": context}).to_string();
        state_file::write_text(&choice, &text)?;
        files.insert(0, absolute(&choice).context("--data")?);
    }
    Ok(env::join_paths(files).context("KUBECONFIG")?.into())
}

fn read(flags: &Reach) -> Result<Vec<PathBuf>> {
    if let Some(file) = &flags.kubeconfig {
        return Ok(vec![absolute(file).with_context(|| format!("--kubeconfig {}", file.display()))?]);
    }
    let listed = env::var_os("KUBECONFIG").filter(|listed| !listed.is_empty());
    let files: Vec<PathBuf> = match &listed {
        Some(listed) => env::split_paths(listed).filter(|file| !file.as_os_str().is_empty()).collect(),
        None => env::home_dir().map(|home| home.join(".kube/config")).into_iter().collect(),
    };
    let there = files.iter().filter(|file| file.exists());
    there.map(absolute).collect::<std::io::Result<_>>().context("KUBECONFIG")
}
