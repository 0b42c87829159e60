//! Errors of opening the cloud of a real cluster.

use std::fmt::Display;
use std::io;
use std::path::PathBuf;

use replank_engine::state_file::StateFileError;
use replank_kube::lists::ListError;
use thiserror::Error;

/// Reason why a cloud cannot be opened. The data directory is unchanged.
#[derive(Debug, Error)]
pub enum KwokError {
    /// The cluster has no such node group.
    #[error("there is no node group {group}; there is {known}")]
    NoNodeGroup {
        /// Name that was given.
        group: String,
        /// Names of the groups in the cluster, separated by commas.
        known: String,
    },
    /// The data directory belongs to another cluster, whose nodes would be taken for deleted.
    #[error(
        "{directory} holds the cloud of another cluster, which was at {before}; {server} is not that one. Name another \
         directory with --data"
    )]
    OtherCluster {
        /// Path of the data directory.
        directory: PathBuf,
        /// Address of the API server of the other cluster.
        before: String,
        /// Address of the API server of this cluster.
        server: String,
    },
    /// A group has nodes that are none of the cloud's instances.
    #[error(
        "{directory} holds a cloud that knows nothing of {nodes}: another one launched them, or a person made them. Name \
         a new directory with --data, in which the cloud begins with the nodes that are there"
    )]
    ForeignNodes {
        /// Path of the data directory.
        directory: PathBuf,
        /// Names of some of the nodes, separated by commas.
        nodes: String,
    },
    /// A file cannot be read or written.
    #[error("{path}: {why}")]
    File {
        /// Path of the file.
        path: String,
        /// Error of the file system.
        why: io::Error,
    },
    /// The snapshot that the cloud began with is invalid, or no world can be made from it.
    #[error("{0}")]
    NoWorld(String),
    /// The nodes of the cluster cannot be listed.
    #[error(transparent)]
    List(#[from] ListError),
    /// The file that identifies the cluster cannot be read or written.
    #[error(transparent)]
    State(#[from] StateFileError),
}

impl KwokError {
    /// Error from an error of another crate.
    pub(crate) fn no_world(error: &dyn Display) -> Self {
        Self::NoWorld(error.to_string())
    }
}
