//! Schedules of cron jobs in UTC: five fields, the names for common ones, `@every` (robfig/cron v3, which Kubernetes
//! uses).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::time::{Span, Time};

/// No schedule is looked at further ahead: 29 February on a given weekday comes within 28 years but for century
/// years; robfig/cron gives up after five.
const YEARS_MAX: i16 = 5;

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    /// At these minutes, hours and days; bit n stands for n.
    At {
        minutes: u64,
        hours: u64,
        days: u64,
        months: u64,
        weekdays: u64,
        /// Days and weekdays are both restricted: either will do.
        either: bool,
    },
    /// Again and again after this.
    Every(Span),
}

impl Schedule {
    /// Reads a schedule; `None` when it is none, which the API server refuses before.
    pub(super) fn read(text: &str) -> Option<Self> {
        let fields = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => match other.strip_prefix("@every ") {
                Some(span) => return every(span.trim()).map(Self::Every),
                None => other,
            },
        };
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let &[minutes, hours, days, months, weekdays] = fields.as_slice() else { return None };
        let starred = |field: &str| field.starts_with(['*', '?']);
        Some(Self::At {
            minutes: bits(minutes, 0, 59, &[])?,
            hours: bits(hours, 0, 23, &[])?,
            days: bits(days, 1, 31, &[])?,
            months: bits(months, 1, 12, &MONTHS)?,
            weekdays: bits(weekdays, 0, 6, &DAYS)?,
            either: !starred(days) && !starred(weekdays),
        })
    }

    /// The first due time after `after`.
    pub(super) fn next(&self, after: Time) -> Option<Time> {
        match self {
            Self::Every(span) => Some(Time((after.0 + span.0).div_euclid(1_000_000) * 1_000_000)),
            Self::At { minutes, hours, .. } => {
                let start = Timestamp::from(after).to_zoned(TimeZone::UTC).datetime();
                let mut day = start.date();
                let last = day.year() + YEARS_MAX;
                let mut from = i64::from(start.hour()) * 60 + i64::from(start.minute()) + 1;
                while day.year() <= last {
                    let due = (from..24 * 60)
                        .find(|minute| has(*hours, minute / 60) && has(*minutes, minute % 60))
                        .filter(|_| self.on(day));
                    if let Some(minute) = due {
                        let start = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
                        return Some(Time::from(start) + Span::secs(minute * 60));
                    }
                    (day, from) = (day.tomorrow().ok()?, 0);
                }
                None
            }
        }
    }

    /// Whether a day is one of its days.
    fn on(&self, day: Date) -> bool {
        let Self::At { days, months, weekdays, either, .. } = self else { return true };
        let by_day = has(*days, i64::from(day.day()));
        let by_weekday = has(*weekdays, i64::from(day.weekday().to_sunday_zero_offset()));
        let fits = if *either { by_day || by_weekday } else { by_day && by_weekday };
        fits && has(*months, i64::from(day.month()))
    }
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

fn has(bits: u64, number: i64) -> bool {
    bits >> number & 1 == 1
}

/// The bits of a field: a list of `*`, numbers and ranges, each with an optional step.
fn bits(field: &str, low: u64, high: u64, names: &[&str]) -> Option<u64> {
    let number = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        named.map(|at| at as u64 + low).or_else(|| text.parse().ok())
    };
    let mut bits = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None if matches!(range, "*" | "?") => (low, high),
            // `5/15` means from 5 on.
            None => (number(range)?, if step.is_some() { high } else { number(range)? }),
        };
        if first < low || last > high || first > last {
            return None;
        }
        bits |= (first..=last).step_by(step.unwrap_or(1)).fold(0, |bits, number| bits | 1 << number);
    }
    Some(bits)
}

/// A Go duration such as `1h30m`, at least a second.
fn every(text: &str) -> Option<Span> {
    let (mut rest, mut total) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| at + digits);
        let seconds = match &rest[digits..unit_end] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        total += rest[..digits].parse::<f64>().ok()? * seconds;
        rest = &rest[unit_end..];
    }
    Some(Span::secs((total as i64).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::from(text.parse::<Timestamp>().unwrap())
    }

    #[test]
    fn due_times_are_those_of_cron() {
        let rows = [
            ("*/15 * * * *", "2026-11-21T10:07:30Z", "2026-11-21T10:15:00Z"),
            ("*/15 * * * *", "2026-11-21T10:15:00Z", "2026-11-21T10:30:00Z"),
            ("0 3 * * *", "2026-11-21T03:00:00Z", "2026-11-22T03:00:00Z"),
            ("5/20 1-2 * * *", "2026-11-21T02:46:00Z", "2026-11-22T01:05:00Z"),
            ("30 4 1,15 * *", "2026-11-21T00:00:00Z", "2026-12-01T04:30:00Z"),
            ("0 0 * * mon-fri", "2026-11-21T00:00:00Z", "2026-11-23T00:00:00Z"),
            ("0 0 13 * FRI", "2026-11-21T00:00:00Z", "2026-11-27T00:00:00Z"),
            ("0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("59 23 31 dec ?", "2026-12-31T23:59:59Z", "2027-12-31T23:59:00Z"),
            ("@hourly", "2026-11-21T10:59:59Z", "2026-11-21T11:00:00Z"),
            ("@weekly", "2026-11-21T10:00:00Z", "2026-11-22T00:00:00Z"),
            ("@every 1h30m", "2026-11-21T10:00:00Z", "2026-11-21T11:30:00Z"),
        ];
        for (schedule, after, wanted) in rows {
            let next = Schedule::read(schedule).and_then(|schedule| schedule.next(time(after)));
            assert_eq!(next, Some(time(wanted)), "{schedule} after {after}");
        }
    }

    #[test]
    fn what_never_comes_and_what_is_no_schedule() {
        assert_eq!(Schedule::read("0 0 31 2 *").and_then(|it| it.next(Time(0))), None);
        for text in ["", "* * * *", "60 * * * *", "* * 0 * *", "*/0 * * * *", "5-1 * * * *", "@never"] {
            assert_eq!(Schedule::read(text), None, "{text}");
        }
    }
}
