//! Validation of custom resources by their schemas (Kubernetes: `apiextensions-apiserver/pkg/apiserver/validation`).

use regex_lite::Regex;
use serde_json::{Value, json};

use super::Problem;

/// Deeper levels are not checked.
const DEPTH_MAX: usize = 64;

/// Faults of an object, by the schema of its version.
pub(super) fn problems(version: &Value, object: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let schema = &version["schema"]["openAPIV3Schema"];
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if !matches!(name.as_str(), "apiVersion" | "kind" | "metadata") && !object[name].is_null() {
            check(inner, &object[name], name, 0, &mut problems);
        }
    }
    required(schema, object, "", &mut problems);
    problems.extend(replicas(version, object));
    problems
}

/// Sets the defaults of the schema.
pub(super) fn fill(version: &Value, object: &mut Value) {
    let schema = &version["schema"]["openAPIV3Schema"];
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if !matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
            fill_in(name, inner, object, 0);
        }
    }
}

fn fill_in(name: &str, schema: &Value, holder: &mut Value, depth: usize) {
    let Some(fields) = holder.as_object_mut().filter(|_| depth <= DEPTH_MAX) else { return };
    let is_unset = fields.get(name).is_none_or(|value| value.is_null() && schema["nullable"] != true);
    if let Some(default) = schema.get("default").filter(|_| is_unset) {
        fields.insert(name.to_owned(), default.clone());
    }
    if let Some(value) = fields.get_mut(name) {
        fill_below(schema, value, depth + 1);
    }
}

fn fill_below(schema: &Value, value: &mut Value, depth: usize) {
    match value {
        Value::Object(_) => {
            for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
                fill_in(name, inner, value, depth);
            }
            if let (Some(inner), Some(fields)) = (schema.get("additionalProperties"), value.as_object_mut()) {
                fields.values_mut().for_each(|value| fill_below(inner, value, depth + 1));
            }
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| fill_below(&schema["items"], item, depth + 1));
        }
        _ => {}
    }
}

/// The fault of a replica count that is not a number.
fn replicas(version: &Value, object: &Value) -> Option<Problem> {
    let path = version["subresources"]["scale"]["specReplicasPath"].as_str()?;
    let value = path.split('.').filter(|step| !step.is_empty()).try_fold(object, |at, step| at.get(step))?;
    let found = if value.as_i64().is_some() || value.is_null() { None } else { Some(value) }?;
    let shown = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
    let why = format!("{path} accessor error: {shown} is of the type {}, expected int64", kind(found));
    Some(Problem::invalid(path, &json!(0), &why))
}

