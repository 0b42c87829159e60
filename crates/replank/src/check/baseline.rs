//! The baseline file: findings that are suppressed, with a reason and a date.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Result;
use jiff::civil::Date;
use replank_check::Finding;
use replank_check::baseline::{Suppression, ids, is_check};
use replank_formats::yaml::{self, BadInput, Field, FilePosition};
use serde_json::{Value, json};

use crate::errors::bad;

/// Members that an entry of the file may have.
const KEYS: [&str; 6] = ["check", "kind", "namespace", "name", "reason", "until"];

/// Reads the suppressions of a file. All mistakes are reported together, and no entry is used then.
pub(super) fn read(file: &Path) -> Result<Vec<Suppression>> {
    let name = file.display().to_string();
    let text = fs::read(file).map_err(|error| bad(format!("--baseline {name}: {error}")))?;
    let docs = yaml::read(&name, &text).map_err(|wrong| bad(format!("--baseline {wrong}")))?;
    let (mut decided, mut wrong) = (Vec::new(), Vec::new());
    for doc in &docs {
        let root = doc.root();
        let list = root.get("suppressions");
        if list.value().is_none_or(|value| !value.is_array()) {
            wrong.push(root.error("there is no list `suppressions`"));
        }
        for one in list.items() {
            match decision(&one) {
                Ok(suppression) => decided.push(suppression),
                Err(error) => wrong.push(error),
            }
        }
    }
    if docs.is_empty() {
        wrong.push(BadInput::new(
            FilePosition::whole(&name),
            "there is nothing in it: write `suppressions: []`".to_owned(),
        ));
    }
    if wrong.is_empty() {
        return Ok(decided);
    }
    let lines: Vec<String> = wrong.iter().map(|error| format!("--baseline {error}")).collect();
    Err(bad(lines.join("\n")))
}

fn decision(one: &Field<'_>) -> Result<Suppression, BadInput> {
    for (key, field) in one.entries() {
        if !KEYS.contains(&key) {
            return Err(field.error(format!("is not known here; known are {}", KEYS.join(", "))));
        }
    }
    let text = |name: &str| {
        let field = one.get(name);
        match (field.is_absent(), field.text()) {
            (true, _) => Ok(None),
            (false, Some(text)) if !text.trim().is_empty() => Ok(Some(text.to_owned())),
            (false, _) => Err(field.error("is to be a text")),
        }
    };
    let check = text("check")?.ok_or_else(|| one.error("has no `check`: the id of a finding"))?;
    if !is_check(&check) {
        return Err(one
            .get("check")
            .error(format!("there is no such check; there are {}", ids().join(", "))));
    }
    let reason = text("reason")?.ok_or_else(|| one.error("has no `reason`: say why you live with it"))?;
    let until = text("until")?
        .map(|day| {
            day.parse::<Date>().map_err(|_| one.get("until").error("is to be a day such as 2027-01-31"))
        })
        .transpose()?;
    let place = one.place().to_string();
    Ok(Suppression {
        check,
        kind: text("kind")?,
        namespace: text("namespace")?,
        name: text("name")?,
        reason,
        until,
        place,
    })
}

/// Writes findings as suppressions, each with the same reason.
pub(super) fn write(file: &Path, findings: &[Finding], reason: &str) -> Result<()> {
    let one = |finding: &Finding| {
        let object = &finding.object;
        let mut decision = json!({"check": finding.check.id, "kind": object.group_kind()});
        if !object.namespace.is_empty() {
            decision["namespace"] = Value::from(object.namespace.as_str());
        }
        decision["name"] = Value::from(object.name.as_str());
        decision["reason"] = Value::from(reason);
        decision.to_string()
    };
    let decisions: BTreeSet<String> = findings.iter().map(one).collect();
    let decisions: Vec<Value> = decisions.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    let text = yaml::write(&json!({"suppressions": decisions}));
    fs::write(file, text).map_err(|error| bad(format!("--write-baseline {}: {error}", file.display())))
}
