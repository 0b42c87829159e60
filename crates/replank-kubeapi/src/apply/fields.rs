//! The JSON form of field sets (`fieldsV1`): `f:name`, `k:{…}`, `v:…`, `i:0`, and `.` for the path itself.

use serde_json::{Map, Value};

use super::set::{Element, FieldSet, Leaf, Node};

/// Encodes a set as `fieldsV1`.
pub(super) fn encode(set: &FieldSet) -> Value {
    let mut fields = Map::new();
    for (element, node) in set.nodes() {
        let mut below = Map::new();
        if node.is_member && !node.below.is_empty() {
            below.insert(".".to_owned(), Value::Object(Map::new()));
        }
        if let Value::Object(rest) = encode(&node.below) {
            below.extend(rest);
        }
        fields.insert(key(element), Value::Object(below));
    }
    Value::Object(fields)
}

fn key(element: &Element) -> String {
    match element {
        Element::Field(name) => format!("f:{name}"),
        Element::Keys(keys) => {
            let keys: Map<_, _> = keys.iter().map(|(name, value)| (name.clone(), value.0.clone())).collect();
            format!("k:{}", Value::Object(keys))
        }
        Element::Value(value) => format!("v:{}", value.0),
        Element::Index(index) => format!("i:{index}"),
    }
}

/// Parses `fieldsV1`; the error says what does not parse.
pub(super) fn decode(fields: &Value) -> Result<FieldSet, String> {
    let mut set = FieldSet::default();
    let Value::Object(fields) = fields else { return Err("fields must be an object".to_owned()) };
    for (key, below) in fields {
        if key == "." {
            continue;
        }
        let element = element(key)?;
        let is_member = below.as_object().is_none_or(|it| it.is_empty() || it.contains_key("."));
        let below = if below.is_object() { decode(below)? } else { FieldSet::default() };
        set.put(element, Node { is_member, below });
    }
    Ok(set)
}

fn element(key: &str) -> Result<Element, String> {
    let unknown = || format!("unknown field path element {key:?}");
    let read = |text: &str| serde_json::from_str::<Value>(text).map_err(|it| it.to_string());
    match key.split_once(':').ok_or_else(unknown)? {
        ("f", name) => Ok(Element::Field(name.to_owned())),
        ("v", value) => Ok(Element::Value(Leaf(read(value)?))),
        ("i", index) => index.parse().map(Element::Index).map_err(|_| unknown()),
        ("k", keys) => match read(keys)? {
            Value::Object(keys) => {
                let mut keys: Vec<_> = keys.into_iter().map(|(name, value)| (name, Leaf(value))).collect();
                keys.sort();
                Ok(Element::Keys(keys))
            }
            _ => Err(unknown()),
        },
        _ => Err(unknown()),
    }
}
