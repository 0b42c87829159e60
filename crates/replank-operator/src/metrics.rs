//! Metrics of updates, made anew at each scrape from what the last round saw. Names and units follow Prometheus's rules.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use jiff::Timestamp;
use kube::ResourceExt;
use replank_engine::report::wire::{ReportJson, WaitJson};
use serde_json::Value;

use crate::api::{NodeGroupUpdate, NodeGroupUpdateStatus};

/// An update that is declared, as its metrics have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) phase: String,
    /// How long its plan says that it takes, in seconds.
    pub(crate) forecast_seconds: Option<i64>,
    /// When it began.
    pub(crate) started_at: Option<Timestamp>,
    /// `None` while it runs, or before it began.
    pub(crate) ended_at: Option<Timestamp>,
}

impl Listed {
    pub(crate) fn of(update: &NodeGroupUpdate, status: &NodeGroupUpdateStatus) -> Self {
        let at = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
        Self {
            name: update.name_any(),
            group: update.spec.node_group.clone(),
            phase: status.phase.clone().unwrap_or_default(),
            forecast_seconds: status.plan.as_ref().map(|plan| plan.seconds),
            started_at: at(&status.started_at),
            ended_at: at(&status.ended_at),
        }
    }
}

/// What a round saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) reports: Vec<Arc<ReportJson>>,
    pub(crate) listed: Vec<Listed>,
}

/// A metric with its samples: labels, and a number.
struct Metric {
    name: &'static str,
    help: &'static str,
    samples: Vec<(Vec<(&'static str, String)>, f64)>,
}

/// The metrics as of `now`, without the line that ends them.
pub(crate) fn text(seen: &Seen, now: Timestamp) -> String {
    let mut text = String::new();
    for metric in [nodes(seen), replaced(seen), waits(seen), oldest(seen, now), phases(seen, now)]
        .into_iter()
        .chain([states(seen), forecasts(seen), lasted(seen, now)])
        .filter(|metric| !metric.samples.is_empty())
    {
        metric.write(&mut text);
    }
    text
}

impl Metric {
    fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, samples: Vec::new() }
    }

