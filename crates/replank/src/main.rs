//! The `replank` command: flags in, exit code out.

mod check;
mod cli;
mod client;
mod commands;
mod demo;
mod exit;
mod follow;
mod logging;
mod output;
mod printer;
mod real;
mod rehearse;
mod settings;
mod up;

use std::process::ExitCode;

use clap::FromArgMatches;

fn main() -> ExitCode {
    let given = cli::given::command().get_matches();
    match cli::Cli::from_arg_matches(&given) {
        Ok(cli) => commands::run(&cli).into(),
        Err(error) => error.exit(),
    }
}
