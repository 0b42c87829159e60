//! The directory where updates of a real cluster are on record: named by the cluster, made when something is done.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_engine::data_dir::{DataDir, DataDirError, Holder};
use replank_kube::lists;

use super::connect::Reached;
use crate::errors::bad;
use crate::up::installation;
use crate::up::update_process::UpdateProcess;

/// A data directory that is open.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    /// The directory, locked.
    pub(crate) data: DataDir,
    /// Where it is, if it goes with this process: a plan leaves nothing behind.
    _passing: Option<Passing>,
}

/// The usual directory for updates of a cluster, in the state directory of the user (XDG base directories). It is named by
/// the cluster (uid of namespace `kube-system`), and by `what` where one cluster has several.
pub(crate) fn usual(reached: &Reached, what: Option<&str>) -> Result<PathBuf> {
    let state = installation::home().context("there is no home directory: name one with --data")?;
    let uid = reached.runtime.block_on(lists::identity(&reached.connection.client));
    let cluster = uid.unwrap_or_else(|| reached.connection.server.clone());
    let name = what.map_or_else(|| cluster.clone(), |what| format!("{cluster}-{what}"));
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    Ok(state.join(name.chars().map(plain).collect::<String>()))
}

impl DataDirectory {
    /// Opens the directory at `path`. Where nothing will be done and there is none, one is made that goes with this value.
    pub(crate) fn open(path: &Path, acts: bool) -> Result<Self> {
        if acts || path.exists() {
            return Ok(Self { data: locked(path)?, _passing: None });
        }
        let passing = Passing::new()?;
        Ok(Self { data: locked(&passing.0)?, _passing: Some(passing) })
    }
}

/// Locks a directory. When an update runs in it, the error says how to steer that.
fn locked(path: &Path) -> Result<DataDir> {
    DataDir::open(path, &Holder::this_process(Timestamp::now())).map_err(|error| {
        let is_held = matches!(error, DataDirError::Held { .. });
        match UpdateProcess::of_data(path) {
            Ok(Some(process)) if is_held && process.nodegroup.is_empty() => bad(format!(
                "upgrade {} of cluster {} runs already, in process {} with data directory {}, and goes on as it was begun. \
                 See it with `replank follow {0}`, hold it with `replank pause {0}`, end it with `replank cancel {0}`",
                process.update,
                process.cluster,
                process.pid,
                process.data.display()
            )),
            Ok(Some(process)) if is_held => bad(format!(
                "update {} of node group {} runs already, in process {} with data directory {}, and goes on as it was \
                 begun. See it with `replank follow {0}`, hold it with `replank pause {0}`, end it with `replank cancel \
                 {0}`",
                process.update,
                process.nodegroup,
                process.pid,
                process.data.display()
            )),
            _ => bad(error.to_string()),
        }
    })
}

/// A directory that is removed with this value.
#[derive(Debug)]
struct Passing(PathBuf);

impl Passing {
    fn new() -> Result<Self> {
        let name = format!("replank-plan-{}-{}", std::process::id(), Timestamp::now().as_nanosecond());
        let path = std::env::temp_dir().join(name);
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| format!("a directory for the plan, {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_leaves_no_directory_behind() {
        let passing = Passing::new().unwrap();
        let wanted = passing.0.join("wanted");
        let place = DataDirectory::open(&wanted, false).unwrap();
        let used = place.data.path().to_owned();
        assert!(used.exists() && used != wanted);
        drop(place);
        assert!(!used.exists() && !wanted.exists());
        drop(DataDirectory::open(&wanted, true).unwrap());
        assert!(wanted.exists());
        assert_eq!(DataDirectory::open(&wanted, false).unwrap().data.path(), wanted);
    }
}
