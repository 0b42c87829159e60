//! Maintenance windows and freezes: when updates may act. A function of the time that is asked about; there is no clock
//! here.
//!
//! A window begins where its cron expression matches the local time of its zone. A local time that a change to summer
//! time leaves out begins its window at the first moment after the gap; one that comes twice begins it the first time
//! (RFC 5545 says the same of recurring events). How long it stays open is counted in elapsed time. The zones are those of
//! the IANA database that is compiled in, so that every machine gives the same answer.

use std::fmt;
use std::sync::LazyLock;

use cronexpr::{Crontab, parse_crontab};
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan};
use thiserror::Error;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Shortest and longest window.
const LASTS: (SignedDuration, SignedDuration) =
    (SignedDuration::from_mins(1), SignedDuration::from_hours(24 * 7));
/// A change of a zone's offset moves a local time by less than this (Samoa left out a day in 2011).
const SHIFT_MAX: SignedDuration = SignedDuration::from_hours(25);
/// Windows and freezes that follow each other are taken as one up to this many.
const CHAIN_MAX: usize = 400;

/// When updates may act.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// Windows; none means at any time.
    pub windows: Vec<Window>,
    /// Times at which nothing is done, whatever the windows say.
    pub freezes: Vec<Freeze>,
}

/// A window that opens again and again.
#[derive(Clone, Debug)]
pub struct Window {
    begins: Crontab,
    zone: TimeZone,
    lasts: SignedDuration,
}

/// Days on which nothing is done.
#[derive(Clone, Debug)]
pub struct Freeze {
    from: Timestamp,
    until: Timestamp,
}

/// Whether updates may act at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// They may, and no window ends it.
    Always,
    /// They may until then.
    Open {
        /// End of the window, or begin of a freeze, whichever comes first.
        until: Timestamp,
    },
    /// They may not act now.
    Closed {
        /// When they may again; `None` when that is not within four years.
        opens: Option<Timestamp>,
        /// Whether a freeze is the reason.
        frozen: bool,
    },
}

/// A value of a window or freeze that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {value:?}: {why}")]
pub struct CalendarError {
    /// Name of the field, such as `timeZone`.
    pub field: &'static str,
    /// What was given there.
    pub value: String,
    /// What is wrong, and what would be accepted.
    pub why: String,
}

impl CalendarError {
    fn new(field: &'static str, value: &str, why: impl fmt::Display) -> Self {
        Self { field, value: value.to_owned(), why: why.to_string() }
    }
}

impl Window {
    /// A window from a cron expression of five fields, the IANA name of a time zone, and a duration such as `4h`.
    pub fn parse(cron: &str, zone: &str, duration: &str) -> Result<Self, CalendarError> {
        let zone = find_zone(zone)?;
        let fields = cron.split_whitespace().count();
        if fields != 5 {
            let why = format!(
                "it has {fields} fields; minute, hour, day of month, month and day of week are needed"
            );
            return Err(CalendarError::new("cron", cron, why));
        }
        // A window lasts for minutes at least, so one that begins every minute is a mistake.
        let minute = cron.split_whitespace().next().unwrap_or_default();
        if minute.parse::<u8>().is_err() {
            let why =
                format!("minute {minute}: a window begins at one minute of an hour; name it, such as 0");
            return Err(CalendarError::new("cron", cron, why));
        }
        // Local times are looked for as if they were in UTC: what becomes of gaps is decided here.
        let begins = parse_crontab(&format!("{cron} UTC"));
        let begins = begins.map_err(|error| {
            let why = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
            CalendarError::new("cron", cron, format!("{why}; an example is \"0 2 * * TUE\""))
        })?;
        let lasts: SignedDuration = duration.parse().map_err(|_| {
            CalendarError::new("duration", duration, "it is no duration; an example is 4h30m")
        })?;
        if lasts < LASTS.0 || lasts > LASTS.1 {
            return Err(CalendarError::new("duration", duration, "a window lasts between 1m and 168h"));
        }
        Ok(Self { begins, zone, lasts })
    }

    /// Its beginnings after `after`, in order.
    fn begins_after(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        let local = as_utc(after.to_zoned(self.zone.clone()).datetime());
        let mut local = local.and_then(|local| local.checked_sub(SHIFT_MAX).ok());
        let begins = std::iter::from_fn(move || {
            let next = self.begins.find_next(local?).ok()?;
            local = Some(next.timestamp());
            self.zone.to_ambiguous_zoned(next.datetime()).compatible().ok().map(|begins| begins.timestamp())
        });
        begins.filter(move |begins| *begins > after)
    }

    /// When the opening that `at` is in ends.
    fn open_until(&self, at: Timestamp) -> Option<Timestamp> {
        // It may begin again before it has ended.
        let begun = self.begins_after(at - self.lasts).take_while(|begins| *begins <= at).last()?;
        Some(begun + self.lasts)
    }
}

