//! Why there is no cloud beside a cluster.

use std::fmt::Display;
use std::io;
use std::path::PathBuf;

use replank_engine::state_file::StateFileError;
use replank_kube::lists::ListError;
use thiserror::Error;

/// Why a cloud cannot be opened. What the data directory holds is as before.
#[derive(Debug, Error)]
pub enum KwokError {
    /// Such a node group is not in the cluster.
    #[error("there is no node group {group}; there is {known}")]
    NoNodeGroup {
        /// The one that was asked for.
        group: String,
        /// Those that are there, with commas.
        known: String,
    },
    /// The data directory is that of another cluster, whose nodes would be taken for gone.
    #[error(
        "{directory} holds the cloud of another cluster, which was at {before}; {server} is not that one. Name another \
         directory with --data"
    )]
    OtherCluster {
        /// The data directory.
        directory: PathBuf,
        /// The address that the other cluster had.
        before: String,
        /// The address of this one.
        server: String,
    },
    /// Nodes of a group that none of the cloud's instances is.
    #[error(
        "{directory} holds a cloud that knows nothing of {nodes}: another one launched them, or a person made them. Name \
         a new directory with --data, in which the cloud begins with the nodes that are there"
    )]
    ForeignNodes {
        /// The data directory.
        directory: PathBuf,
        /// A few of the nodes, with commas.
        nodes: String,
    },
    /// A file cannot be read or written.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: String,
        /// The words of the file system.
        why: io::Error,
    },
    /// What the cloud began with cannot be read as a snapshot, or a world not be made of it.
    #[error("{0}")]
    NoWorld(String),
    /// The cluster does not list its nodes.
    #[error(transparent)]
    List(#[from] ListError),
    /// Which cluster the directory belongs to cannot be read or written.
    #[error(transparent)]
    State(#[from] StateFileError),
}

impl KwokError {
    /// What another part of the program says of a world that it does not make.
    pub(crate) fn no_world(error: &dyn Display) -> Self {
        Self::NoWorld(error.to_string())
    }
}