    fn of(mut self, labels: &[(&'static str, &str)], value: f64) -> Self {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.samples.push((labels, value));
        self
    }

    fn write(&self, text: &mut String) {
        let Self { name, help, samples } = self;
        let _infallible = writeln!(text, "# HELP {name} {help}.\n# TYPE {name} gauge");
        for (labels, value) in samples {
            let labels: Vec<String> =
                labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
            let _infallible = writeln!(text, "{name}{{{}}} {value}", labels.join(","));
        }
    }
}

/// As the formats want a label's value written.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn running(seen: &Seen) -> impl Iterator<Item = &Arc<ReportJson>> {
    seen.reports.iter().filter(|report| report.end.is_none())
}

fn nodes(seen: &Seen) -> Metric {
    let metric = Metric::new("replank_update_nodes", "Nodes of a group that is updated, by stage");
    running(seen).fold(metric, |metric, report| {
        let counts = &report.counts;
        let stages = [
            ("old", counts.old),
            ("in_work", counts.in_work),
            ("joining", counts.joining),
            ("ready", counts.ready),
            ("closed", counts.closed),
            ("leaving", counts.leaving),
        ];
        stages.into_iter().fold(metric, |metric, (stage, count)| {
            metric.of(&[("nodegroup", &report.group), ("stage", stage)], f64::from(count))
        })
    })
}

fn replaced(seen: &Seen) -> Metric {
    let metric = Metric::new("replank_update_replaced_nodes", "Nodes that the running update has replaced");
    running(seen).fold(metric, |metric, report| {
        metric.of(&[("nodegroup", &report.group)], f64::from(report.counts.replaced))
    })
}

/// Waits of a report by kind.
fn kinds(report: &ReportJson) -> BTreeMap<String, Vec<&WaitJson>> {
    let mut kinds: BTreeMap<String, Vec<&WaitJson>> = BTreeMap::new();
    for wait in &report.waits {
        kinds.entry(kind(wait)).or_default().push(wait);
    }
    kinds
}

/// The word of the reference for what is waited for.
fn kind(wait: &WaitJson) -> String {
    match serde_json::to_value(&wait.on) {
        Ok(Value::String(word)) => word,
        Ok(Value::Object(on)) => match on.get("kind").and_then(Value::as_str) {
            Some(word) => word.to_owned(),
            None => on.keys().next().cloned().unwrap_or_default(),
        },
        Ok(_) | Err(_) => String::new(),
    }
}

fn waits(seen: &Seen) -> Metric {
    let metric = Metric::new("replank_update_waits", "Waits of a running update, by kind");
    running(seen).fold(metric, |metric, report| {
        kinds(report).into_iter().fold(metric, |metric, (kind, waits)| {
            metric.of(&[("nodegroup", &report.group), ("wait", &kind)], waits.len() as f64)
        })
    })
}

fn oldest(seen: &Seen, now: Timestamp) -> Metric {
    let metric = Metric::new("replank_update_wait_oldest_seconds", "Age of the oldest wait of its kind");
    running(seen).fold(metric, |metric, report| {
        kinds(report).into_iter().fold(metric, |metric, (kind, waits)| {
            let since = waits.iter().filter_map(|wait| wait.since.as_ref()).map(|since| since.0).min();
            let age = since.map_or(0.0, |since| seconds(since, now));
            metric.of(&[("nodegroup", &report.group), ("wait", &kind)], age)
        })
    })
}

fn phases(seen: &Seen, now: Timestamp) -> Metric {
    let metric =
        Metric::new("replank_update_phase_seconds", "How long the present phase of a running update lasts");
    running(seen).fold(metric, |metric, report| {
        let phase = serde_json::to_value(&report.phase).ok();
        let phase = phase.as_ref().and_then(Value::as_str).unwrap_or_default();
        let lasts = seconds(report.phase_since.0, now);
        metric.of(&[("nodegroup", &report.group), ("phase", phase)], lasts)
    })
}

fn states(seen: &Seen) -> Metric {
    let metric = Metric::new("replank_nodegroupupdate_info", "Updates that are declared, with their phases");
    seen.listed.iter().fold(metric, |metric, listed| {
        metric.of(&[("name", &listed.name), ("nodegroup", &listed.group), ("phase", &listed.phase)], 1.0)
    })
}

fn forecasts(seen: &Seen) -> Metric {
    let metric = Metric::new(
        "replank_nodegroupupdate_forecast_seconds",
        "How long the plan of an update says that it takes",
    );
    seen.listed.iter().fold(metric, |metric, listed| match listed.forecast_seconds {
        Some(forecast) => metric.of(&[("name", &listed.name), ("nodegroup", &listed.group)], forecast as f64),
        None => metric,
    })
}

fn lasted(seen: &Seen, now: Timestamp) -> Metric {
    let metric = Metric::new(
        "replank_nodegroupupdate_duration_seconds",
        "How long an update has taken since it began",
    );
    seen.listed.iter().fold(metric, |metric, listed| match listed.started_at {
        Some(began) => {
            let lasted = seconds(began, listed.ended_at.unwrap_or(now));
            metric.of(&[("name", &listed.name), ("nodegroup", &listed.group)], lasted)
        }
        None => metric,
    })
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

/// The same in the text format of before `OpenMetrics`, for who does not ask for that one: there the name of a counter has
/// its ending in its description too, and nothing ends the text.
pub(crate) fn classic(text: &str) -> String {
    let counters: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let described = |line: &str| {
        let mut words = line.splitn(4, ' ');
        let (Some("#"), Some(what @ ("HELP" | "TYPE")), Some(name), rest) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return line.to_owned();
        };
        let ending = if counters.contains(&name) { "_total" } else { "" };
        format!("# {what} {name}{ending} {}", rest.unwrap_or_default())
    };
    let lines = text.lines().filter(|line| *line != "# EOF" && !line.starts_with("# UNIT "));
    lines.map(|line| described(line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_that_are_declared_are_told_with_forecast_and_duration() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let listed = Listed {
            name: "a\"b".into(),
            group: "workers".into(),
            phase: "Running".into(),
            forecast_seconds: Some(600),
            started_at: Some(at(100)),
            ended_at: None,
        };
        let text = text(&Seen { reports: Vec::new(), listed: vec![listed] }, at(160));
        let wanted = "# HELP replank_nodegroupupdate_info Updates that are declared, with their phases.\n\
                      # TYPE replank_nodegroupupdate_info gauge\n\
                      replank_nodegroupupdate_info{name=\"a\\\"b\",nodegroup=\"workers\",phase=\"Running\"} 1\n";
        assert!(text.starts_with(wanted), "{text}");
        assert!(text.contains(
            "replank_nodegroupupdate_duration_seconds{name=\"a\\\"b\",nodegroup=\"workers\"} 60\n"
        ));
        assert!(text.contains(
            "replank_nodegroupupdate_forecast_seconds{name=\"a\\\"b\",nodegroup=\"workers\"} 600\n"
        ));
    }

    #[test]
    fn the_older_format_names_counters_by_their_samples() {
        let open =
            "# HELP replank_turns Turns.\n# TYPE replank_turns counter\nreplank_turns_total 3\n# EOF\n";
        let wanted =
            "# HELP replank_turns_total Turns.\n# TYPE replank_turns_total counter\nreplank_turns_total 3\n";
        assert_eq!(classic(open), wanted);
    }
}