impl Freeze {
    /// A freeze from the beginning of the first day to the end of the last one, as the zone has them.
    pub fn parse(from: &str, through: &str, zone: &str) -> Result<Self, CalendarError> {
        let tz = find_zone(zone)?;
        let day = |field, text: &str| {
            let date: Result<Date, _> = text.parse();
            date.map_err(|_| CalendarError::new(field, text, "it is no day; an example is 2026-12-24"))
        };
        let (first, last) = (day("from", from)?, day("through", through)?);
        if last < first {
            return Err(CalendarError::new("through", through, format!("it is before {from}")));
        }
        let begins = |date: Date| date.to_zoned(tz.clone()).map(|zoned| zoned.timestamp());
        let after = last.checked_add(1.day()).and_then(begins);
        match (begins(first), after) {
            (Ok(from), Ok(until)) => Ok(Self { from, until }),
            _ => Err(CalendarError::new("through", through, "it is out of range")),
        }
    }
}

impl Calendar {
    /// Whether updates may act at `now`.
    pub fn at(&self, now: Timestamp) -> Opening {
        if let Some(thaws) = self.frozen_until(now) {
            return Opening::Closed { opens: self.opens(thaws), frozen: true };
        }
        if self.windows.is_empty() {
            return match self.next_freeze(now) {
                Some(until) => Opening::Open { until },
                None => Opening::Always,
            };
        }
        match self.open_until(now) {
            Some(until) => Opening::Open { until },
            None => Opening::Closed {
                opens: self.windows_after(now).and_then(|at| self.opens(at)),
                frozen: false,
            },
        }
    }

    /// The first time from `at` on that is open. `at` is the end of a freeze or the beginning of a window.
    fn opens(&self, mut at: Timestamp) -> Option<Timestamp> {
        for _ in 0..CHAIN_MAX {
            if let Some(thaws) = self.frozen_until(at) {
                at = thaws;
            } else if self.windows.is_empty() || self.window_until(at).is_some() {
                return Some(at);
            } else {
                at = self.windows_after(at)?;
            }
        }
        None
    }

    /// End of the opening that `at` is in: windows without a pause between them are one, and a freeze ends it.
    fn open_until(&self, at: Timestamp) -> Option<Timestamp> {
        let mut until = self.window_until(at)?;
        for _ in 0..CHAIN_MAX {
            match self.window_until(until) {
                Some(further) => until = further,
                None => break,
            }
        }
        Some(self.next_freeze(at).map_or(until, |freeze| until.min(freeze)))
    }

    fn window_until(&self, at: Timestamp) -> Option<Timestamp> {
        self.windows.iter().filter_map(|window| window.open_until(at)).max()
    }

    fn windows_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.windows.iter().filter_map(|window| window.begins_after(at).next()).min()
    }

    fn frozen_until(&self, at: Timestamp) -> Option<Timestamp> {
        let around = self.freezes.iter().filter(|freeze| freeze.from <= at && at < freeze.until);
        around.map(|freeze| freeze.until).max()
    }

    fn next_freeze(&self, after: Timestamp) -> Option<Timestamp> {
        self.freezes.iter().map(|freeze| freeze.from).filter(|from| *from > after).min()
    }
}