fn check(schema: &Value, value: &Value, field: &str, depth: usize, problems: &mut Vec<Problem>) {
    if depth > DEPTH_MAX || (value.is_null() && schema["nullable"] == true) {
        return;
    }
    if let Some(wanted) = schema["type"].as_str().filter(|wanted| !is_of(wanted, value)) {
        if schema["x-kubernetes-int-or-string"] != true {
            let why = format!("{field} in body must be of type {wanted}: \"{}\"", kind(value));
            let message = format!("Invalid value: \"{}\": {why}", kind(value));
            problems.push(Problem::new(field, "FieldValueTypeInvalid", message));
        }
        return;
    }
    one_of(schema, value, field, problems);
    match value {
        Value::Number(number) => bounds(schema, number.as_f64().unwrap_or_default(), value, field, problems),
        Value::String(text) => words(schema, text, field, problems),
        Value::Array(items) => {
            let count = items.len() as u64;
            if let Some(most) = schema["maxItems"].as_u64().filter(|most| count > *most) {
                let message = format!("Too many: {count}: must have at most {most} items");
                problems.push(Problem::new(field, "FieldValueTooMany", message));
            }
            if let Some(least) = schema["minItems"].as_u64().filter(|least| count < *least) {
                let why = format!("{field} in body should have at least {least} items");
                problems.push(Problem::invalid(field, &json!(count), &why));
            }
            for (at, item) in items.iter().enumerate() {
                check(&schema["items"], item, &format!("{field}[{at}]"), depth + 1, problems);
            }
        }
        Value::Object(fields) => {
            for (key, inner) in fields {
                let of = schema["properties"].get(key).or_else(|| schema.get("additionalProperties"));
                if let Some(of) = of.filter(|of| of.is_object()) {
                    check(of, inner, &format!("{field}.{key}"), depth + 1, problems);
                }
            }
            required(schema, value, field, problems);
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn required(schema: &Value, value: &Value, field: &str, problems: &mut Vec<Problem>) {
    let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for name in names.filter(|name| value.get(*name).is_none_or(Value::is_null)) {
        let field = if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
        problems.push(Problem::required(field));
    }
}

fn one_of(schema: &Value, value: &Value, field: &str, problems: &mut Vec<Problem>) {
    if let Some(all) = schema["enum"].as_array().filter(|all| !all.contains(value)) {
        let all: Vec<String> = all.iter().map(Value::to_string).collect();
        problems.push(Problem::unsupported(field, value, &all));
    }
}

fn bounds(schema: &Value, number: f64, value: &Value, field: &str, problems: &mut Vec<Problem>) {
    let limit = |key: &str| schema[key].as_f64().map(|limit| (limit, &schema[key]));
    if let Some((_, shown)) = limit("minimum").filter(|(least, _)| number < *least) {
        let why = format!("{field} in body should be greater than or equal to {shown}");
        problems.push(Problem::invalid(field, value, &why));
    }
    if let Some((_, shown)) = limit("maximum").filter(|(most, _)| number > *most) {
        let why = format!("{field} in body should be less than or equal to {shown}");
        problems.push(Problem::invalid(field, value, &why));
    }
}

fn words(schema: &Value, text: &str, field: &str, problems: &mut Vec<Problem>) {
    let count = text.chars().count() as u64;
    if let Some(most) = schema["maxLength"].as_u64().filter(|most| count > *most) {
        let message = format!("Too long: may not be more than {most} bytes");
        problems.push(Problem::new(field, "FieldValueTooLong", message));
        // The first of the three is told alone.
        return;
    }
    if let Some(least) = schema["minLength"].as_u64().filter(|least| count < *least) {
        let why = format!("{field} in body should be at least {least} chars long");
        problems.push(Problem::invalid(field, &json!(text), &why));
        return;
    }
    let pattern = schema["pattern"].as_str();
    // A pattern that cannot be read forbids nothing.
    let fits = |pattern: &str| Regex::new(pattern).map_or(true, |pattern| pattern.is_match(text));
    if let Some(pattern) = pattern.filter(|pattern| !fits(pattern)) {
        let why = format!("{field} in body should match '{pattern}'");
        problems.push(Problem::invalid(field, &json!(text), &why));
    }
}

fn is_of(wanted: &str, value: &Value) -> bool {
    match wanted {
        "integer" => value.as_i64().is_some() || value.as_u64().is_some(),
        "number" => value.is_number(),
        other => kind(value) == other,
    }
}

/// JSON type of a value, as schemas name it.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{fill, problems};

    #[test]
    fn what_is_not_said_is_filled_in() {
        let spec = json!({"properties": {
            "flag": {"default": "red"},
            "list": {"items": {"properties": {"a": {"default": 1}}}},
        }});
        let version = json!({"schema": {"openAPIV3Schema": {"properties": {"spec": spec}}}});
        let mut object = json!({"spec": {"list": [{}, {"a": 2}]}});
        fill(&version, &mut object);
        assert_eq!(object, json!({"spec": {"list": [{"a": 1}, {"a": 2}], "flag": "red"}}));
        let mut other = json!({});
        fill(&version, &mut other);
        assert_eq!(other, json!({}));
    }

    #[test]
    fn a_schema_is_held_to_in_the_words_of_the_server() {
        let spec = json!({"type": "object", "required": ["crew"], "properties": {
            "crew": {"type": "integer", "minimum": 1, "maximum": 9},
            "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
            "sails": {"type": "array", "maxItems": 1, "items": {"type": "string", "enum": ["main", "jib"]}},
            "port": {"x-kubernetes-int-or-string": true},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
        }});
        let schema = json!({"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {"spec": spec}}});
        let version =
            json!({"schema": schema, "subresources": {"scale": {"specReplicasPath": ".spec.crew"}}});
        let of = |spec: serde_json::Value| -> Vec<String> {
            let problems = problems(&version, &json!({"spec": spec}));
            problems.into_iter().map(|one| format!("{}: {}", one.field, one.message)).collect()
        };
        assert!(
            of(json!({"crew": 3, "name": "ada", "sails": ["jib"], "port": "a", "tags": {"a": "b"}}))
                .is_empty()
        );
        assert_eq!(of(json!({})), ["spec.crew: Required value"]);
        assert_eq!(
            of(json!({"crew": "many"})),
            [
                "spec.crew: Invalid value: \"string\": spec.crew in body must be of type integer: \"string\"",
                ".spec.crew: Invalid value: 0: .spec.crew accessor error: many is of the type string, expected int64",
            ]
        );
        assert_eq!(
            of(json!({"crew": 10, "name": "ABCDEF"})),
            [
                "spec.crew: Invalid value: 10: spec.crew in body should be less than or equal to 9",
                "spec.name: Too long: may not be more than 5 bytes",
            ]
        );
        assert_eq!(
            of(json!({"crew": 0, "name": "ABC"})),
            [
                "spec.crew: Invalid value: 0: spec.crew in body should be greater than or equal to 1",
                "spec.name: Invalid value: \"ABC\": spec.name in body should match '^[a-z]+$'",
            ]
        );
        assert_eq!(
            of(json!({"crew": 1, "sails": ["main", "fore"]})),
            [
                "spec.sails: Too many: 2: must have at most 1 items",
                "spec.sails[1]: Unsupported value: \"fore\": supported values: \"main\", \"jib\"",
            ]
        );
        assert_eq!(of(json!({"crew": 1, "tags": {"a": 1}})).len(), 1);
    }
}
