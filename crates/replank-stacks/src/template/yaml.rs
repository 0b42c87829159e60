//! YAML templates as JSON, with the short forms of functions written out: `!Ref A` becomes `{"Ref": "A"}`.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value, json};

/// Deepest nesting of a template.
const DEPTH_MAX: usize = 100;
/// Most values that aliases may copy, so that a small text cannot become a large one.
const COPIED_MAX: usize = 10_000;

/// Reads a YAML text; the error is CloudFormation's, with the place.
pub fn read(text: &str) -> Result<Value, String> {
    let mut reading = Reading::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let at = error.marker();
            wrong(at.line(), at.col() + 1)
        })?;
        let at = (span.start.line(), span.start.col() + 1);
        reading.take(event).map_err(|said| format!("{}: {said}", wrong(at.0, at.1)))?;
    }
    Ok(reading.whole.unwrap_or(Value::Null))
}

fn wrong(line: usize, column: usize) -> String {
    format!("Template format error: YAML not well-formed. (line {line}, column {column})")
}

#[derive(Default)]
struct Reading {
    whole: Option<Value>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Value>,
    copied: usize,
}

/// A collection that has not ended yet.
struct Open {
    anchor: usize,
    function: Option<String>,
    kind: Kind,
}

enum Kind {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

impl Reading {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::DocumentStart(_) if self.whole.is_some() => Err("more than one document".into()),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().ok_or("an alias without an anchor")?;
                self.copied += size(&value);
                if self.copied > COPIED_MAX {
                    return Err("aliases stand for too much".into());
                }
                self.place(value)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(&text, style, tag.as_deref())?;
                if anchor > 0 {
                    self.anchors.insert(anchor, value.clone());
                }
                self.place(value)
            }
            Event::SequenceStart(anchor, tag) => self.start(anchor, tag.as_deref(), Kind::List(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                self.start(anchor, tag.as_deref(), Kind::Map(Map::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
        }
    }

    fn start(&mut self, anchor: usize, tag: Option<&Tag>, kind: Kind) -> Result<(), String> {
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("nested deeper than {DEPTH_MAX}"));
        }
        let function = tag.map(function).transpose()?.flatten();
        self.open.push(Open { anchor, function, kind });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(Open { anchor, function, kind }) = self.open.pop() else { return Ok(()) };
        let value = match kind {
            Kind::List(items) => Value::Array(items),
            Kind::Map(members, _) => Value::Object(members),
        };
        let value = match function {
            Some(name) => json!({ name: value }),
            None => value,
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        self.place(value)
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
        let is_key = matches!(self.open.last(), Some(Open { kind: Kind::Map(_, None), .. }));
        let is_plain = style == ScalarStyle::Plain;
        match tag.map(function).transpose()?.flatten() {
            Some(name) if name == "Fn::GetAtt" => {
                let (resource, attribute) = text.split_once('.').ok_or("!GetAtt takes resource.attribute")?;
                Ok(json!({ name: [resource, attribute] }))
            }
            Some(name) => Ok(json!({ name: text })),
            None if is_key || tag.is_some() || !is_plain => Ok(text.into()),
            None => Ok(plain(text)),
        }
    }

    fn place(&mut self, value: Value) -> Result<(), String> {
        match self.open.last_mut() {
            None => self.whole = Some(value),
            Some(Open { kind: Kind::List(items), .. }) => items.push(value),
            Some(Open { kind: Kind::Map(members, key), .. }) => match key.take() {
                Some(name) => drop(members.insert(name, value)),
                None => {
                    let Value::String(name) = value else { return Err("a key must be a text".into()) };
                    if members.contains_key(&name) {
                        return Err(format!("the key {name} is there twice"));
                    }
                    *key = Some(name);
                }
            },
        }
        Ok(())
    }
}

/// The function that a tag is the short form of; `None` for the tags of YAML itself.
fn function(tag: &Tag) -> Result<Option<String>, String> {
    if tag.is_yaml_core_schema() {
        return Ok(None);
    }
    let name = tag.suffix.trim_start_matches('!');
    match name {
        "Ref" | "Condition" => Ok(Some(name.to_owned())),
        "And" | "Base64" | "Cidr" | "Equals" | "FindInMap" | "GetAZs" | "GetAtt" | "If" | "ImportValue"
        | "Join" | "Not" | "Or" | "Select" | "Split" | "Sub" => Ok(Some(format!("Fn::{name}"))),
        _ => Err(format!("unknown tag !{name}")),
    }
}

/// The value of a plain scalar. Versions such as `1.30` are numbers in YAML; they are written as they stood, since a
/// number in JSON would lose the zero.
fn plain(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => return true.into(),
        "false" | "False" | "FALSE" => return false.into(),
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        _ => {}
    }
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match text.parse::<i64>() {
        Ok(number) if is_decimal && (text == "0" || !text.starts_with('0')) => Number::from(number).into(),
        Ok(_) | Err(_) => text.into(),
    }
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_written_out() {
        let text = "a: !Ref X\nb: !GetAtt X.Arn.Deep\nc: !Sub 'x-${Y}'\nd: !If [C, !Ref 'AWS::NoValue', 1]\n\
                    e: !Join\n  - ','\n  - [a, !Condition B]\nf: {Fn::Base64: on, v: 1.30, n: 012, o: true}\n";
        let wanted = json!({
            "a": {"Ref": "X"}, "b": {"Fn::GetAtt": ["X", "Arn.Deep"]}, "c": {"Fn::Sub": "x-${Y}"},
            "d": {"Fn::If": ["C", {"Ref": "AWS::NoValue"}, 1]},
            "e": {"Fn::Join": [",", ["a", {"Condition": "B"}]]},
            "f": {"Fn::Base64": "on", "v": "1.30", "n": "012", "o": true},
        });
        assert_eq!(read(text).unwrap(), wanted);
    }

    #[test]
    fn what_is_no_template_is_named_with_its_place() {
        for (text, said) in [
            ("a: [", "YAML not well-formed. (line 2, column"),
            ("a: !Nope 1", "(line 1, column 4): unknown tag !Nope"),
            ("a: 1\na: 2", "(line 2, column 1): the key a is there twice"),
            ("a: 1\n--- \nb: 2", "more than one document"),
            ("a: !GetAtt x", "!GetAtt takes resource.attribute"),
        ] {
            let found = read(text).unwrap_err();
            assert!(
                found.starts_with("Template format error: YAML not well-formed. (") && found.contains(said),
                "{found}"
            );
        }
    }
}
