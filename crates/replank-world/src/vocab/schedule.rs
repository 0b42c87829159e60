//! Cron schedules in UTC as robfig/cron v3, the library of Kubernetes, reads and refuses them. Validation and the
//! CronJob controller share this parser, so what is admitted is what fires.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::time::{Span, Time};

/// How many years ahead the next due time is looked for, as robfig/cron does; a schedule without one in that time
/// never fires.
const YEARS_MAX: i16 = 5;

/// A parsed schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Fields of a cron expression as bit sets; bit n stands for the value n.
    At {
        /// Minutes of the hour, 0 to 59.
        minutes: u64,
        /// Hours of the day, 0 to 23.
        hours: u64,
        /// Days of the month, 1 to 31.
        days: u64,
        /// Months of the year, 1 to 12.
        months: u64,
        /// Days of the week, 0 (Sunday) to 6.
        weekdays: u64,
        /// Both days and weekdays are restricted: a day that fits either is due.
        either: bool,
    },
    /// `@every`: this long after the last due time.
    Every(Span),
}

impl Schedule {
    /// Parses five fields, a descriptor or `@every`. The error is worded as the API server words it.
    pub fn read(text: &str) -> Result<Self, String> {
        let fields = match text {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => match other.strip_prefix("@every ") {
                Some(span) => {
                    let failed =
                        || format!("failed to parse duration {other}: time: invalid duration {span:?}");
                    return every(span).map(Self::Every).ok_or_else(failed);
                }
                None if other.starts_with('@') => return Err(format!("unrecognized descriptor: {other}")),
                None => other,
            },
        };
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let &[minutes, hours, days, months, weekdays] = fields.as_slice() else {
            let shown = fields.join(" ");
            return Err(format!("expected exactly 5 fields, found {}: [{shown}]", fields.len()));
        };
        let (days, weekdays) = (Field::read(days, 1, 31, &[])?, Field::read(weekdays, 0, 6, &DAYS)?);
        Ok(Self::At {
            minutes: Field::read(minutes, 0, 59, &[])?.bits,
            hours: Field::read(hours, 0, 23, &[])?.bits,
            days: days.bits,
            months: Field::read(months, 1, 12, &MONTHS)?.bits,
            weekdays: weekdays.bits,
            either: !days.is_star && !weekdays.is_star,
        })
    }

    /// The first due time after `after`, on a whole minute or, for `@every`, second; `None` when there is none
    /// within `YEARS_MAX`.
    pub fn next(&self, after: Time) -> Option<Time> {
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

    /// Whether the schedule fires on this day.
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

/// One parsed field.
struct Field {
    /// Bit n stands for n.
    bits: u64,
    /// Whether it is `*` without a step; such a day field does not restrict.
    is_star: bool,
}

impl Field {
    /// Reads a list of stars, numbers and ranges, each with an optional step.
    fn read(field: &str, low: u64, high: u64, names: &[&str]) -> Result<Self, String> {
        let mut read = Self { bits: 0, is_star: false };
        for part in field.split(',').filter(|part| !part.is_empty()) {
            let pieces: Vec<&str> = part.split('/').collect();
            let ends: Vec<&str> = pieces[0].split('-').collect();
            let number = |text: &str| number(text, low, names);
            let is_star = matches!(ends[0], "*" | "?");
            let (first, mut last) = match ends[..] {
                _ if is_star => (low, high),
                [one] => (number(one)?, number(one)?),
                [first, last] => (number(first)?, number(last)?),
                _ => return Err(format!("too many hyphens: {part}")),
            };
            let step = match pieces[..] {
                [_] => 1,
                [_, step] => {
                    if ends.len() == 1 {
                        // `5/15` means from 5 on.
                        last = high;
                    }
                    plain(step)?
                }
                _ => return Err(format!("too many slashes: {part}")),
            };
            if first < low {
                return Err(format!("beginning of range ({first}) below minimum ({low}): {part}"));
            }
            if last > high {
                return Err(format!("end of range ({last}) above maximum ({high}): {part}"));
            }
            if first > last {
                return Err(format!("beginning of range ({first}) beyond end of range ({last}): {part}"));
            }
            if step == 0 {
                return Err(format!("step of range should be a positive number: {part}"));
            }
            let step = usize::try_from(step).unwrap_or(usize::MAX);
            read.bits |= (first..=last).step_by(step).fold(0, |bits, number| bits | 1 << number);
            read.is_star |= is_star && step == 1;
        }
        Ok(read)
    }
}

/// A number, or a name for one.
fn number(text: &str, low: u64, names: &[&str]) -> Result<u64, String> {
    let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
    named.map_or_else(|| plain(text), |at| Ok(at as u64 + low))
}

fn plain(text: &str) -> Result<u64, String> {
    match text.parse::<i64>() {
        Ok(number) => {
            u64::try_from(number).map_err(|_| format!("negative number ({number}) not allowed: {text}"))
        }
        Err(_) => {
            Err(format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax"))
        }
    }
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
            ("0 0 */2 * mon", "2026-11-21T00:00:00Z", "2026-11-23T00:00:00Z"),
            ("0 0 * * mon", "2026-11-21T00:00:00Z", "2026-11-23T00:00:00Z"),
            ("0 0 */10 * mon", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            ("0 0 */10 * *", "2026-11-23T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("59 23 31 dec ?", "2026-12-31T23:59:59Z", "2027-12-31T23:59:00Z"),
            ("@hourly", "2026-11-21T10:59:59Z", "2026-11-21T11:00:00Z"),
            ("@weekly", "2026-11-21T10:00:00Z", "2026-11-22T00:00:00Z"),
            ("@every 1h30m", "2026-11-21T10:00:00Z", "2026-11-21T11:30:00Z"),
        ];
        for (schedule, after, wanted) in rows {
            let next = Schedule::read(schedule).unwrap().next(time(after));
            assert_eq!(next, Some(time(wanted)), "{schedule} after {after}");
        }
    }

    #[test]
    fn what_never_comes_and_what_is_no_schedule() {
        assert_eq!(Schedule::read("0 0 31 2 *").unwrap().next(Time(0)), None);
        for (text, said) in [
            ("", "expected exactly 5 fields, found 0: []"),
            ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
            ("1/2/3 * * * *", "too many slashes: 1/2/3"),
            ("-1 * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("* * * * 7", "end of range (7) above maximum (6): 7"),
            ("@never", "unrecognized descriptor: @never"),
            ("@reboot", "unrecognized descriptor: @reboot"),
            ("@every x", "failed to parse duration @every x: time: invalid duration \"x\""),
        ] {
            assert_eq!(Schedule::read(text), Err(said.to_owned()), "{text}");
        }
    }
}
