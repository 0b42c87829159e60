//! Status members that clients wrote, laid over those the world knows. What the world works out itself wins, as if its
//! controller wrote it again.

use serde_json::{Map, Value};

/// Puts members that clients wrote into a status.
pub(crate) fn over(status: &mut Value, said: &Value) {
    let Some(said) = said.as_object() else { return };
    if !status.is_object() {
        *status = Value::Object(Map::new());
    }
    let Some(status) = status.as_object_mut() else { return };
    for (key, value) in said {
        match status.get_mut(key) {
            None => drop(status.insert(key.clone(), value.clone())),
            Some(known) if known.is_object() => over(known, value),
            Some(Value::Array(known)) => {
                let new = value.as_array().into_iter().flatten();
                let new: Vec<Value> = new.filter(|one| !has_type(known, one)).cloned().collect();
                known.extend(new);
            }
            Some(_) => {}
        }
    }
}

/// What a status has beyond what the world knows: other members, and conditions of other types.
pub(crate) fn beyond(known: &Value, wanted: &Value) -> Value {
    let mut out = Map::new();
    for (key, value) in wanted.as_object().into_iter().flatten() {
        match (known.get(key), value) {
            (_, Value::Null) => {}
            (None | Some(Value::Null), value) => drop(out.insert(key.clone(), value.clone())),
            // What a device brings is the client's to count; the node takes it over.
            (Some(known), Value::Object(offered)) if key == "capacity" => {
                let is_new = |name: &str| name.contains('/') || known.get(name).is_none();
                let offered = offered.iter().filter(|(name, _)| is_new(name));
                let offered: Map<_, _> = offered.map(|(name, count)| (name.clone(), count.clone())).collect();
                out.insert(key.clone(), Value::Object(offered));
            }
            (Some(known @ Value::Object(_)), value) => {
                let deeper = beyond(known, value);
                if deeper.as_object().is_some_and(|deeper| !deeper.is_empty()) {
                    out.insert(key.clone(), deeper);
                }
            }
            (Some(Value::Array(known)), Value::Array(items)) => {
                let new = items.iter().filter(|one| one["type"].is_string() && !has_type(known, one));
                let new: Vec<Value> = new.cloned().collect();
                if !new.is_empty() {
                    out.insert(key.clone(), Value::Array(new));
                }
            }
            (Some(_), _) => {}
        }
    }
    Value::Object(out)
}

/// Whether there is a condition of that type.
fn has_type(known: &[Value], one: &Value) -> bool {
    known.iter().any(|other| other["type"] == one["type"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{beyond, over};

    #[test]
    fn what_the_world_knows_stands_and_the_rest_is_kept() {
        let known = json!({
            "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
            "capacity": {"cpu": "2", "example.com/gpu": "1"}, "nodeInfo": {"osImage": "x"},
        });
        let wanted = json!({
            "phase": "Failed", "new": 1, "gone": null,
            "conditions": [{"type": "Ready", "status": "False"}, {"type": "Mine", "status": "True"}],
            "capacity": {"cpu": "4", "example.com/gpu": "3"}, "nodeInfo": {"osImage": "y", "more": "z"},
        });
        let said = beyond(&known, &wanted);
        assert_eq!(
            said,
            json!({
                "new": 1, "conditions": [{"type": "Mine", "status": "True"}], "capacity": {"example.com/gpu": "3"},
                "nodeInfo": {"more": "z"},
            })
        );
        let mut shown = known.clone();
        over(&mut shown, &said);
        assert_eq!(
            shown,
            json!({
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "True"}, {"type": "Mine", "status": "True"}],
                "capacity": {"cpu": "2", "example.com/gpu": "1"}, "nodeInfo": {"osImage": "x", "more": "z"}, "new": 1,
            })
        );
        // Written back as it is shown, it says the same.
        assert_eq!(beyond(&known, &shown)["conditions"], said["conditions"]);
    }
}
