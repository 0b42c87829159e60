//! The `replank` command: flags in, exit code out.

mod cli;
mod commands;
mod demo;
mod exit;
mod printer;
mod real;
mod settings;
mod up;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    commands::run(&cli.command).into()
}
