//! Flags of the commands that speak to a running server.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

use super::Reach;
pub(crate) use super::upgrade::{
    AwsAccount, Cloud, Engine, Local, Upgrade, UpgradeNodegroup, UpgradeNodegroups,
};

/// Which server, and how to print what it says.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Server {
    /// The server to speak to; by default `REPLANK_ENDPOINT`, then `AWS_ENDPOINT_URL`, then the last `replank up`
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) endpoint_url: Option<String>,
    /// Certificates (PEM) of authorities, or of the server itself, that an https endpoint is verified by;
    /// `AWS_CA_BUNDLE` by default
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ca_file: Option<PathBuf>,
    /// The data directory of the `replank up`, or of the update of a real cluster, that is meant
    #[arg(long, value_name = "DIR", global = true, conflicts_with = "endpoint_url")]
    pub(crate) data: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Table, global = true)]
    pub(crate) output: Format,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[value(alias = "text")]
    Table,
    /// For programs; what is told line by line is one object per line
    Json,
    /// For both
    Yaml,
    /// For people, with more columns; lists only
    #[value(skip)]
    Wide,
    /// Names alone; lists only
    #[value(skip)]
    Name,
}

impl Format {
    /// Whether it is read by people rather than by programs.
    pub(crate) fn is_for_people(self) -> bool {
        match self {
            Self::Table | Self::Wide | Self::Name => true,
            Self::Json | Self::Yaml => false,
        }
    }
}

/// Which replank this is.
#[derive(Debug, Args)]
pub(crate) struct Version {
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
}

/// A link into the dashboard.
#[derive(Debug, Args)]
pub(crate) struct Dashboard {
    /// Let whoever opens it look, and change nothing
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Open it in the browser of this machine
    #[arg(long)]
    pub(crate) open: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// A cluster, where names need one.
#[derive(Clone, Debug, Args)]
pub(crate) struct InCluster {
    /// The cluster, when there are several
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) cluster: Option<String>,
}

/// List what there is.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// What to list
    #[arg(value_enum)]
    pub(crate) kind: Listed,
    #[command(flatten)]
    pub(crate) cluster: InCluster,
    /// Only what belongs to this node group
    #[arg(long, value_name = "NAME")]
    pub(crate) nodegroup: Option<String>,
    /// Updates: only those under way
    #[arg(long)]
    pub(crate) running: bool,
    /// Images: of this type, such as `AL2023_x86_64_STANDARD`; those of the node groups by default
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) image_type: Option<String>,
    /// Images: for this Kubernetes version
    #[arg(long, value_name = "VERSION")]
    pub(crate) kubernetes_version: Option<String>,
    /// Node groups: those of a cloud, without a server
    #[arg(long, value_enum)]
    pub(crate) cloud: Option<Cloud>,
    #[command(flatten)]
    pub(crate) account: AwsAccount,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listed {
    /// Clusters with their Kubernetes versions
    #[value(alias = "cluster")]
    Clusters,
    /// Node groups
    #[value(aliases = ["nodegroup", "ng"])]
    Nodegroups,
    /// Updates, oldest first
    #[value(alias = "update")]
    Updates,
    /// Machine images a node group could run
    #[value(alias = "image")]
    Images,
    /// Nodes of the node groups
    #[value(alias = "node")]
    Nodes,
}

/// Something about updates under way.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// Only the update of this node group
    #[arg(value_name = "NODEGROUP")]
    pub(crate) nodegroup: Option<String>,
    #[command(flatten)]
    pub(crate) cluster: InCluster,
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Names an update or an upgrade, and the server that runs it.
#[derive(Debug, Args)]
pub(crate) struct OneUpdate {
    /// The update: its id or the beginning of it, or its node group; or the upgrade of a cluster: its id, or the cluster;
    /// not needed while there is only one
    #[arg(value_name = "UPDATE|NODEGROUP|CLUSTER")]
    pub(crate) what: Option<String>,
    /// Print lines even on a terminal
    #[arg(long)]
    pub(crate) plain: bool,
    #[command(flatten)]
    pub(crate) cluster: InCluster,
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Updates that a command is given to.
#[derive(Debug, Args)]
pub(crate) struct Updates {
    #[command(flatten)]
    pub(crate) one: OneUpdate,
    /// Every update that is under way
    #[arg(long, conflicts_with = "what")]
    pub(crate) all: bool,
}

/// Pause an update.
#[derive(Debug, Args)]
pub(crate) struct Pause {
    #[command(flatten)]
    pub(crate) update: Updates,
    /// Uncordon the nodes in work, which puts them back into service, instead of finishing them
    #[arg(long, alias = "give-back")]
    pub(crate) uncordon: bool,
}

/// Cancel an update.
#[derive(Debug, Args)]
pub(crate) struct Cancel {
    #[command(flatten)]
    pub(crate) update: Updates,
    /// Uncordon the nodes in work, which puts them back into service, instead of finishing them
    #[arg(long, alias = "give-back")]
    pub(crate) uncordon: bool,
    /// Let later launches use the image from before the update; so it is anyway, unless the new nodes stay
    #[arg(long, conflicts_with = "keep_new")]
    pub(crate) restore_target: bool,
    /// Keep the new nodes: old ones go in their place, and later launches use the new image
    #[arg(long)]
    pub(crate) keep_new: bool,
}

/// The embedded world and its time.
#[derive(Debug, Args)]
pub(crate) struct WorldCommand {
    #[command(subcommand)]
    pub(crate) act: Option<WorldAct>,
    #[command(flatten)]
    pub(crate) cluster: InCluster,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// What can be done to the embedded world.
#[derive(Debug, Subcommand)]
pub(crate) enum WorldAct {
    /// Stop its time
    Pause,
    /// Let its time go on
    Resume,
    /// Set how fast its time goes: real, or a factor such as 60x
    Speed {
        /// How fast: real, or a factor such as 60x
        #[arg(value_name = "SPEED")]
        speed: String,
    },
    /// Let this much of its time pass at once
    Advance {
        /// How long, such as 10m
        #[arg(value_name = "TIME")]
        length: String,
    },
    /// Do something to it: an act of a world file
    Do {
        /// The act, one of those below; docs/reference/world-file.md has their fields
        #[arg(value_name = "ACT")]
        act: String,
        /// What the act needs, such as zone=us-west-2a
        #[arg(value_name = "FIELD=VALUE")]
        fields: Vec<Member>,
    },
}

/// A field of an act with its value, neither of them empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The field.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) value: String,
}

impl FromStr for Member {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| Err(format!("{what}; give a field and its value, such as zone=us-west-2a"));
        match text.split_once('=') {
            None => wrong("it is no field"),
            Some((name, _)) if name.trim().is_empty() => wrong("the field has no name"),
            Some((_, value)) if value.trim().is_empty() => wrong("the field is empty (an unset variable?)"),
            Some((name, value)) => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
        }
    }
}

/// Manual pages.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write the pages of all commands into this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// A completion script.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Shell to write it for
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}
