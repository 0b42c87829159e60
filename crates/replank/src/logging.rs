//! What the program says of itself beside its output: on standard error, quiet unless something is wrong.

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::errors::BadInput;
use crate::traces::{Collecting, of_the_engine};

/// How much is said, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Logging")]
pub(crate) struct Logging {
    /// How much is logged: error, warn, info, debug or trace, also by part (`warn,replank_engine=debug`)
    #[arg(long, global = true, env = "REPLANK_LOG", default_value = "warn", value_name = "LEVEL")]
    log: String,
    /// How it is logged
    #[arg(long, global = true, env = "REPLANK_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    log_format: LogFormat,
}

/// What is let through. A level alone is that of our own parts: libraries quote what a server says, and that may be a
/// secret, so that they are silent until somebody names them.
fn directives(asked: &str) -> String {
    let parts = asked
        .split(',')
        .map(str::trim)
        .map(|part| if part.contains(['=', '[']) { part.to_owned() } else { format!("replank={part}") });
    std::iter::once("off".to_owned()).chain(parts).collect::<Vec<_>>().join(",")
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people: time, level, where, what.
    Text,
    /// One JSON object a line.
    Json,
}

/// Begins to log.
pub(crate) fn begin(logging: &Logging, traces: Option<Collecting>) -> Result<(), BadInput> {
    let filter = EnvFilter::builder().parse(directives(&logging.log)).map_err(|error| {
        let levels =
            "a level (error, warn, info, debug, trace) or levels by part such as warn,replank_engine=debug";
        BadInput(format!("--log {}: {error}; give {levels}", logging.log))
    })?;
    if let Some(traces) = traces {
        return both(logging, filter, traces);
    }
    let told =
        fmt::Subscriber::builder().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    let begun = match logging.log_format {
        LogFormat::Text => tracing::subscriber::set_global_default(told.finish()),
        LogFormat::Json => tracing::subscriber::set_global_default(told.json().flatten_event(true).finish()),
    };
    begun.map_err(|error| BadInput(format!("--log: {error}")))
}

/// Logs, and collects spans for others: what is logged says nothing about what is collected.
fn both(logging: &Logging, filter: EnvFilter, traces: Collecting) -> Result<(), BadInput> {
    let told = fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let told = match logging.log_format {
        LogFormat::Text => told.with_filter(filter).boxed(),
        LogFormat::Json => told.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let all = tracing_subscriber::registry().with(told).with(traces.with_filter(of_the_engine()));
    tracing::subscriber::set_global_default(all).map_err(|error| BadInput(format!("--log: {error}")))
}

#[cfg(test)]
mod tests {
    use super::directives;

    #[test]
    fn libraries_are_silent_until_they_are_named() {
        for (asked, wanted) in [
            ("warn", "off,replank=warn"),
            ("info,replank_engine=debug", "off,replank=info,replank_engine=debug"),
            ("warn, kube_client=debug", "off,replank=warn,kube_client=debug"),
        ] {
            assert_eq!(directives(asked), wanted);
        }
    }
}
