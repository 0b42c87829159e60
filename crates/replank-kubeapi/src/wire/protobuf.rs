//! Bodies in protobuf, as typed Go clients send them (`kubectl create deployment`), read as the JSON they stand for.
//!
//! The table of messages is `data/protobuf.txt`. Kubernetes: `runtime.Unknown` after the four bytes `k8s\0`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::authority::base64;
use crate::failure::Failure;

const MESSAGES: &str = include_str!("../../data/protobuf.txt");
const MAGIC: &[u8] = b"k8s\0";
/// Nothing that is meant is nested deeper.
const DEPTH_MAX: usize = 64;

/// Go structs that JSON does not name: their fields stand in the one around them.
const INLINE: [&str; 6] = [
    "volumeSource",
    "handler",
    "ephemeralContainerCommon",
    "persistentVolumeSource",
    "localObjectReference",
    "ingressRuleValue",
];

/// Numbers whose zero says something. Others are written as zero when they are not given.
const ZEROS: [&str; 12] = [
    "replicas",
    "gracePeriodSeconds",
    "terminationGracePeriodSeconds",
    "backoffLimit",
    "completions",
    "parallelism",
    "partition",
    "runAsUser",
    "runAsGroup",
    "fsGroup",
    "value",
    "revisionHistoryLimit",
];

/// A field of a message: name and type.
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

/// The object in a body. Errors: 400 for what is no object of a known kind.
pub(crate) fn object(body: &[u8]) -> Result<Value, Failure> {
    read(body).ok_or_else(|| Failure::bad_request("the body of the request is no protobuf of a known kind"))
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

/// A field's value as it is on the wire.
enum Part<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Double(f64),
}

/// What is left of a message.
struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    /// The next field; the inner none is the end, the outer one is nonsense.
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
    let fields = TABLE.get(name).filter(|_| depth <= DEPTH_MAX)?;
    let (mut wire, mut out) = (Wire(bytes), Map::new());
    while let Some((number, part)) = wire.next()? {
        let Some((key, kind)) = fields.get(&number) else { continue };
        if let Some(kind) = kind.strip_prefix('[') {
            // Numbers may come packed; none of ours do.
            if let Some(value) = value(key, kind, &part, depth)? {
                let list = out.entry(*key).or_insert_with(|| json!([]));
                list.as_array_mut()?.push(value);
            }
        } else if let Some(kind) = kind.strip_prefix('{') {
            let Part::Bytes(entry) = part else { return None };
            let (key_of, value_of) = entry_of(kind, entry, depth)?;
            out.entry(*key).or_insert_with(|| json!({})).as_object_mut()?.insert(key_of, value_of);
        } else if INLINE.contains(key) {
            let Part::Bytes(inner) = part else { return None };
            out.extend(message(kind, inner, depth + 1)?.as_object()?.clone());
        } else if let Some(value) = value(key, kind, &part, depth)?.filter(|value| says_something(key, value))
        {
            out.insert((*key).to_owned(), value);
        }
    }
    Some(Value::Object(out))
}

/// Go writes what is not given as empty.
fn says_something(key: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => !value.is_null() && key != "stdin" && key != "tty",
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0) || ZEROS.contains(&key),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => true,
    }
}

fn entry_of(kind: &str, bytes: &[u8], depth: usize) -> Option<(String, Value)> {
    let (mut wire, mut key, mut value_of) = (Wire(bytes), String::new(), None);
    while let Some((number, part)) = wire.next()? {
        match (number, part) {
            (1, Part::Bytes(text)) => key = String::from_utf8(text.to_vec()).ok()?,
            (2, part) => value_of = value("", kind, &part, depth)?,
            _ => {}
        }
    }
    let empty = if matches!(kind, "string" | "bytes") { json!("") } else { Value::Null };
    Some((key, value_of.unwrap_or(empty)))
}

