//! The `replank` command: flags in, exit code out.

mod cli;
mod client;
mod commands;
mod demo;
mod exit;
mod follow;
mod output;
mod printer;
mod real;
mod rehearse;
mod settings;
mod up;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    commands::run(&cli.command).into()
}