/// The time at which UTC shows what the zone's clock shows.
fn as_utc(local: DateTime) -> Option<Timestamp> {
    local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn find_zone(name: &str) -> Result<TimeZone, CalendarError> {
    let why = "the IANA database has no such time zone; an example is Europe/Berlin";
    ZONES.get(name).map_err(|_| CalendarError::new("timeZone", name, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn calendar(windows: &[(&str, &str, &str)], freezes: &[(&str, &str, &str)]) -> Calendar {
        Calendar {
            windows: windows.iter().map(|(c, z, d)| Window::parse(c, z, d).unwrap()).collect(),
            freezes: freezes.iter().map(|(f, t, z)| Freeze::parse(f, t, z).unwrap()).collect(),
        }
    }

    fn open(until: &str) -> Opening {
        Opening::Open { until: at(until) }
    }

    fn closed(opens: &str) -> Opening {
        Opening::Closed { opens: Some(at(opens)), frozen: false }
    }

    #[test]
    fn a_window_is_open_from_its_beginning_up_to_its_end() {
        let nights = calendar(&[("0 2 * * TUE,THU", "Europe/Berlin", "4h")], &[]);
        for (now, wanted) in [
            ("2026-01-06T00:59:59Z", closed("2026-01-06T01:00:00Z")),
            ("2026-01-06T01:00:00Z", open("2026-01-06T05:00:00Z")),
            ("2026-01-06T04:59:59Z", open("2026-01-06T05:00:00Z")),
            ("2026-01-06T05:00:00Z", closed("2026-01-08T01:00:00Z")),
            // The same local time is an hour earlier in summer.
            ("2026-07-07T00:00:00Z", open("2026-07-07T04:00:00Z")),
        ] {
            assert_eq!(nights.at(at(now)), wanted, "{now}");
        }
    }

    #[test]
    fn a_time_that_summer_time_leaves_out_begins_after_the_gap() {
        // Berlin, 29 March 2026: 02:00 becomes 03:00, which is 01:00 in UTC.
        let gap = calendar(&[("30 2 * * *", "Europe/Berlin", "1h")], &[]);
        assert_eq!(gap.at(at("2026-03-29T00:59:00Z")), closed("2026-03-29T01:30:00Z"));
        assert_eq!(gap.at(at("2026-03-29T01:30:00Z")), open("2026-03-29T02:30:00Z"));
        assert_eq!(gap.at(at("2026-03-29T02:30:00Z")), closed("2026-03-30T00:30:00Z"));
        // Lord Howe Island moves by half an hour: 4 October 2026, 02:00 becomes 02:30.
        let half = calendar(&[("15 2 * * *", "Australia/Lord_Howe", "1h")], &[]);
        assert_eq!(half.at(at("2026-10-03T15:00:00Z")), closed("2026-10-03T15:45:00Z"));
    }

    #[test]
    fn a_time_that_comes_twice_begins_once_and_lasts_as_long_as_ever() {
        // New York, 1 November 2026: 02:00 becomes 01:00; 01:30 is 05:30 and 06:30 in UTC.
        let fold = calendar(&[("30 1 * * *", "America/New_York", "30m")], &[]);
        assert_eq!(fold.at(at("2026-11-01T05:00:00Z")), closed("2026-11-01T05:30:00Z"));
        assert_eq!(fold.at(at("2026-11-01T05:45:00Z")), open("2026-11-01T06:00:00Z"));
        assert_eq!(fold.at(at("2026-11-01T06:45:00Z")), closed("2026-11-02T06:30:00Z"));
    }

    #[test]
    fn windows_that_meet_are_one() {
        let two = calendar(&[("0 0 * * *", "UTC", "2h"), ("0 2 * * *", "UTC", "1h")], &[]);
        assert_eq!(two.at(at("2026-01-01T00:30:00Z")), open("2026-01-01T03:00:00Z"));
    }

    #[test]
    fn a_freeze_closes_windows_and_ends_them() {
        let days = ("2026-12-24", "2026-12-26", "UTC");
        let frozen = calendar(&[("0 22 * * *", "UTC", "4h")], &[days]);
        assert_eq!(frozen.at(at("2026-12-23T22:00:00Z")), open("2026-12-24T00:00:00Z"));
        let thaws = Opening::Closed { opens: Some(at("2026-12-27T00:00:00Z")), frozen: true };
        assert_eq!(frozen.at(at("2026-12-24T00:00:00Z")), thaws, "the window of the 26th is open still");
        assert_eq!(frozen.at(at("2026-12-26T23:00:00Z")), thaws);
        let always = calendar(&[], &[days]);
        assert_eq!(always.at(at("2026-12-01T00:00:00Z")), open("2026-12-24T00:00:00Z"));
        assert_eq!(always.at(at("2026-12-27T00:00:00Z")), Opening::Always);
    }

    #[test]
    fn a_window_that_never_comes_is_closed() {
        let never = calendar(&[("0 0 31 2 *", "UTC", "1h")], &[]);
        assert_eq!(never.at(at("2026-01-01T00:00:00Z")), Opening::Closed { opens: None, frozen: false });
    }

    #[test]
    fn what_cannot_be_used_is_named_with_field_and_value() {
        for (cron, zone, duration, words) in [
            ("0 2 * *", "UTC", "1h", "cron: \"0 2 * *\": it has 4 fields"),
            ("* 2 * * *", "UTC", "1h", "cron: \"* 2 * * *\": minute *: a window begins at one minute"),
            ("0 25 * * *", "UTC", "1h", "cron: \"0 25 * * *\": "),
            ("0 2 * * *", "Berlin", "1h", "timeZone: \"Berlin\": the IANA database has no such time zone"),
            ("0 2 * * *", "UTC", "an hour", "duration: \"an hour\": it is no duration"),
            ("0 2 * * *", "UTC", "0s", "a window lasts between"),
        ] {
            let refused = Window::parse(cron, zone, duration).unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
        }
        let refused = Freeze::parse("2026-12-24", "2026-12-23", "UTC").unwrap_err().to_string();
        assert_eq!(refused, "through: \"2026-12-23\": it is before 2026-12-24");
    }
}
