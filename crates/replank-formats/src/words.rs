//! Strings of a world file with a syntax: durations, delays, amounts, moments, triggers.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// A point in time such as `2026-11-02T09:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(pub jiff::Timestamp);

impl FromStr for Moment {
    type Err = NotAccepted;

    fn from_str(text: &str) -> Result<Self, NotAccepted> {
        text.parse().map(Self).map_err(|_| NotAccepted)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// A duration such as `90s`, `1m30s`, `500ms` or `2h`, at most a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Length(pub SignedDuration);

/// The longest duration, which keeps sums far from overflow.
const LENGTH_MAX: SignedDuration = SignedDuration::from_hours(24 * 366);

impl FromStr for Length {
    type Err = NotAccepted;

    fn from_str(text: &str) -> Result<Self, NotAccepted> {
        let mut rest = text;
        let mut sum = SignedDuration::ZERO;
        let mut last_unit_millis = i64::MAX;
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let count: i64 = rest[..digits].parse().map_err(|_| NotAccepted)?;
            rest = &rest[digits..];
            let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let unit_millis = match &rest[..letters] {
                "d" => 86_400_000,
                "h" => 3_600_000,
                "m" => 60_000,
                "s" => 1000,
                "ms" => 1,
                _ => return Err(NotAccepted),
            };
            if unit_millis >= last_unit_millis {
                return Err(NotAccepted);
            }
            last_unit_millis = unit_millis;
            rest = &rest[letters..];
            let part = SignedDuration::from_millis(count.checked_mul(unit_millis).ok_or(NotAccepted)?);
            sum = sum.checked_add(part).filter(|sum| *sum <= LENGTH_MAX).ok_or(NotAccepted)?;
        }
        if text.is_empty() { Err(NotAccepted) } else { Ok(Self(sum)) }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis == 0 {
            return out.write_str("0s");
        }
        let parts = [
            (millis / 3_600_000, "h"),
            (millis / 60_000 % 60, "m"),
            (millis / 1000 % 60, "s"),
            (millis % 1000, "ms"),
        ];
        for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
            write!(out, "{count}{unit}")?;
        }
        Ok(())
    }
}

/// A duration that is fixed or drawn each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Delay {
    /// A fixed duration: `5s`.
    Fixed(Length),
    /// Uniform between two durations: `2s..8s`.
    Even(Length, Length),
    /// Log-normal: half are shorter than `median`, 95 of 100 shorter than `high`: `median 10s, 95% 40s`.
    Skewed {
        /// Half the draws are shorter.
        median: Length,
        /// 95 of 100 draws are shorter.
        high: Length,
    },
    /// It does not happen: `never`.
    Never,
}

impl FromStr for Delay {
    type Err = NotAccepted;

    fn from_str(text: &str) -> Result<Self, NotAccepted> {
        if text == "never" {
            return Ok(Self::Never);
        }
        if let Some(rest) = text.strip_prefix("median ") {
            let (median, high) = rest.split_once(", 95% ").ok_or(NotAccepted)?;
            let (median, high): (Length, Length) = (median.parse()?, high.parse()?);
            let ordered = median.0.is_positive() && median <= high;
            return if ordered { Ok(Self::Skewed { median, high }) } else { Err(NotAccepted) };
        }
        match text.split_once("..") {
            None => Ok(Self::Fixed(text.parse()?)),
            Some((low, high)) => {
                let (low, high) = (low.parse()?, high.parse()?);
                if low <= high { Ok(Self::Even(low, high)) } else { Err(NotAccepted) }
            }
        }
    }
}

/// Stands for never: longer than any world runs, and far from the end of time.
const NEVER: SignedDuration = SignedDuration::from_hours(24 * 366 * 100);

impl From<Delay> for replank_world::rng::Delay {
    fn from(delay: Delay) -> Self {
        match delay {
            Delay::Fixed(length) => Self::Fixed(length.0.into()),
            Delay::Even(low, high) => Self::Between(low.0.into(), high.0.into()),
            Delay::Skewed { median, high } => Self::Skewed { median: median.0.into(), slow: high.0.into() },
            Delay::Never => Self::Fixed(NEVER.into()),
        }
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(length) => write!(out, "{length}"),
            Self::Even(low, high) => write!(out, "{low}..{high}"),
            Self::Skewed { median, high } => write!(out, "median {median}, 95% {high}"),
            Self::Never => out.write_str("never"),
        }
    }
}

