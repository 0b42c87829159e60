//! The lab by hand: `cargo xtask lab` starts this program.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it reports to the terminal")]

mod cli;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
