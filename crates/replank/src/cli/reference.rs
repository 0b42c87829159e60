//! Flags of the hidden command that prints the reference.

use clap::{Args, ValueEnum};

/// A page of the reference.
#[derive(Debug, Args)]
pub(crate) struct Reference {
    /// What to print
    #[arg(value_enum)]
    pub(crate) page: Page,
}

/// Pages of the reference that the command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Page {
    /// What each exit code means
    ExitCodes,
    /// Flags of every command
    Commands,
    /// Waits of an update, and what to do about each
    Waits,
    /// Problems and failures
    Problems,
    /// What commands print as JSON
    Json,
    /// JSON events
    Events,
    /// Findings of `replank check`
    Findings,
    /// What each operation of EKS does here
    EksOperations,
    /// What of Auto Scaling and EC2 is served here
    AwsOperations,
    /// The control API of a server
    ControlApi,
    /// How Kubernetes versions differ in the embedded world
    ByMinor,
    /// Every field of a world file
    WorldFile,
    /// Custom resources of the operator
    OperatorCrds,
    /// The operator as plain manifests
    OperatorManifests,
    /// `Chart.yaml` of the operator's chart
    ChartAbout,
    /// `values.yaml` of the chart
    ChartValues,
    /// `values.schema.json` of the chart
    ChartSchema,
    /// Templates of the operator's chart
    ChartTemplates,
    /// Templates of the chart for Prometheus and Grafana
    ChartMonitoring,
    /// Alert rules for Prometheus
    Alerts,
    /// A dashboard for Grafana
    Board,
    /// Commands and the flags of theirs that name files, as JSON lines, for programs
    Files,
}
