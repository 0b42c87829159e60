//! The reference page of the control API, generated from its OpenAPI document.

use std::fmt::Write;

use serde_json::Value;

/// `docs/reference/control-api.md`.
pub fn page() -> String {
    let document = super::document();
    let mut page = format!(
        "# Control API\n\n{}\n\nThe server itself answers with this API as OpenAPI under `/replank/v1/openapi.json`. An \
         error is an object with `code` and\n`message`.\n",
        text(&document["info"]["description"])
    );
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for method in ["get", "post"] {
            let operation = &methods[method];
            if operation.is_null() {
                continue;
            }
            let shared = methods["parameters"].as_array().into_iter().flatten();
            let own = operation["parameters"].as_array().into_iter().flatten();
            let parameters = shared.chain(own).map(|it| resolved(&document, it));
            // A string takes every text.
            let _written = write!(
                page,
                "\n## {} {path}\n\n{}.\n",
                method.to_ascii_uppercase(),
                text(&operation["summary"])
            );
            members(&mut page, parameters);
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if !schema.is_null() {
                body(&mut page, resolved(&document, schema));
            }
            let answer = text(&operation["responses"]["200"]["description"]);
            let _written = write!(page, "\nAnswers with {answer}.\n");
        }
    }
    page
}

fn members<'a>(page: &mut String, parameters: impl Iterator<Item = &'a Value>) {
    let mut is_first = true;
    for parameter in parameters {
        if std::mem::take(&mut is_first) {
            page.push_str("\n| Parameter | In | Meaning |\n|---|---|---|\n");
        }
        let meaning = match parameter["schema"]["enum"].as_array() {
            Some(values) => one_of(values),
            None => text(&parameter["description"]).to_owned(),
        };
        let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
        let _written = writeln!(page, "| `{name}` | {place} | {meaning} |");
    }
}

fn body(page: &mut String, schema: &Value) {
    page.push_str("\n| Member of the body | Type | Meaning |\n|---|---|---|\n");
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let kind = member["type"].as_str().unwrap_or("string");
        let required = schema["required"].as_array().into_iter().flatten().any(|it| it == name.as_str());
        let mut meaning = text(&member["description"]).to_owned();
        if let Some(values) = member["enum"].as_array() {
            meaning = format!("{}. {meaning}", one_of(values));
        }
        if required {
            meaning = format!("Required. {meaning}");
        }
        let _written = writeln!(page, "| `{name}` | {kind} | {} |", meaning.trim());
    }
}

fn one_of(values: &[Value]) -> String {
    let named: Vec<String> = values.iter().map(|value| format!("`{}`", text(value))).collect();
    format!("One of {}", named.join(", "))
}

/// Follows a `$ref` in the document.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let at = value["$ref"].as_str().and_then(|path| document.pointer(path.trim_start_matches('#')));
    at.unwrap_or(value)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
