//! Paths, queries and bodies against the model: whatever comes, it is read or refused, and what is read is what the
//! model allows.

use serde_json::{Map, Value, json};

use super::{Dice, times};
use crate::model::{Kind, Model, Unreadable};
use crate::{page_token, uri};

/// A value of a shape; now and then anything else.
fn value(dice: &mut Dice, shape: &str, depth: usize) -> Value {
    if dice.one_in(40) || depth == 0 {
        return dice.json(2);
    }
    let Some(shape) = Model::get().shapes.get(shape) else { return Value::Null };
    let inner = |member: &Option<crate::model::Member>| {
        member.as_ref().map_or(String::new(), |member| member.shape.clone())
    };
    match shape.kind {
        Kind::Structure => {
            let mut map = Map::new();
            for (name, member) in &shape.members {
                if shape.required.contains(name) && !dice.one_in(30) || dice.one_in(2) {
                    map.insert(name.clone(), value(dice, &member.shape, depth - 1));
                }
            }
            Value::Object(map)
        }
        Kind::List => (0..dice.below(4)).map(|_| value(dice, &inner(&shape.member), depth - 1)).collect(),
        Kind::Map => {
            let entries =
                (0..dice.below(4)).map(|_| (dice.text(6), value(dice, &inner(&shape.value), depth - 1)));
            Value::Object(entries.collect())
        }
        Kind::String if !shape.values.is_empty() && !dice.one_in(10) => json!(dice.pick(&shape.values)),
        Kind::String => json!(if dice.one_in(3) { dice.text(10) } else { "default".to_owned() }),
        Kind::Integer => json!(dice.below(120) as i64 - 5),
        Kind::Boolean => json!(dice.one_in(2)),
        Kind::Timestamp => json!(dice.below(2_000_000_000)),
    }
}

/// Whether a value fits its shape, by a check of its own.
fn fits(shape: &str, value: &Value) -> Result<(), String> {
    let Some(shape) = Model::get().shapes.get(shape) else { return Err(format!("no shape {shape}")) };
    let within =
        |size: i64| shape.min.is_none_or(|min| size >= min) && shape.max.is_none_or(|max| size <= max);
    let inner = |member: &Option<crate::model::Member>| {
        member.as_ref().map_or(String::new(), |member| member.shape.clone())
    };
    let good = match (shape.kind, value) {
        (Kind::Structure, Value::Object(map)) => {
            for (name, value) in map {
                let member = shape.members.get(name).ok_or_else(|| format!("unknown member {name}"))?;
                fits(&member.shape, value)?;
            }
            shape.required.iter().all(|name| map.contains_key(name))
        }
        (Kind::List, Value::Array(items)) => {
            items.iter().try_for_each(|item| fits(&inner(&shape.member), item))?;
            within(items.len() as i64)
        }
        (Kind::Map, Value::Object(map)) => {
            for (key, value) in map {
                fits(&inner(&shape.key), &json!(key))?;
                fits(&inner(&shape.value), value)?;
            }
            within(map.len() as i64)
        }
        (Kind::String, Value::String(text)) => {
            (shape.values.is_empty() || shape.values.contains(text)) && within(text.chars().count() as i64)
        }
        (Kind::Integer, Value::Number(number)) => number.as_i64().is_some_and(within),
        (Kind::Boolean, Value::Bool(_)) | (Kind::Timestamp, Value::Number(_)) => true,
        _ => false,
    };
    if good { Ok(()) } else { Err(format!("{value} does not fit {:?}", shape.kind)) }
}

/// A path that leads to an operation, with any text where its names stand.
fn path(dice: &mut Dice, template: &str) -> String {
    let part = |part: &str| {
        if !part.starts_with('{') {
            return part.to_owned();
        }
        let text = dice.text(6);
        if dice.one_in(4) { text } else { uri::encode(&text) }
    };
    template.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn whatever_comes_is_read_or_refused() {
    let (model, mut dice) = (Model::get(), Dice(1));
    let operations: Vec<_> = model.operations.iter().collect();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..20_000 * times() {
        let (name, operation) = *dice.pick(&operations);
        let template = path(&mut dice, &operation.path);
        let Some(routed) = model.route(&operation.method, &template) else { continue };
        let mut body = value(&mut dice, &routed.operation.input, 6).to_string().into_bytes();
        if dice.one_in(4) {
            body = dice.spoilt(&body);
        }
        let query: Vec<_> = (0..dice.below(4))
            .map(|_| {
                let known =
                    ["maxResults", "nextToken", "nodegroupName", "tagKeys", "preserve", "include", "x"];
                format!("{}={}", dice.pick(&known), dice.text(5))
            })
            .collect();
        match model.read(&routed, &query.join("&"), &body) {
            Ok(input) => {
                read += 1;
                let input = Value::Object(input);
                let fit = fits(&routed.operation.input, &input);
                assert_eq!(fit, Ok(()), "{name} {template} {}", String::from_utf8_lossy(&body));
            }
            Err(Unreadable::Serialization(said)) => {
                refused += 1;
                assert!(!said.is_empty());
            }
            Err(Unreadable::Invalid(breaks)) => {
                refused += 1;
                assert!(!breaks.is_empty() && breaks.len() <= 8, "{breaks:?}");
            }
        }
    }
    assert!(read > 500 && refused > 500, "{read} read, {refused} refused");
}

#[test]
fn any_path_is_routed_or_not() {
    let (model, mut dice) = (Model::get(), Dice(2));
    for _ in 0..20_000 * times() {
        let method = *dice.pick(&["GET", "POST", "DELETE", "PUT", "", "get"]);
        let path = dice.text(12).replace(' ', "/");
        if let Some(routed) = model.route(method, &path) {
            assert_eq!(routed.operation.method, method, "{path}");
        }
    }
}

/// Percent-decoding, letter by letter: what is no escape stays as it is.
fn decoded(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let escape = digits.filter(|_| bytes[at] == b'%').and_then(|digits| str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn encodings_come_back() {
    let mut dice = Dice(3);
    for _ in 0..20_000 * times() {
        let text = dice.text(12);
        assert_eq!(uri::decode(&uri::encode(&text)), text);
        assert_eq!(uri::unwrapped(&uri::wrapped(&text)), Some(text.clone()));
        // Whatever somebody else made up is a text, or it is the token of one: upper case counts as lower.
        if let Some(inside) = uri::unwrapped(&text) {
            assert_eq!(uri::wrapped(&inside), text.to_ascii_lowercase());
        }
        assert_eq!(uri::decode(&text), decoded(&text), "{text:?}");
        assert_eq!(page_token::last("list", &page_token::after("list", &text)), Some(text.clone()));
        assert_eq!(page_token::last("list", &text), None, "{text}");
        let all = uri::parameters(&text).chain(uri::form(&text)).count();
        assert!(all <= 2 * (text.len() + 1));
    }
}
