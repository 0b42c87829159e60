//! Label selectors, quantities and amounts.

use replank_world::vocab::percent::IntOrPercent;
use replank_world::vocab::selector::{Selector, Test};
use serde_json::{Map, Value, json};

/// A label selector.
pub(super) fn selector(selector: &Selector) -> Value {
    let (mut labels, mut expressions) = (Map::new(), Vec::new());
    for requirement in &selector.requirements {
        let key = requirement.key.to_string();
        let texts = |values: &std::collections::BTreeSet<std::sync::Arc<str>>| {
            values.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        match &requirement.test {
            Test::In(values) if values.len() == 1 => drop(labels.insert(key, json!(texts(values)[0]))),
            Test::In(values) => {
                expressions.push(json!({"key": key, "operator": "In", "values": texts(values)}));
            }
            Test::NotIn(values) => {
                expressions.push(json!({"key": key, "operator": "NotIn", "values": texts(values)}));
            }
            Test::Exists => expressions.push(json!({"key": key, "operator": "Exists"})),
            Test::DoesNotExist => expressions.push(json!({"key": key, "operator": "DoesNotExist"})),
            Test::Gt(bound) => {
                expressions.push(json!({"key": key, "operator": "Gt", "values": [bound.to_string()]}));
            }
            Test::Lt(bound) => {
                expressions.push(json!({"key": key, "operator": "Lt", "values": [bound.to_string()]}));
            }
        }
    }
    let mut out = Map::new();
    if !labels.is_empty() {
        out.insert("matchLabels".into(), Value::Object(labels));
    }
    if !expressions.is_empty() {
        out.insert("matchExpressions".into(), Value::Array(expressions));
    }
    Value::Object(out)
}

/// A number or percentage.
pub(super) fn amount(amount: IntOrPercent) -> Value {
    match amount {
        IntOrPercent::Int(count) => json!(count),
        IntOrPercent::Percent(share) => json!(format!("{share}%")),
    }
}

/// A CPU quantity from thousandths of a core.
pub(super) fn cpu(milli: i64) -> String {
    if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") }
}

/// A memory quantity from bytes, in Ki where possible, as nodes report it.
pub(super) fn bytes(bytes: i64) -> String {
    if bytes % 1024 == 0 && bytes > 0 { format!("{}Ki", bytes / 1024) } else { bytes.to_string() }
}