/// A count or a percentage: `1`, `25%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Amount {
    /// A number of things: `1`.
    Count(u32),
    /// A percentage, 0 to 100.
    Percent(u32),
}

impl FromStr for Amount {
    type Err = NotAccepted;

    fn from_str(text: &str) -> Result<Self, NotAccepted> {
        let (digits, percent) = text.strip_suffix('%').map_or((text, false), |digits| (digits, true));
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAccepted);
        }
        let number = digits.parse().ok().filter(|number| !percent || *number <= 100).ok_or(NotAccepted)?;
        Ok(if percent { Self::Percent(number) } else { Self::Count(number) })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(number) => write!(out, "{number}"),
            Self::Percent(number) => write!(out, "{number}%"),
        }
    }
}

/// An event of an update that triggers a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum When {
    /// The update began: `update-started`.
    UpdateStarted,
    /// `phase scale-up`: this phase began.
    Phase(PhaseName),
    /// `node-launched 2`: the second instance since the start was launched.
    NodeLaunched(u32),
    /// `node-ready 2`: the second new node became Ready.
    NodeReady(u32),
    /// `node-picked 2`: the second old node was picked.
    NodePicked(u32),
    /// `node-drained 2`: the drain of the second node is complete.
    NodeDrained(u32),
    /// `node-gone 2`: the second instance is terminated.
    NodeGone(u32),
    /// `eviction-refused 3`: the third eviction was refused because of a budget.
    EvictionRefused(u32),
    /// `pod-pending 3`: the third pod was unschedulable.
    PodPending(u32),
}

/// Phases of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhaseName {
    /// Sets the launch template version: `setup`.
    Setup,
    /// Raises the sizes and waits for new nodes: `scale-up`.
    ScaleUp,
    /// Drains old nodes and terminates their instances: `upgrade`.
    Upgrade,
    /// Brings the sizes back: `scale-down`.
    ScaleDown,
}

const PHASES: [(&str, PhaseName); 4] = [
    ("setup", PhaseName::Setup),
    ("scale-up", PhaseName::ScaleUp),
    ("upgrade", PhaseName::Upgrade),
    ("scale-down", PhaseName::ScaleDown),
];

type Counted = fn(u32) -> When;

const COUNTED: [(&str, Counted); 7] = [
    ("node-launched", When::NodeLaunched),
    ("node-ready", When::NodeReady),
    ("node-picked", When::NodePicked),
    ("node-drained", When::NodeDrained),
    ("node-gone", When::NodeGone),
    ("eviction-refused", When::EvictionRefused),
    ("pod-pending", When::PodPending),
];

impl FromStr for When {
    type Err = NotAccepted;

    fn from_str(text: &str) -> Result<Self, NotAccepted> {
        if text == "update-started" {
            return Ok(Self::UpdateStarted);
        }
        let (word, rest) = text.split_once(' ').unwrap_or((text, "1"));
        if word == "phase" {
            let phase = PHASES.iter().find(|(name, _)| *name == rest).ok_or(NotAccepted)?;
            return Ok(Self::Phase(phase.1));
        }
        let (_, make) = COUNTED.iter().find(|(name, _)| *name == word).ok_or(NotAccepted)?;
        let count = rest.parse().ok().filter(|count| *count > 0).ok_or(NotAccepted)?;
        Ok(make(count))
    }
}

impl fmt::Display for When {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = match self {
            Self::UpdateStarted => return out.write_str("update-started"),
            Self::Phase(phase) => {
                let name = PHASES.iter().find(|(_, known)| known == phase).map_or("", |(name, _)| name);
                return write!(out, "phase {name}");
            }
            Self::NodeLaunched(count)
            | Self::NodeReady(count)
            | Self::NodePicked(count)
            | Self::NodeDrained(count)
            | Self::NodeGone(count)
            | Self::EvictionRefused(count)
            | Self::PodPending(count) => *count,
        };
        let name = COUNTED.iter().find(|(_, make)| make(count) == *self).map_or("", |(name, _)| name);
        write!(out, "{name} {count}")
    }
}

/// The text does not have the expected syntax; the caller says which that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not of the expected form")]
pub struct NotAccepted;

macro_rules! text_form {
    ($($kind:ty),*) => {$(
        impl TryFrom<String> for $kind {
            type Error = NotAccepted;
            fn try_from(text: String) -> Result<Self, NotAccepted> {
                text.parse()
            }
        }
        impl From<$kind> for String {
            fn from(value: $kind) -> Self {
                value.to_string()
            }
        }
    )*};
}
text_form!(Moment, Length, Delay, Amount, When);
