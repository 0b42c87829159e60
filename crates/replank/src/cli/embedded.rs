//! Flags of the commands that run on the embedded world.

use std::path::PathBuf;

use clap::Args;

use super::Update;
use super::remote::Format;

/// Run an update on the embedded world.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) world: World,
    #[command(flatten)]
    pub(crate) update: Update,
    /// How fast virtual time runs: max, real, or a factor such as 60x
    ///
    /// The default is max in a pipe and 60x on a terminal.
    #[arg(long, value_name = "SPEED")]
    pub(crate) speed: Option<String>,
    /// Keep the journal and the world in this directory; the same command again goes on where it was
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// Print lines even on a terminal
    #[arg(long)]
    pub(crate) plain: bool,
}

/// Plan an update on the embedded world.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) world: World,
    #[command(flatten)]
    pub(crate) update: Update,
    /// Project the update instead of rehearsing it: sooner in a large world, but without a scheduler
    #[arg(long)]
    pub(crate) quick: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
}

/// The world to run in.
#[derive(Debug, Args)]
pub(crate) struct World {
    /// A world file; without one, the built-in cluster eks-workshop
    #[arg(long = "world", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Kubernetes manifests to run in the world, from files, directories or URLs; - reads standard input
    ///
    /// They replace the built-in shop, or come on top of what the world file runs.
    #[arg(short = 'f', long = "filename", value_name = "FILE_OR_DIR", num_args = 1..)]
    pub(crate) manifests: Vec<PathBuf>,
    /// Directories are read with all below them in any case; accepted as kubectl accepts it
    #[arg(short = 'R', long)]
    pub(crate) recursive: bool,
    /// The namespace of manifests that name none; one that names another is refused
    #[arg(short, long, value_name = "NAME", requires = "manifests")]
    pub(crate) namespace: Option<String>,
    /// Repeats a run to the byte
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// The node group to update, when the world has several
    #[arg(long, value_name = "NAME")]
    pub(crate) nodegroup: Option<String>,
    /// Let the world's Cluster Autoscaler act
    #[arg(long)]
    pub(crate) autoscaler: bool,
}
