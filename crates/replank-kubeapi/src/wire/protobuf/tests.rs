//! Bodies in protobuf, written by hand.

use serde_json::{Map, Value, json};

use super::{MAGIC, TABLE, object};
use crate::authority::base64;
use crate::fuzz::{Dice, texts};

fn varint(value: u64) -> Vec<u8> {
    let (low, high) = ((value & 0x7f) as u8, value >> 7);
    if high == 0 { vec![low] } else { [vec![low | 0x80], varint(high)].concat() }
}

fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn number(at: u64, value: u64) -> Vec<u8> {
    [varint(at << 3), varint(value)].concat()
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
fn zero_is_kept_where_it_says_something_and_only_there() {
    let toleration = [field(1, b"gone"), number(5, 0)].concat();
    let spec = [number(11, 0), number(21, 0), field(22, &toleration), number(25, 0)].concat();
    let wanted = json!({
        "apiVersion": "v1", "kind": "Pod",
        "spec": {"automountServiceAccountToken": false, "priority": 0,
                 "tolerations": [{"key": "gone", "tolerationSeconds": 0}]},
    });
    assert_eq!(object(&envelope("v1", "Pod", &field(2, &spec))).unwrap(), wanted);
    let claim = [field(5, b""), field(3, b"")].concat();
    let read = object(&envelope("v1", "PersistentVolumeClaim", &field(2, &claim))).unwrap();
    assert_eq!(read["spec"], json!({"storageClassName": ""}));
}

#[test]
fn times_keep_their_microseconds() {
    let time = [number(1, 5), number(2, 0)].concat();
    let fine = [number(1, 5), number(2, 123_456)].concat();
    let spec = [field(3, &time), field(4, &fine)].concat();
    let read = object(&envelope("coordination.k8s.io/v1", "Lease", &field(2, &spec))).unwrap();
    let wanted =
        json!({"acquireTime": "1970-01-01T00:00:05.000000Z", "renewTime": "1970-01-01T00:00:05.000123Z"});
    assert_eq!(read["spec"], wanted);
}

#[test]
fn schemas_are_read_as_their_json() {
    let text = field(5, b"string");
    let list = [field(5, b"array"), field(24, &field(1, &text))].concat();
    let open =
        [field(30, &number(1, 1)), [vec![11 << 3 | 1], 2.0_f64.to_le_bytes().to_vec()].concat()].concat();
    let properties = [("list", &list), ("open", &open)]
        .map(|(name, schema)| field(29, &[field(1, name.as_bytes()), field(2, schema)].concat()))
        .concat();
    let version = [field(1, b"v1"), field(4, &field(1, &properties))].concat();
    let read = object(&envelope(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        &field(2, &field(7, &version)),
    ));
    let wanted = json!({"properties": {
        "list": {"type": "array", "items": {"type": "string"}},
        "open": {"additionalProperties": true, "minimum": 2},
    }});
    assert_eq!(read.unwrap()["spec"]["versions"][0]["schema"]["openAPIV3Schema"], wanted);
}

#[test]
fn nonsense_is_refused() {
    for body in [&b""[..], b"k8s", b"{}", &envelope("v1", "Nothing", b""), &envelope("v1", "Pod", &[0x0a, 9])]
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

/// A made-up value of a type of the table: its bytes behind the key of field `at`, and the JSON that they stand for;
/// `None` where none is made up. Without `zeros`, never what an absent field means.
fn any_value(dice: &mut Dice, at: u64, kind: &str, zeros: bool, depth: usize) -> Option<(Vec<u8>, Value)> {
    let text = |dice: &mut Dice, zeros: bool| {
        let texts = ["", "web", "100m", "a b", "\u{e9}\u{1f600}", "x.example/y"];
        (*dice.pick(if zeros { &texts } else { &texts[1..] })).to_owned()
    };
    let whole = |dice: &mut Dice, zeros: bool| {
        let numbers = [0, 1, -1, 443, i64::from(i32::MAX), i64::from(i32::MIN)];
        *dice.pick(if zeros { &numbers } else { &numbers[1..] })
    };
    Some(match kind {
        "string" => {
            let text = text(dice, zeros);
            (field(at, text.as_bytes()), json!(text))
        }
        "bytes" => {
            let text = text(dice, zeros);
            (field(at, text.as_bytes()), json!(base64(text.as_bytes())))
        }
        "bool" => {
            let is_set = !zeros || dice.below(2) == 0;
            (number(at, u64::from(is_set)), json!(is_set))
        }
        "int32" | "int64" => {
            let whole = whole(dice, zeros);
            (number(at, whole.cast_unsigned()), json!(whole))
        }
        "Quantity" => {
            let text = text(dice, false);
            (field(at, &field(1, text.as_bytes())), json!(text))
        }
        "IntOrString" => {
            let text = text(dice, false);
            (field(at, &[number(1, 1), field(3, text.as_bytes())].concat()), json!(text))
        }
        message if depth > 0 && TABLE.contains_key(message) => {
            let (bytes, value) = any_message(dice, message, depth - 1);
            (field(at, &bytes), value)
        }
        _ => return None,
    })
}

/// A made-up message of the table, its fields in any order, and its JSON.
fn any_message(dice: &mut Dice, name: &str, depth: usize) -> (Vec<u8>, Value) {
    let (mut parts, mut object) = (Vec::new(), Map::new());
    for (at, (key, kind)) in &TABLE[name] {
        if dice.below(3) == 0 {
            continue;
        }
        if let Some(kind) = kind.strip_prefix('[') {
            let items = (0..=dice.below(2)).map_while(|_| any_value(dice, *at, kind, true, depth));
            let (bytes, items): (Vec<_>, Vec<_>) = items.unzip();
            if !items.is_empty() {
                parts.push(bytes.concat());
                object.insert((*key).to_owned(), Value::Array(items));
            }
        } else if let Some(kind) = kind.strip_prefix('{') {
            if let Some((bytes, value)) = any_value(dice, 2, kind, true, depth) {
                parts.push(field(*at, &[field(1, b"a.b/c"), bytes].concat()));
                object.insert((*key).to_owned(), json!({"a.b/c": value}));
            }
        } else if let Some(kind) = kind.strip_prefix('>') {
            if depth > 0 {
                let (bytes, value) = any_message(dice, kind, depth - 1);
                parts.push(field(*at, &bytes));
                object.extend(value.as_object().cloned().unwrap_or_default());
            }
        } else {
            let zeros = kind.starts_with('*');
            if let Some((bytes, value)) = any_value(dice, *at, kind.trim_start_matches('*'), zeros, depth) {
                parts.push(bytes);
                object.insert((*key).to_owned(), value);
            }
        }
    }
    for last in (1..parts.len()).rev() {
        parts.swap(last, dice.below(last + 1));
    }
    (parts.concat(), Value::Object(object))
}

/// Every message of the table comes back as the JSON that it was made of, whatever fields it has and in any order;
/// fields that nobody knows change nothing.
#[test]
fn messages_come_back_as_their_json() {
    let mut dice = Dice::new(11);
    let kinds = ["Pod", "Node", "ConfigMap", "Service", "PersistentVolume", "Secret", "Namespace"];
    for _ in 0..2_000 {
        let kind = *dice.pick(&kinds);
        let (mut bytes, mut wanted) = any_message(&mut dice, &format!("core.v1.{kind}"), 4);
        if dice.below(2) == 0 {
            bytes.extend(field(9_999, b"of a later version"));
        }
        wanted["apiVersion"] = json!("v1");
        wanted["kind"] = json!(kind);
        assert_eq!(object(&envelope("v1", kind, &bytes)).unwrap(), wanted);
    }
}
