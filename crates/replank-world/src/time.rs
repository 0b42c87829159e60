//! Virtual time in microseconds: plain numbers, so that a queue of millions of entries stays small.

use std::ops::{Add, Sub};

use jiff::{SignedDuration, Timestamp};

/// A moment in virtual time: microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// A duration in virtual time: microseconds, which may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub i64);

impl Span {
    /// The empty duration.
    pub const ZERO: Self = Self(0);

    /// A duration of `count` milliseconds.
    pub const fn millis(count: i64) -> Self {
        Self(count * 1_000)
    }

    /// A duration of `count` seconds.
    pub const fn secs(count: i64) -> Self {
        Self(count * 1_000_000)
    }

    /// The whole seconds in it, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
}

impl Add<Span> for Time {
    type Output = Self;

    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub for Time {
    type Output = Span;

    fn sub(self, other: Self) -> Span {
        Span(self.0 - other.0)
    }
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Self {
        Self::from_microsecond(time.0).unwrap_or(Self::UNIX_EPOCH)
    }
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        Self(time.as_microsecond())
    }
}

impl From<SignedDuration> for Span {
    fn from(span: SignedDuration) -> Self {
        Self(i64::try_from(span.as_micros()).unwrap_or(i64::MAX))
    }
}

impl From<Span> for SignedDuration {
    fn from(span: Span) -> Self {
        Self::from_micros(span.0)
    }
}
