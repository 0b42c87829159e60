//! Flags of `replank check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Reach;

/// Look for what an upgrade would break.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The version to go to, such as 1.34 or 1.34.2; else the cluster's next minor
    #[arg(long, value_name = "VERSION")]
    pub(crate) target: Option<String>,
    /// Manifests, from files, from directories with all below them, or from URLs; - reads standard input
    ///
    /// Without --context or --kubeconfig beside it, no cluster is looked at.
    #[arg(short = 'f', long = "filename", value_name = "FILE_OR_DIR", num_args = 1..)]
    pub(crate) manifests: Vec<PathBuf>,
    /// Directories are read with all below them in any case; accepted as kubectl accepts it
    #[arg(short = 'R', long)]
    pub(crate) recursive: bool,
    /// The namespace of manifests that name none; one that names another is refused
    #[arg(short, long, value_name = "NAME", requires = "manifests")]
    pub(crate) namespace: Option<String>,
    /// A snapshot in place of a cluster
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kubeconfig", "context"])]
    pub(crate) snapshot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Try every object on an API server of the target's minor too, which stores nothing: a context of the kubeconfig
    ///
    /// Environment, ports, probes and resources of containers are not sent, nor Secrets and config maps.
    #[arg(long, value_name = "CONTEXT")]
    pub(crate) against: Option<String>,
    /// Every node has to run the control plane's version before that goes up, as EKS has it
    #[arg(long)]
    pub(crate) strict_skew: bool,
    /// Findings to leave out, each with a reason and an end date
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write all findings of now to this file, as a baseline that --baseline reads
    #[arg(long, value_name = "FILE", requires = "reason")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// The reason that goes into the baseline
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// From which severity on the exit code is 7
    #[arg(long, value_enum, default_value_t = FailOn::Breaks)]
    pub(crate) fail_on: FailOn,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Shape::Table)]
    pub(crate) output: Shape,
}

/// Severities, by their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// What stops the upgrade
    Blocks,
    /// What stops working with it
    Breaks,
    /// What may go wrong
    Warns,
    /// Anything
    Informs,
    /// Nothing
    Never,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// For people
    Table,
    /// One JSON object
    Json,
    /// The same as YAML
    Yaml,
    /// `JUnit` XML, for test reports
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// One page that loads nothing
    Html,
}
