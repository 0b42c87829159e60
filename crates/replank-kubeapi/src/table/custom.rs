//! Columns of custom resources (`additionalPrinterColumns`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age;
use super::cell::list;

/// Columns of one version of a custom resource.
#[derive(Clone, Debug)]
pub struct CustomColumns {
    columns: Vec<Column>,
}

#[derive(Clone, Debug)]
struct Column {
    definition: Value,
    of: String,
    path: Vec<Step>,
}

/// A step of a `JSONPath`, as far as definitions use it.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    Index(usize),
    Every,
    /// Items with this value in a field: `[?(@.type=="Ready")]`.
    Where(Vec<String>, String),
}

impl CustomColumns {
    /// From `additionalPrinterColumns`; without any, name and age.
    pub fn new(stated: Option<&Value>) -> Self {
        let mut columns = vec![Column::new(
            &json!({"name": "Name", "type": "string", "format": "name", "jsonPath": ".metadata.name"}),
        )];
        match stated.map(list) {
            Some(stated) if !stated.is_empty() => columns.extend(stated.iter().map(Column::new)),
            _ => columns.push(Column::new(
                &json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}),
            )),
        }
        Self { columns }
    }

    pub(super) fn definitions(&self) -> Value {
        self.columns.iter().map(|column| column.definition.clone()).collect()
    }

    pub(super) fn cells(&self, object: &Value, now: Timestamp) -> Vec<Value> {
        self.columns.iter().map(|column| column.cell(object, now)).collect()
    }
}

impl Column {
    fn new(stated: &Value) -> Self {
        let word = |key: &str| stated[key].as_str().unwrap_or_default().to_owned();
        let definition = json!({
            "name": word("name"), "type": word("type"), "format": word("format"),
            "description": word("description"), "priority": stated["priority"].as_i64().unwrap_or(0),
        });
        Self { definition, of: word("type"), path: steps(&word("jsonPath")).unwrap_or_default() }
    }

    fn cell(&self, object: &Value, now: Timestamp) -> Value {
        let found = follow(object, &self.path);
        let Some(first) = found.first() else { return Value::Null };
        match (self.of.as_str(), first) {
            ("date", Value::String(_)) => match age::time(first) {
                Some(_) => Value::from(age::since(first, now)),
                None => Value::from("<invalid>"),
            },
            ("integer", Value::Number(_)) if first.is_i64() => (*first).clone(),
            ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => (*first).clone(),
            ("string", _) if found.len() > 1 => {
                Value::from(found.iter().map(|it| shown(it)).collect::<Vec<_>>().join(","))
            }
            ("string", first) => Value::from(shown(first)),
            _ => Value::Null,
        }
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn follow<'v>(object: &'v Value, path: &[Step]) -> Vec<&'v Value> {
    let mut found = if path.is_empty() { Vec::new() } else { vec![object] };
    for step in path {
        let below = found.into_iter().flat_map(|value| -> Vec<&Value> {
            match step {
                Step::Field(name) => value.get(name).into_iter().collect(),
                Step::Index(index) => value.get(index).into_iter().collect(),
                Step::Every => list(value).iter().collect(),
                Step::Where(field, wanted) => {
                    let holds = |item: &&Value| {
                        let value = field.iter().try_fold(*item, |value, key| value.get(key));
                        value.is_some_and(|value| shown(value) == *wanted)
                    };
                    list(value).iter().filter(holds).collect()
                }
            }
        });
        found = below.filter(|value| !value.is_null()).collect();
    }
    found
}

/// Parses `.spec.a`, `.spec['a.b']`, `.items[0]`, `.items[*]` and `.items[?(@.type=="Ready")]`.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.trim().trim_start_matches('$');
    let mut found = Vec::new();
    while !rest.is_empty() {
        if let Some(below) = rest.strip_prefix('[') {
            let end = below.find(']')?;
            found.push(bracket(&below[..end])?);
            rest = &below[end + 1..];
            continue;
        }
        rest = rest.strip_prefix('.')?;
        let (name, below) = field_name(rest);
        if !name.is_empty() {
            found.push(Step::Field(name));
        }
        rest = below;
    }
    Some(found)
}

/// A name up to the next `.` or `[`; a backslash escapes the next character.
fn field_name(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut is_hidden = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '\\' if !is_hidden => is_hidden = true,
            '.' | '[' if !is_hidden => return (name, &text[at..]),
            _ => {
                name.push(letter);
                is_hidden = false;
            }
        }
    }
    (name, "")
}

fn bracket(inner: &str) -> Option<Step> {
    if inner == "*" {
        return Some(Step::Every);
    }
    if let Ok(index) = inner.parse() {
        return Some(Step::Index(index));
    }
    if let Some(name) = inner.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')) {
        return Some(Step::Field(name.to_owned()));
    }
    let condition = inner.strip_prefix("?(@.")?.strip_suffix(')')?;
    let (field, wanted) = condition.split_once("==")?;
    let wanted = wanted.trim().trim_matches(['"', '\'']).to_owned();
    Some(Step::Where(field.trim().split('.').map(str::to_owned).collect(), wanted))
}
