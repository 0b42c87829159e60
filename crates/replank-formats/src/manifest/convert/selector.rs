//! Parses label selectors and node selector requirements.

use std::sync::Arc;

use super::super::names;
use super::super::wrong::{forbidden, invalid, invalid_value, required};
use super::Reader;
use crate::yaml::Field;
use replank_world::vocab::selector::{Requirement, Selector, Test};

const HOLDER: &str = "LabelSelector";

/// A label selector (`matchLabels`, `matchExpressions`); `None` when absent.
pub(super) fn label_selector(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Selector> {
    match field.value()? {
        serde_json::Value::Object(_) => {}
        _ => return reader.mistyped(field, HOLDER, "v1.LabelSelector"),
    }
    let labels = reader.labels(&field.get("matchLabels"), HOLDER);
    let mut selector = Selector::of_labels(&labels);
    let expressions = field.get("matchExpressions");
    for item in reader.items(&expressions, HOLDER, "[]v1.LabelSelectorRequirement") {
        selector.requirements.extend(label_requirement(&item, reader));
    }
    Some(selector)
}

/// The selector of a workload, which must be present and not empty.
pub(super) fn own_selector(field: &Field<'_>, kind: &str, reader: &mut Reader<'_>) -> Selector {
    if field.is_absent() {
        reader.wrong.push(required(field, ""));
        return Selector::default();
    }
    let selector = label_selector(field, reader).unwrap_or_default();
    if selector.requirements.is_empty() && reader.wrong.is_empty() {
        let detail = format!("empty selector is invalid for {}", kind.to_lowercase());
        reader.wrong.push(invalid(field, &detail));
    }
    selector
}

fn key(field: &Field<'_>, reader: &mut Reader<'_>) -> Arc<str> {
    let key = reader.shared(field, "LabelSelectorRequirement").unwrap_or_default();
    if let Some(detail) = names::qualified(&key) {
        reader.wrong.push(invalid_value(field, &format!("{key:?}"), &detail));
    }
    key
}

fn label_requirement(item: &Field<'_>, reader: &mut Reader<'_>) -> Option<Requirement> {
    let (operator, values) = (item.get("operator"), item.get("values"));
    let key = key(&item.get("key"), reader);
    let given = reader.texts(&values, "LabelSelectorRequirement");
    for (value, text) in values.items().iter().zip(&given) {
        if let Some(detail) = names::label_value(text) {
            reader.wrong.push(invalid(value, detail));
        }
    }
    let word = reader.text(&operator, "LabelSelectorRequirement").unwrap_or_default();
    let test = match word {
        "In" | "NotIn" | "Exists" | "DoesNotExist" => of_values(word, &given, &values, reader)?,
        _ => {
            reader.wrong.push(invalid_value(
                &operator,
                &format!("{word:?}"),
                "not a valid label selector operator",
            ));
            return None;
        }
    };
    Some(Requirement { key, test })
}

/// The test of an operator that label and node selectors share; `None` for any other, or when the values are refused.
fn of_values(word: &str, given: &[Arc<str>], values: &Field<'_>, reader: &mut Reader<'_>) -> Option<Test> {
    match word {
        "In" | "NotIn" if given.is_empty() => {
            let detail = "must be specified when `operator` is 'In' or 'NotIn'";
            reader.wrong.push(required(values, detail));
            None
        }
        "Exists" | "DoesNotExist" if !given.is_empty() => {
            let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            reader.wrong.push(forbidden(values, detail));
            None
        }
        "In" => Some(Test::In(given.iter().cloned().collect())),
        "NotIn" => Some(Test::NotIn(given.iter().cloned().collect())),
        "Exists" => Some(Test::Exists),
        "DoesNotExist" => Some(Test::DoesNotExist),
        _ => None,
    }
}

/// A requirement of node affinity, which has the operators `Gt` and `Lt` too.
pub(super) fn node_requirement(item: &Field<'_>, reader: &mut Reader<'_>) -> Option<Requirement> {
    const HOLDER: &str = "NodeSelectorRequirement";
    let (operator, values) = (item.get("operator"), item.get("values"));
    let key = key(&item.get("key"), reader);
    let given = reader.texts(&values, HOLDER);
    let word = reader.text(&operator, HOLDER).unwrap_or_default();
    let number = |reader: &mut Reader<'_>| {
        let [only] = given.as_slice() else {
            let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
            reader.wrong.push(required(&values, detail));
            return None;
        };
        let number = only.parse::<i64>().ok();
        if number.is_none() {
            reader.wrong.push(invalid(&values.item(0), "must be an integer"));
        }
        number
    };
    let test = match word {
        "In" | "NotIn" | "Exists" | "DoesNotExist" => of_values(word, &given, &values, reader)?,
        "Gt" => Test::Gt(number(reader)?),
        "Lt" => Test::Lt(number(reader)?),
        _ => {
            reader.wrong.push(invalid_value(
                &operator,
                &format!("{word:?}"),
                "not a valid selector operator",
            ));
            return None;
        }
    };
    Some(Requirement { key, test })
}
