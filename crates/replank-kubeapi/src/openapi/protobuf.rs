//! OpenAPI version 2 as protobuf, as `kubectl` asks for it: `openapi.v2.Document` of gnostic (`OpenAPIv2.proto`,
//! 0.7.0). Made from the JSON; members without a field are left out.

use serde_json::{Map, Value};

/// Media type in responses.
pub const MEDIA_TYPE: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/// Media type in requests; clients would not parse it in a response.
const ASKED_AS: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/// Whether an `Accept` header asks for protobuf.
pub fn is_accepted(accept: &str) -> bool {
    let names = |range: &str| [MEDIA_TYPE, ASKED_AS].iter().any(|name| range.trim().starts_with(name));
    accept.split(',').any(names)
}

/// Encodes a document of version 2.
pub fn encode(document: &Value) -> Vec<u8> {
    let mut info = Message::default();
    info.text(1, &document["info"]["title"]);
    info.text(2, &document["info"]["version"]);
    let (mut paths, mut definitions) = (Message::default(), Message::default());
    for (name, item) in members(&document["paths"]) {
        paths.named(2, name, &path(item));
    }
    for (name, found) in members(&document["definitions"]) {
        definitions.named(1, name, &schema(found));
    }
    let mut out = Message::default();
    out.text(1, &document["swagger"]);
    out.message(2, &info);
    out.message(8, &paths);
    out.message(9, &definitions);
    out.0
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// A message being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number > 0x7f {
            self.0.push((number as u8) | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }

    /// Text that may be missing.
    fn text(&mut self, field: u64, value: &Value) {
        if let Some(text) = value.as_str() {
            self.bytes(field, text.as_bytes());
        }
    }

    fn texts(&mut self, field: u64, values: &Value) {
        for value in values.as_array().into_iter().flatten() {
            self.text(field, value);
        }
    }

    fn flag(&mut self, field: u64, value: &Value) {
        if let Some(is) = value.as_bool() {
            self.varint(field << 3);
            self.varint(u64::from(is));
        }
    }

    fn double(&mut self, field: u64, value: &Value) {
        if let Some(number) = value.as_f64() {
            self.varint(field << 3 | 1);
            self.0.extend_from_slice(&number.to_le_bytes());
        }
    }

    fn number(&mut self, field: u64, value: &Value) {
        if let Some(number) = value.as_i64() {
            self.varint(field << 3);
            self.varint(number.cast_unsigned());
        }
    }

    /// `{name = 1, value = 2}`.
    fn named(&mut self, field: u64, name: &str, value: &Self) {
        let mut pair = Self::default();
        pair.bytes(1, name.as_bytes());
        pair.message(2, value);
        self.message(field, &pair);
    }

    /// The extensions of an object, `x-…`; each value is written as YAML, of which JSON is a part.
    fn extensions(&mut self, field: u64, of: &Value) {
        for (name, value) in members(of).filter(|(name, _)| name.starts_with("x-")) {
            self.named(field, name, &any(value));
        }
    }
}

fn any(value: &Value) -> Message {
    let mut out = Message::default();
    out.bytes(2, value.to_string().as_bytes());
    out
}

fn schema(from: &Value) -> Message {
    let mut out = Message::default();
    for (field, key) in [(1, "$ref"), (2, "format"), (3, "title"), (4, "description"), (13, "pattern")] {
        out.text(field, &from[key]);
    }
    if let Some(default) = from.get("default") {
        out.message(5, &any(default));
    }
    for (field, key) in [(6, "multipleOf"), (7, "maximum"), (9, "minimum")] {
        out.double(field, &from[key]);
    }
    for (field, key) in [(11, "maxLength"), (12, "minLength"), (14, "maxItems"), (15, "minItems")] {
        out.number(field, &from[key]);
    }
    out.texts(19, &from["required"]);
    for value in from["enum"].as_array().into_iter().flatten() {
        out.message(20, &any(value));
    }
    let more = &from["additionalProperties"];
    if more.is_object() || more.is_boolean() {
        let mut item = Message::default();
        item.flag(2, more);
        if more.is_object() {
            item.message(1, &schema(more));
        }
        out.message(21, &item);
    }
    if let Some(text) = from["type"].as_str() {
        let mut item = Message::default();
        item.bytes(1, text.as_bytes());
        out.message(22, &item);
    }
    if from["items"].is_object() {
        let mut item = Message::default();
        item.message(1, &schema(&from["items"]));
        out.message(23, &item);
    }
    if from["properties"].is_object() {
        let mut all = Message::default();
        for (name, property) in members(&from["properties"]) {
            all.named(1, name, &schema(property));
        }
        out.message(25, &all);
    }
    out.extensions(31, from);
    out
}

fn path(item: &Value) -> Message {
    let mut out = Message::default();
    for (field, key) in [(2, "get"), (3, "put"), (4, "post"), (5, "delete"), (8, "patch")] {
        if item[key].is_object() {
            out.message(field, &operation(&item[key]));
        }
    }
    out
}

fn operation(from: &Value) -> Message {
    let mut out = Message::default();
    out.text(3, &from["description"]);
    out.text(5, &from["operationId"]);
    out.texts(6, &from["produces"]);
    out.texts(7, &from["consumes"]);
    for parameter in from["parameters"].as_array().into_iter().flatten() {
        if parameter["in"] != "query" {
            continue;
        }
        let mut query = Message::default();
        query.flag(1, &parameter["required"]);
        for (field, key) in [(2, "in"), (3, "description"), (4, "name"), (6, "type")] {
            query.text(field, &parameter[key]);
        }
        let mut inner = query;
        for field in [3, 2, 1] {
            // A query parameter is one of the kinds without a body, which are one of two, beside references.
            let mut around = Message::default();
            around.message(field, &inner);
            inner = around;
        }
        out.message(8, &inner);
    }
    out.extensions(13, from);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::encode;

    #[test]
    fn a_document_has_the_field_numbers_of_gnostic() {
        let document = json!({"swagger": "2.0", "info": {"title": "K", "version": "v1"}, "paths": {},
            "definitions": {"a.Pod": {"type": "object", "properties": {"x": {"$ref": "#/definitions/b"}},
            "x-kubernetes-group-version-kind": [1]}}});
        let of = |field: u8, inner: &[u8]| [&[field << 3 | 2, inner.len() as u8], inner].concat();
        let two = |one: Vec<u8>, other: Vec<u8>| [one, other].concat();
        let property = of(1, &two(of(1, b"x"), of(2, &of(1, b"#/definitions/b"))));
        let extension = two(of(1, b"x-kubernetes-group-version-kind"), of(2, &of(2, b"[1]")));
        // Field 25 and 31 have keys of two bytes.
        let long = |field: u16, inner: &[u8]| {
            let key = field << 3 | 2;
            [&[(key as u8 & 0x7f) | 0x80, (key >> 7) as u8, inner.len() as u8], inner].concat()
        };
        let schema = [long(22, &of(1, b"object")), long(25, &property), long(31, &extension)].concat();
        let definitions = of(1, &two(of(1, b"a.Pod"), of(2, &schema)));
        let wanted =
            [of(1, b"2.0"), of(2, &two(of(1, b"K"), of(2, b"v1"))), of(8, b""), of(9, &definitions)].concat();
        assert_eq!(encode(&document), wanted);
    }
}
