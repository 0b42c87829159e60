//! Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines.

use replank_check::baseline::Suppression;
use replank_check::{CHECKS, Check, Finding, Severity, Source};
use serde_json::{Value, json};

use super::report::Report;

/// The complete SARIF log.
pub(super) fn log(report: &Report) -> Value {
    let rules: Vec<&Check> = CHECKS.iter().flat_map(|checks| checks.iter().copied()).collect();
    let open = report.sorted.open.iter().map(|finding| result(finding, None, &rules));
    let suppressed = report.sorted.suppressed.iter().map(|(finding, by)| result(finding, Some(by), &rules));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "replank check",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|check| rule(check)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": report.broken.is_empty(),
                "toolExecutionNotifications": report.broken.iter().map(unreadable).collect::<Vec<_>>(),
            }],
            "results": open.chain(suppressed).collect::<Vec<_>>(),
        }],
    })
}

/// A document that could not be read, as a notification.
fn unreadable(wrong: &String) -> Value {
    json!({"level": "error", "message": {"text": wrong}})
}

fn rule(check: &Check) -> Value {
    json!({
        "id": check.id,
        "shortDescription": {"text": check.id.replace('-', " ")},
        "fullDescription": {"text": check.meaning},
        "help": {"text": check.advice},
        "defaultConfiguration": {"level": level(check.severity)},
    })
}

fn result(finding: &Finding, by: Option<&Suppression>, rules: &[&Check]) -> Value {
    let name = format!("{} {}", finding.object.group_kind(), finding.object.path());
    let text = format!("{}: {}. {}", finding.object, finding.evidence.join("; "), finding.advice);
    let logical = json!([{"fullyQualifiedName": name, "kind": "resource"}]);
    let mut locations: Vec<Value> = finding.sources.iter().filter_map(physical).collect();
    match locations.first_mut() {
        Some(first) => first["logicalLocations"] = logical,
        None => locations.push(json!({"logicalLocations": logical})),
    }
    let mut result = json!({
        "ruleId": finding.check.id,
        "ruleIndex": rules.iter().position(|check| check.id == finding.check.id),
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": locations,
        "partialFingerprints": {"object/v1": format!("{}/{name}", finding.check.id)},
    });
    if let Some(by) = by {
        result["suppressions"] = json!([{"kind": "external", "justification": by.reason}]);
    }
    result
}

/// `physicalLocation` of a finding in a file.
fn physical(source: &Source) -> Option<Value> {
    let Source::File { place } = source else { return None };
    let (file, line) = match place.rsplit_once(':').map(|(file, line)| (file, line.parse::<u32>())) {
        Some((file, Ok(line))) => (file, Some(line)),
        Some((_, Err(_))) | None => (place.as_str(), None),
    };
    let mut location = json!({"artifactLocation": {"uri": uri(file)}});
    if let Some(line) = line {
        location["region"] = json!({"startLine": line});
    }
    Some(json!({"physicalLocation": location}))
}

/// Percent-encodes a path for a URI reference.
fn uri(file: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let file = file.strip_prefix("./").unwrap_or(file);
    file.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Blocks | Severity::Breaks => "error",
        Severity::Warns => "warning",
        Severity::Informs => "note",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_become_uris_with_lines() {
        let place = Source::File { place: "./a b/web.yaml:12".to_owned() };
        let location = physical(&place).unwrap();
        assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "a%20b/web.yaml");
        assert_eq!(location["physicalLocation"]["region"]["startLine"], 12);
        assert_eq!(physical(&Source::Live), None);
    }
}
