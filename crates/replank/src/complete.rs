//! Values that a shell offers for arguments: what a server or a kubeconfig has at the moment. Nothing is said when nothing
//! can be asked.

use std::ffi::OsStr;
use std::time::Duration;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use replank_kube::{kubeconfig, nodes};
use replank_server::control::api::{ClustersAnswer, NodegroupsAnswer, UpdatesAnswer};

use crate::cli::Reach;
use crate::cli::remote::{Format, Server};
use crate::client::Client;
use crate::real::connect;
use crate::runtime;

/// How long a cluster may take to answer: somebody waits at a prompt.
const PATIENCE: Duration = Duration::from_secs(2);

/// The command with what can be offered for its arguments.
pub(crate) fn completing(command: Command) -> Command {
    let is_drain = command.get_name() == "drain";
    let is_cluster = command.get_name() == "cluster";
    let offer = move |argument: Arg| match argument.get_id().as_str() {
        "context" => argument.add(ArgValueCompleter::new(|typed: &OsStr| offered(typed, contexts()))),
        "cluster" => argument.add(ArgValueCompleter::new(|typed: &OsStr| offered(typed, clusters()))),
        "name" if is_cluster => {
            argument.add(ArgValueCompleter::new(|typed: &OsStr| offered(typed, clusters())))
        }
        "nodegroup" | "names" => {
            argument.add(ArgValueCompleter::new(|typed: &OsStr| offered(typed, groups())))
        }
        "nodes" if is_drain => {
            argument.add(ArgValueCompleter::new(|typed: &OsStr| offered(typed, nodes_there())))
        }
        "what" => argument.add(ArgValueCompleter::new(|typed: &OsStr| offered(typed, updates()))),
        _ => argument,
    };
    command.mut_args(offer).mut_subcommands(completing)
}

/// Those that begin as what was typed.
fn offered(typed: &OsStr, all: Vec<String>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    all.into_iter().filter(|one| one.starts_with(&*typed)).map(CompletionCandidate::new).collect()
}

fn contexts() -> Vec<String> {
    kubeconfig::contexts(None)
}

/// The server that a command without flags would ask.
fn server() -> Option<Client> {
    let flags = Server { endpoint_url: None, ca_file: None, data: None, output: Format::Table };
    Client::new(&flags).ok()
}

fn clusters() -> Vec<String> {
    let answer = server().and_then(|server| server.get::<ClustersAnswer>("clusters", &[]).ok());
    answer.map(|all| all.clusters.into_iter().map(|one| one.name).collect()).unwrap_or_default()
}

fn groups() -> Vec<String> {
    let answer = server().and_then(|server| server.get::<NodegroupsAnswer>("nodegroups", &[]).ok());
    answer.map(|all| all.nodegroups.into_iter().map(|one| one.nodegroup_name).collect()).unwrap_or_default()
}

fn updates() -> Vec<String> {
    let answer = server().and_then(|server| server.get::<UpdatesAnswer>("updates", &[]).ok());
    let ids = answer.map(|all| all.updates.into_iter().map(|one| one.update).collect::<Vec<_>>());
    groups().into_iter().chain(ids.unwrap_or_default()).collect()
}

/// Nodes of the cluster of the current context.
fn nodes_there() -> Vec<String> {
    let Ok(runtime) = runtime::threads() else { return Vec::new() };
    let Ok(connection) = connect::connection(&runtime, &Reach::default()) else { return Vec::new() };
    let asked = nodes::with_groups(&connection.client, None);
    let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await });
    let nodes = answer.ok().and_then(Result::ok).unwrap_or_default();
    nodes.into_iter().map(|(name, _)| name.to_string()).collect()
}
