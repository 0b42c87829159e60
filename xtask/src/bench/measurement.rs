//! One measured number and the table of many.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::fmt;

/// What was measured, the number, and what it is to be held against.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measurement {
    name: String,
    value: f64,
    unit: String,
    goal: Option<f64>,
    against: Option<Against>,
}

/// Another measurement, this value divided by that one's, and what that should come to at least.
#[derive(Clone, Debug, PartialEq)]
struct Against {
    name: String,
    ratio: f64,
    times: Option<f64>,
}

impl Measurement {
    /// Reads one line of the measuring program; unknown fields are refused.
    pub(super) fn parse(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line).context("no JSON")?;
        let object = value.as_object().context("no JSON object")?;
        let known = ["name", "value", "unit", "goal", "vs", "ratio", "times"];
        if let Some(key) = object.keys().find(|key| !known.contains(&key.as_str())) {
            bail!("unknown field `{key}`, known are {}", known.join(", "));
        }
        let times = number(object, "times")?;
        let against = match (text(object, "vs")?, number(object, "ratio")?) {
            (Some(name), Some(ratio)) => Some(Against { name, ratio, times }),
            (None, None) if times.is_some() => bail!("`times` comes with `vs` and `ratio`"),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => bail!("`vs` and `ratio` come together"),
        };
        Ok(Self {
            name: text(object, "name")?.context("`name` is missing")?,
            value: number(object, "value")?.context("`value` is missing")?,
            unit: text(object, "unit")?.context("`unit` is missing")?,
            goal: number(object, "goal")?,
            against,
        })
    }

    /// The measurement as it came; absent fields stay absent.
    pub(super) fn json(&self) -> Value {
        let mut object = json!({"name": self.name, "value": self.value, "unit": self.unit});
        if let Some(goal) = self.goal {
            object["goal"] = json!(goal);
        }
        if let Some(against) = &self.against {
            object["vs"] = json!(against.name);
            object["ratio"] = json!(against.ratio);
            if let Some(times) = against.times {
                object["times"] = json!(times);
            }
        }
        object
    }

    /// What it should come to, and whether it does.
    fn goal(&self) -> Option<(String, bool)> {
        if let Some(goal) = self.goal {
            return Some((format!("< {} {}", short(goal), self.unit), self.value < goal));
        }
        let against = self.against.as_ref()?;
        let times = against.times?;
        Some((format!("at least {} x", short(times)), against.ratio >= times))
    }

    fn cells(&self) -> [String; 4] {
        let goal = self
            .goal()
            .map(|(goal, is_reached)| format!("{goal}: {}", if is_reached { "reached" } else { "missed" }));
        let against = self.against.as_ref().map(|a| format!("{} x {}", short(a.ratio), a.name));
        let measured = format!("{} {}", short(self.value), self.unit);
        [self.name.clone(), measured, goal.unwrap_or_default(), against.unwrap_or_default()]
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {} {}", self.name, short(self.value), self.unit)
    }
}

/// A table that reads well on a terminal and is a table in Markdown too.
pub(super) fn table(measurements: &[Measurement]) -> String {
    let head = ["What", "Measured", "Goal", "Compared"].map(str::to_owned);
    let rows: Vec<[String; 4]> =
        std::iter::once(head).chain(measurements.iter().map(Measurement::cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    let line = |row: &[String; 4]| {
        let [a, b, c, d] = row;
        let [wa, wb, wc, wd] = widths;
        format!("| {a:<wa$} | {b:>wb$} | {c:<wc$} | {d:<wd$} |\n")
    };
    let rule = widths.map(|width| "-".repeat(width + 2));
    let mut out = line(&rows[0]);
    out.extend([format!("|{}|{}:|{}|{}|\n", rule[0], &rule[1][1..], rule[2], rule[3])]);
    out.extend(rows[1..].iter().map(line));
    out
}

/// How many goals are reached, and which are not.
pub(super) fn verdict(measurements: &[Measurement]) -> String {
    let goals = measurements.iter().filter_map(|it| Some((&it.name, it.goal()?.1)));
    let (reached, missed): (Vec<_>, Vec<_>) = goals.partition(|(_, is_reached)| *is_reached);
    let text = format!("{} of {} goals reached", reached.len(), reached.len() + missed.len());
    if missed.is_empty() {
        return text;
    }
    let names: Vec<&str> = missed.iter().map(|(name, _)| name.as_str()).collect();
    format!("{text}; missed: {}", names.join("; "))
}

/// Three digits that count, and no more zeros than needed.
fn short(value: f64) -> String {
    let size = value.abs();
    let digits = match size {
        _ if size >= 100.0 || size == 0.0 => 0,
        _ if size >= 10.0 => 1,
        _ if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn text(object: &Map<String, Value>, key: &str) -> Result<Option<String>> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => bail!("`{key}` is {other}, not a text"),
    }
}

fn number(object: &Map<String, Value>, key: &str) -> Result<Option<f64>> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_f64().map(Some).with_context(|| format!("`{key}` is {value}, not a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Measurement, short, table, verdict};

    #[test]
    fn table_of_measurements() {
        let lines = [
            r#"{"name":"update, 500 nodes","value":0.81234,"unit":"s"}"#,
            r#"{"name":"update, 5000 nodes","value":9.5,"unit":"s","goal":10,"vs":"update, 500 nodes","ratio":11.69}"#,
            r#"{"name":"memory","value":2100,"unit":"MiB","goal":2048}"#,
            r#"{"name":"calls","value":21000,"unit":"calls/s","vs":"moto","ratio":52.5,"times":50}"#,
        ];
        let measured: Vec<Measurement> = lines.iter().map(|line| Measurement::parse(line).unwrap()).collect();
        let expected = "\
| What               |      Measured | Goal                   | Compared                 |
|--------------------|--------------:|------------------------|--------------------------|
| update, 500 nodes  |       0.812 s |                        |                          |
| update, 5000 nodes |         9.5 s | < 10 s: reached        | 11.7 x update, 500 nodes |
| memory             |      2100 MiB | < 2048 MiB: missed     |                          |
| calls              | 21000 calls/s | at least 50 x: reached | 52.5 x moto              |
";
        assert_eq!(table(&measured), expected, "\n{}", table(&measured));
        assert_eq!(verdict(&measured), "2 of 3 goals reached; missed: memory");
        for (line, measured) in lines.iter().zip(&measured) {
            assert_eq!(&Measurement::parse(&measured.json().to_string()).unwrap(), measured, "{line}");
        }
    }

    #[test]
    fn refuses_what_is_no_measurement() {
        for (line, expected) in [
            (r#"{"name":"a","value":1}"#, "`unit` is missing"),
            (r#"{"name":"a","value":"1","unit":"s"}"#, "`value` is \"1\", not a number"),
            (r#"{"name":"a","value":1,"unit":"s","vs":"b"}"#, "`vs` and `ratio` come together"),
            (r#"{"name":"a","value":1,"unit":"s","times":2}"#, "`times` comes with `vs` and `ratio`"),
            (
                r#"{"name":"a","value":1,"unit":"s","x":1}"#,
                "unknown field `x`, known are name, value, unit, goal, vs, ratio, times",
            ),
            ("{", "no JSON"),
        ] {
            assert_eq!(Measurement::parse(line).unwrap_err().to_string(), expected, "{line}");
        }
    }

    #[test]
    fn short_numbers() {
        for (value, expected) in
            [(0.0, "0"), (0.5, "0.5"), (0.01234, "0.012"), (1.0, "1"), (12.34, "12.3"), (150_000.4, "150000")]
        {
            assert_eq!(short(value), expected);
        }
    }
}
