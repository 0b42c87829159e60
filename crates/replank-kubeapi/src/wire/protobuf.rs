//! Protobuf bodies of typed Go clients (`kubectl create deployment`), decoded to the JSON they stand for.
//!
//! The table of messages is `data/protobuf.txt`. Kubernetes: `runtime.Unknown` after the four bytes `k8s\0`.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::authority::base64;
use crate::failure::StatusError;
use crate::strict::is_zero;

const MESSAGES: &str = include_str!("../../data/protobuf.txt");
const MAGIC: &[u8] = b"k8s\0";
/// Greatest nesting of messages.
const DEPTH_MAX: usize = 64;

/// Name and type of a field.
type Field = (&'static str, &'static str);

static TABLE: LazyLock<BTreeMap<&'static str, BTreeMap<u64, Field>>> = LazyLock::new(|| {
    let lines = MESSAGES.lines().filter(|line| !line.starts_with('#'));
    let message = |line: &'static str| {
        let mut parts = line.split(';');
        let name = parts.next().unwrap_or_default();
        let fields = parts.filter_map(|field| {
            let mut words = field.split(' ');
            Some((words.next()?.parse().ok()?, (words.next()?, words.next()?)))
        });
        (name, fields.collect())
    };
    lines.map(message).collect()
});

/// The object in a body, or 400 when it is not an object of a known kind.
pub(crate) fn object(body: &[u8]) -> Result<Value, StatusError> {
    read(body)
        .ok_or_else(|| StatusError::bad_request("the body of the request is no protobuf of a known kind"))
}

