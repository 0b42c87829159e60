//! Times and durations for people: times in UTC, durations rounded down.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A time with its date, such as `2026-11-21 12:31:07 UTC`.
pub fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A time as short as possible: `12:31` on the day of `now`, `12:31:07` when its seconds are not zero, with the date
/// and without seconds on other days.
pub fn clock(at: Timestamp, now: Timestamp) -> String {
    let (at, today) = (at.to_zoned(TimeZone::UTC), now.to_zoned(TimeZone::UTC).date());
    let format = match (at.date() == today, at.second()) {
        (true, 0) => "%H:%M",
        (true, _) => "%H:%M:%S",
        (false, _) => "%Y-%m-%d %H:%M",
    };
    at.strftime(format).to_string()
}

/// A time of day to the second, such as `12:31:05`.
pub fn time_of_day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string()
}

/// A duration in its two largest units: `5 s`, `4 min`, `1 min 30 s`, `2 h 5 min`, `3 d 4 h`. Negative ones are `0 s`.
pub fn span(length: SignedDuration) -> String {
    let seconds = length.as_secs().max(0);
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = units.iter().position(|(size, _)| seconds >= *size).unwrap_or(units.len() - 1);
    let mut left = seconds;
    let mut parts = Vec::new();
    for (size, unit) in units.iter().skip(first).take(2) {
        if left / size > 0 {
            parts.push(format!("{} {unit}", left / size));
        }
        left %= size;
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// Time of nodes in hours, such as `1.5 node-hours`: one node for an hour and a half, or three for half an hour.
pub fn node_hours(time: SignedDuration) -> String {
    let hours = time.as_secs_f64().max(0.0) / 3600.0;
    if hours < 100.0 { format!("{hours:.1} node-hours") } else { format!("{hours:.0} node-hours") }
}

/// The time from `begun` to `at` as `hh:mm:ss`.
pub fn since(begun: Timestamp, at: Timestamp) -> String {
    let seconds = at.duration_since(begun).as_secs().max(0);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_in_their_two_largest_units() {
        let rows = [
            (0, "0 s"),
            (5, "5 s"),
            (60, "1 min"),
            (90, "1 min 30 s"),
            (245, "4 min 5 s"),
            (3_600, "1 h"),
            (3_605, "1 h"),
            (7_500, "2 h 5 min"),
            (273_600, "3 d 4 h"),
            (-3, "0 s"),
        ];
        for (seconds, wanted) in rows {
            assert_eq!(span(SignedDuration::from_secs(seconds)), wanted, "{seconds}");
        }
    }

    #[test]
    fn times_are_as_short_as_they_are_clear() {
        let now: Timestamp = "2026-11-21T12:16:00Z".parse().unwrap();
        let rows = [
            ("2026-11-21T12:31:00Z", "12:31"),
            ("2026-11-21T12:31:07Z", "12:31:07"),
            ("2026-11-22T00:01:07Z", "2026-11-22 00:01"),
        ];
        for (at, wanted) in rows {
            assert_eq!(clock(at.parse().unwrap(), now), wanted);
        }
    }
}