/// A value; the inner none is one of a type nobody knows.
#[expect(clippy::option_option, reason = "what is skipped and nonsense are two things")]
fn value(_key: &str, kind: &str, part: &Part<'_>, depth: usize) -> Option<Option<Value>> {
    Some(match (kind, part) {
        ("string", Part::Bytes(text)) => Some(json!(std::str::from_utf8(text).ok()?)),
        ("bytes", Part::Bytes(bytes)) => Some(json!(base64(bytes))),
        ("bool", Part::Number(number)) => Some(json!(*number != 0)),
        ("int32" | "int64", Part::Number(number)) => Some(json!(number.cast_signed())),
        ("double", Part::Double(number)) => Some(json!(number)),
        (_, Part::Bytes(bytes)) if kind.contains('.') || special(kind, &[]).is_some() => {
            let known = TABLE.contains_key(kind) || special(kind, &[]).is_some();
            if known { Some(message(kind, bytes, depth + 1)?) } else { None }
        }
        _ => return None,
    })
}

/// Messages that JSON writes in a form of its own; the inner none is nonsense.
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
                (seconds, _) => {
                    let at = Timestamp::from_second(seconds).unwrap_or_default().to_string();
                    let micros = if name == "meta.v1.MicroTime" { ".000000Z" } else { "Z" };
                    json!(format!("{}{micros}", at.trim_end_matches('Z')))
                }
            })
        }
        "Quantity" => fields().map(|out| json!(text(&out, 1))),
        "IntOrString" => fields().map(|out| match number(&out, 1) {
            0 => json!(number(&out, 2)),
            _ => json!(text(&out, 3)),
        }),
        "RawExtension" | "meta.v1.FieldsV1" => fields().map(|out| match out.get(&1) {
            Some(Part::Bytes(raw)) => serde_json::from_slice(raw).unwrap_or_default(),
            _ => Value::Null,
        }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{MAGIC, object};
    use crate::fuzz::{Dice, texts};

    fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![(number << 3 | 2) as u8, bytes.len() as u8];
        out.extend_from_slice(bytes);
        out
    }

    fn number(at: u64, value: u8) -> Vec<u8> {
        vec![(at << 3) as u8, value]
    }

    fn envelope(version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let meta = [field(1, version.as_bytes()), field(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), field(1, &meta), field(2, raw)].concat()
    }

    #[test]
    fn objects_are_read_as_their_json() {
        let meta = [field(1, b"web"), field(8, &[]), field(3, b"")].concat();
        let quantity = field(1, b"100m");
        let request = [field(1, b"cpu"), field(2, &quantity)].concat();
        let container = [field(1, b"main"), field(2, b"nginx"), field(8, &field(2, &request))].concat();
        let volume = [field(1, b"tmp"), field(2, &field(2, &[]))].concat();
        let pod = [field(1, &volume), field(2, &container), number(4, 0)].concat();
        let template = field(2, &pod);
        let spec = [number(1, 0), field(3, &template), number(5, 0)].concat();
        let deployment = [field(1, &meta), field(2, &spec)].concat();
        let wanted = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": 0, "template": {"spec": {
                "volumes": [{"name": "tmp", "emptyDir": {}}],
                "containers": [{"name": "main", "image": "nginx", "resources": {"requests": {"cpu": "100m"}}}],
                "terminationGracePeriodSeconds": 0,
            }}},
        });
        assert_eq!(object(&envelope("apps/v1", "Deployment", &deployment)).unwrap(), wanted);
        let options = [number(1, 5), field(4, b"Background")].concat();
        let wanted = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 5, "propagationPolicy": "Background",
        });
        assert_eq!(object(&envelope("v1", "DeleteOptions", &options)).unwrap(), wanted);
    }

    #[test]
    fn nonsense_is_refused() {
        for body in
            [&b""[..], b"k8s", b"{}", &envelope("v1", "Nothing", b""), &envelope("v1", "Pod", &[0x0a, 9])]
        {
            assert_eq!(object(body).unwrap_err().code, 400, "{body:?}");
        }
        let mut dice = Dice::new(7);
        for _ in 0..20_000 {
            let raw: Vec<u8> = (0..dice.below(40)).map(|_| dice.next() as u8).collect();
            let _any_answer = object(&envelope("v1", "Pod", &raw));
            let _any_answer = object(&[MAGIC, &raw].concat());
        }
        texts("k8s\u{0}\n\u{12}abc", 2_000, |text| {
            let _any_answer = object(text.as_bytes());
        });
    }
}
