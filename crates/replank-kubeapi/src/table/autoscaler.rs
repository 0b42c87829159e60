//! Horizontal pod autoscalers: present and target values of their metrics.

use serde_json::Value;

use super::cell::{Subject, at, list, or, text};

/// Most metrics that are shown; others are counted.
const SHOWN: usize = 2;

pub(super) fn cells(it: Subject<'_>) -> Vec<Value> {
    let target = format!("{}/{}", it.text("spec.scaleTargetRef.kind"), it.text("spec.scaleTargetRef.name"));
    vec![
        it.name(),
        Value::from(target),
        Value::from(metrics(it)),
        Value::from(it.text_or("spec.minReplicas", "<unset>")),
        Value::from(it.number("spec.maxReplicas")),
        Value::from(it.number("status.currentReplicas")),
        it.age(),
    ]
}

fn metrics(it: Subject<'_>) -> String {
    let present = list(it.at("status.currentMetrics"));
    let all = list(it.at("spec.metrics")).iter().enumerate();
    let mut all: Vec<_> = all.map(|(at, wanted)| metric(wanted, present.get(at))).collect();
    let count = all.len();
    all.truncate(SHOWN);
    match count {
        0 => "<none>".to_owned(),
        count if count > SHOWN => format!("{} + {} more...", all.join(", "), count - SHOWN),
        _ => all.join(", "),
    }
}

fn metric(wanted: &Value, present: Option<&Value>) -> String {
    let field = match wanted["type"].as_str() {
        Some("Resource") => "resource",
        Some("ContainerResource") => "containerResource",
        Some("Pods") => "pods",
        Some("Object") => "object",
        Some("External") => "external",
        _ => return "<unknown type>".to_owned(),
    };
    let target = &wanted[field]["target"];
    let now = |key: &str| {
        let found = present.map(|it| text(at(it, &format!("{field}.current.{key}"))));
        or(found.unwrap_or_default(), "<unknown>")
    };
    let percent = |text: String| if text.starts_with('<') { text } else { format!("{text}%") };
    let average = text(&target["averageValue"]);
    let name = text(&wanted[field]["name"]);
    match field {
        "resource" | "containerResource" if average.is_empty() => {
            let target = percent(or(text(&target["averageUtilization"]), "<auto>"));
            format!("{name}: {}/{target}", percent(now("averageUtilization")))
        }
        "resource" | "containerResource" => format!("{name}: {}/{average}", now("averageValue")),
        "pods" => format!("{}/{average}", now("averageValue")),
        _ if average.is_empty() => format!("{}/{}", now("value"), text(&target["value"])),
        _ => format!("{}/{average} (avg)", now("averageValue")),
    }
}
