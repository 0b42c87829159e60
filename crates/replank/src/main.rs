//! The `replank` command: flags in, exit code out.
//!
//! | it does | it decides |
//! | --- | --- |
//! | parses flags and world files, prints results as text, JSON or YAML | which exit code a result has, and how screens look |
//! | connects the engine to the embedded world, to a real cluster or to a server | which of these the flags and the environment name |
//!
//! It must never know: how an update goes on (`replank-core`), SQL, any wire format of EKS or Kubernetes.

mod check;
mod cli;
mod client;
mod cluster_upgrade;
mod commands;
mod complete;
mod definition;
mod demo;
mod deploy;
mod errors;
mod exit;
mod follow;
mod interrupt;
mod lines;
mod logging;
mod output;
mod printer;
mod probe;
mod real;
mod rehearse;
mod rehearse_cluster;
mod runtime;
mod settings;
mod traces;
mod up;
mod watch;

use std::process::ExitCode;

use clap::FromArgMatches;

fn main() -> ExitCode {
    // A shell that asks what may come next is answered, and nothing else is done.
    clap_complete::CompleteEnv::with_factory(|| complete::completing(cli::given::command())).complete();
    let given = cli::given::command().get_matches();
    match cli::Cli::from_arg_matches(&given) {
        Ok(cli) => commands::run(&cli).into(),
        Err(error) => error.exit(),
    }
}
