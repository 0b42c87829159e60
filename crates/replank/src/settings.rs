//! Values of flags. Errors name the flag, its value and what to do about it.

use std::fs;
use std::path::Path;

use anyhow::Result;
use jiff::SignedDuration;
use replank_core::node_group::spec::Limits;
use replank_formats::snapshot::LaidOver;
use replank_formats::worldfile::Length;

use crate::cli;
use crate::errors::bad;

/// Parses `maxUnavailable` as a count or a percentage, 1 to 100 each (EKS: `NodegroupUpdateConfig`).
pub(crate) fn max_unavailable(text: &str) -> Result<(Option<u32>, Option<u32>)> {
    let (number, is_share) = match text.strip_suffix('%') {
        Some(number) => (number, true),
        None => (text, false),
    };
    let count: Option<u32> = number.parse().ok().filter(|count| (1..=100).contains(count));
    match (count, is_share) {
        (Some(count), false) => Ok((Some(count), None)),
        (Some(share), true) => Ok((None, Some(share))),
        (None, _) => Err(bad(format!(
            "--max-unavailable {text}: give a number of nodes from 1 to 100, or a share from 1% to 100%"
        ))),
    }
}

/// Parses a duration.
pub(crate) fn length(flag: &str, text: &str) -> Result<Length> {
    text.parse()
        .map_err(|_| bad(format!("{flag} {text}: not a length of time; give one such as 90s, 15m or 1h30m")))
}

/// Parses deadlines and pauses of an update, in the words of world files (`update.limits`).
pub(crate) fn limits(text: &str) -> Result<Limits> {
    let mut limits = Limits::default();
    for pair in text.split(',') {
        let (name, time) = pair.split_once('=').unwrap_or((pair, ""));
        let wanted = match name {
            "join" => &mut limits.join,
            "drain" => &mut limits.drain,
            // Its name before.
            "deregistrationDelay" | "settle" => &mut limits.deregistration_delay,
            "evictAgain" => &mut limits.evict_again,
            "actAgain" => &mut limits.act_again,
            "terminate" => &mut limits.terminate,
            _ => {
                return Err(bad(format!(
                    "--limits {text}: there is no limit `{name}`; there are join, drain, deregistrationDelay, evictAgain, \
                     actAgain and terminate, each with a time, such as join=10m,deregistrationDelay=20s"
                )));
            }
        };
        *wanted = length(&format!("--limits {name}"), time)?.0;
    }
    Ok(limits)
}

/// Reads a world file that is laid over what is found in a cluster.
pub(crate) fn laid_over(path: &Path) -> Result<LaidOver> {
    let file = path.display().to_string();
    let text = fs::read(path).map_err(|error| bad(format!("--world {file}: {error}")))?;
    Ok(LaidOver { file, text })
}

/// Shortest stall that is printed.
pub(crate) fn stalls_from(flags: &cli::Stalls) -> Result<SignedDuration> {
    Ok(length("--stalls-from", &flags.stalls_from)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_named_and_otherwise_the_usual() {
        let usual = Limits::default();
        let (join, deregistration_delay) = (SignedDuration::from_mins(2), SignedDuration::from_secs(1));
        assert_eq!(
            limits("join=2m,deregistrationDelay=1s").unwrap(),
            Limits { join, deregistration_delay, ..usual }
        );
        for (text, wanted) in [
            ("jion=2m", "there is no limit `jion`; there are join, drain"),
            ("", "there is no limit ``"),
            ("join=2m,,drain=1m", "there is no limit ``"),
            ("join", "--limits join : not a length of time"),
            ("deregistrationDelay=soon", "--limits deregistrationDelay soon: not a length of time"),
            ("settle=-1s", "--limits settle -1s: not a length of time"),
        ] {
            let error = limits(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn max_unavailable_is_a_count_or_a_share() {
        assert_eq!(max_unavailable("3").unwrap(), (Some(3), None));
        assert_eq!(max_unavailable("33%").unwrap(), (None, Some(33)));
        for text in ["0", "101", "0%", "101%", "-1", "many", "%", "1.5"] {
            let error = max_unavailable(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("--max-unavailable {text}: give a number")), "{error}");
        }
    }
}