fn read(body: &[u8]) -> Option<Value> {
    let mut wire = Wire(body.strip_prefix(MAGIC)?);
    let (mut version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    while let Some((number, value)) = wire.next()? {
        match (number, value) {
            (1, Part::Bytes(meta)) => {
                let mut meta = Wire(meta);
                while let Some((number, value)) = meta.next()? {
                    match (number, value) {
                        (1, Part::Bytes(text)) => version = String::from_utf8(text.to_vec()).ok()?,
                        (2, Part::Bytes(text)) => kind = String::from_utf8(text.to_vec()).ok()?,
                        _ => {}
                    }
                }
            }
            (2, Part::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let (group, short) = version.split_once('/').unwrap_or(("core", &version));
    let group = group.split('.').next().unwrap_or_default();
    let name = match kind.as_str() {
        // Options are of the version of what they are for.
        "DeleteOptions" => "meta.v1.DeleteOptions".to_owned(),
        _ => format!("{group}.{short}.{kind}"),
    };
    let mut object = message(&name, raw, 0)?;
    object["apiVersion"] = json!(version);
    object["kind"] = json!(kind);
    Some(object)
}

/// A field's value on the wire.
enum Part<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Double(f64),
}

/// The rest of a message.
struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    /// The next field; `Some(None)` at the end, `None` for malformed input.
    #[expect(clippy::option_option, reason = "the end and nonsense are two things")]
    fn next(&mut self) -> Option<Option<(u64, Part<'a>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let key = self.varint()?;
        let part = match key & 7 {
            0 => Part::Number(self.varint()?),
            1 => Part::Double(f64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Part::Bytes(self.take(length)?)
            }
            5 => Part::Double(f64::from(f32::from_le_bytes(self.take(4)?.try_into().ok()?))),
            _ => return None,
        };
        Some(Some((key >> 3, part)))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

fn message(name: &str, bytes: &[u8], depth: usize) -> Option<Value> {
    if let Some(special) = special(name, bytes) {
        return special;
    }
    if let Some(either) = either(name, bytes, depth) {
        return either;
    }
    let fields = TABLE.get(name).filter(|_| depth <= DEPTH_MAX)?;
    let (mut wire, mut out) = (Wire(bytes), Map::new());
    while let Some((number, part)) = wire.next()? {
        let Some((key, kind)) = fields.get(&number) else { continue };
        if let Some(kind) = kind.strip_prefix('[') {
            // Numbers may come packed; none of ours do.
            if let Some(value) = value(kind, &part, depth)? {
                let list = out.entry(*key).or_insert_with(|| json!([]));
                list.as_array_mut()?.push(value);
            }
        } else if let Some(kind) = kind.strip_prefix('{') {
            let Part::Bytes(entry) = part else { return None };
            let (key_of, value_of) = entry_of(kind, entry, depth)?;
            out.entry(*key).or_insert_with(|| json!({})).as_object_mut()?.insert(key_of, value_of);
        } else if let Some(kind) = kind.strip_prefix('>') {
            let Part::Bytes(inner) = part else { return None };
            out.extend(message(kind, inner, depth + 1)?.as_object()?.clone());
        } else if let Some(kind) = kind.strip_prefix('*') {
            out.extend(value(kind, &part, depth)?.map(|value| ((*key).to_owned(), value)));
        } else if let Some(value) = value(kind, &part, depth)?.filter(says_something) {
            out.insert((*key).to_owned(), value);
        }
    }
    Some(Value::Object(out))
}

/// Whether the value differs from Go's zero value, which clients send for absent fields.
fn says_something(value: &Value) -> bool {
    !value.is_null() && !is_zero(value)
}

fn entry_of(kind: &str, bytes: &[u8], depth: usize) -> Option<(String, Value)> {
    let (mut wire, mut key, mut value_of) = (Wire(bytes), String::new(), None);
    while let Some((number, part)) = wire.next()? {
        match (number, part) {
            (1, Part::Bytes(text)) => key = String::from_utf8(text.to_vec()).ok()?,
            (2, part) => value_of = value(kind, &part, depth)?,
            _ => {}
        }
    }
    let empty = if matches!(kind, "string" | "bytes") { json!("") } else { Value::Null };
    Some((key, value_of.unwrap_or(empty)))
}

/// A value; `Some(None)` for an unknown type, `None` for malformed input.
#[expect(clippy::option_option, reason = "what is skipped and nonsense are two things")]
fn value(kind: &str, part: &Part<'_>, depth: usize) -> Option<Option<Value>> {
    Some(match (kind, part) {
        ("string", Part::Bytes(text)) => Some(json!(std::str::from_utf8(text).ok()?)),
        ("bytes", Part::Bytes(bytes)) => Some(json!(base64(bytes))),
        ("bool", Part::Number(number)) => Some(json!(*number != 0)),
        ("int32" | "int64", Part::Number(number)) => Some(json!(number.cast_signed())),
        ("double", Part::Double(number)) => Some(json_of(*number)),
        (_, Part::Bytes(bytes)) if kind.contains('.') || special(kind, &[]).is_some() => {
            let known = TABLE.contains_key(kind) || special(kind, &[]).is_some() || EITHER.contains(&kind);
            if known { Some(message(kind, bytes, depth + 1)?) } else { None }
        }
        _ => return None,
    })
}

/// The JSON of messages with a form of their own; `None` for others, `Some(None)` for malformed input.
#[expect(clippy::option_option, reason = "no special form and nonsense are two things")]
fn special(name: &str, bytes: &[u8]) -> Option<Option<Value>> {
    let fields = || {
        let (mut wire, mut out) = (Wire(bytes), BTreeMap::new());
        while let Some((number, part)) = wire.next()? {
            out.insert(number, part);
        }
        Some(out)
    };
    let number = |out: &BTreeMap<u64, Part<'_>>, at: u64| match out.get(&at) {
        Some(Part::Number(number)) => number.cast_signed(),
        _ => 0,
    };
    let text = |out: &BTreeMap<u64, Part<'_>>, at: u64| match out.get(&at) {
        Some(Part::Bytes(text)) => String::from_utf8_lossy(text).into_owned(),
        _ => String::new(),
    };
    Some(match name {
        "meta.v1.Time" | "meta.v1.MicroTime" => {
            fields().map(|out| match (number(&out, 1), number(&out, 2)) {
                (0, 0) => Value::Null,
                (seconds, nanos) => {
                    let fine = name == "meta.v1.MicroTime";
                    let nanos = i32::try_from(nanos).ok().filter(|_| fine).unwrap_or_default();
                    let at = Timestamp::new(seconds, nanos).unwrap_or_default();
                    if fine { json!(format!("{at:.6}")) } else { json!(at.to_string()) }
                }
            })
        }
        "Quantity" => fields().map(|out| json!(text(&out, 1))),
        "IntOrString" => fields().map(|out| match number(&out, 1) {
            0 => json!(number(&out, 2)),
            _ => json!(text(&out, 3)),
        }),
        "RawExtension" | "meta.v1.FieldsV1" | "apiextensions.v1.JSON" => {
            fields().map(|out| match out.get(&1) {
                Some(Part::Bytes(raw)) => serde_json::from_slice(raw).unwrap_or_default(),
                _ => Value::Null,
            })
        }
        _ => return None,
    })
}

/// Messages that stand for one of their fields.
const EITHER: [&str; 6] = [
    "apiextensions.v1.JSONSchemaPropsOrArray",
    "apiextensions.v1.JSONSchemaPropsOrBool",
    "apiextensions.v1.JSONSchemaPropsOrStringArray",
    "authentication.v1.ExtraValue",
    "authorization.v1.ExtraValue",
    "certificates.v1.ExtraValue",
];

/// What such a message stands for; `None` for others, `Some(None)` for malformed input.
#[expect(clippy::option_option, reason = "another message and nonsense are two things")]
fn either(name: &str, bytes: &[u8], depth: usize) -> Option<Option<Value>> {
    EITHER.contains(&name).then(|| {
        let (mut wire, mut list, mut one, mut allowed) = (Wire(bytes), Vec::new(), None, false);
        let schema = |bytes| message("apiextensions.v1.JSONSchemaProps", bytes, depth + 1);
        while let Some((number, part)) = wire.next()? {
            match (name.rsplit('.').next()?, number, part) {
                ("JSONSchemaPropsOrBool", 1, Part::Number(number)) => allowed = number != 0,
                ("JSONSchemaPropsOrBool", 2, Part::Bytes(bytes))
                | ("JSONSchemaPropsOrArray" | "JSONSchemaPropsOrStringArray", 1, Part::Bytes(bytes)) => {
                    one = Some(schema(bytes)?);
                }
                ("JSONSchemaPropsOrArray", 2, Part::Bytes(bytes)) => list.push(schema(bytes)?),
                ("JSONSchemaPropsOrStringArray", 2, Part::Bytes(text))
                | ("ExtraValue", 1, Part::Bytes(text)) => list.push(json!(std::str::from_utf8(text).ok()?)),
                _ => {}
            }
        }
        Some(match one {
            Some(one) => one,
            None if name.ends_with("OrBool") => json!(allowed),
            None => Value::Array(list),
        })
    })
}

/// A number as Go writes it: integers without a point.
fn json_of(number: f64) -> Value {
    match format!("{number:.0}").parse::<i64>() {
        Ok(whole) if number.fract() == 0.0 => json!(whole),
        _ => json!(number),
    }
}
