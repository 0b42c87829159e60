//! Parses JSON text as documents. The YAML parser reads most JSON, but neither concatenated documents nor
//! surrogate-pair escapes.

use std::sync::Arc;

use serde_json::{Map, Number, Value};

use super::compose::already_set;
use super::doc::{Doc, SpanEntry, Spans};
use super::error::{BadInput, FilePosition, Pos};
use super::{DEPTH_MAX, NODES_MAX, Twice};

/// All documents of a JSON text, which may be concatenated.
pub(super) fn documents(file: &str, text: &str, twice: Twice) -> Result<Vec<Doc>, BadInput> {
    let mut reader = Reader { file: file.into(), rest: text, pos: Pos::START, nodes: 0, twice };
    let mut docs = Vec::new();
    while reader.peek().is_some() {
        let (value, spans) = reader.value(0)?;
        if !value.is_null() {
            docs.push(Doc::new(reader.file.clone(), value, spans));
        }
    }
    Ok(docs)
}

struct Reader<'t> {
    file: Arc<str>,
    rest: &'t str,
    pos: Pos,
    nodes: usize,
    twice: Twice,
}

impl<'t> Reader<'t> {
    fn wrong<T>(&self, message: impl Into<String>) -> Result<T, BadInput> {
        Err(BadInput::new(FilePosition::new(self.file.clone(), self.pos), message.into()))
    }

    /// The next character that is not white space.
    fn peek(&mut self) -> Option<char> {
        let blank = self.rest.len() - self.rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.skip(blank);
        self.rest.chars().next()
    }

    fn skip(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        match taken.rfind('\n') {
            Some(last) => {
                self.pos.line += taken.bytes().filter(|&byte| byte == b'\n').count() as u32;
                self.pos.column = taken[last + 1..].chars().count() as u32 + 1;
            }
            None => self.pos.column += taken.chars().count() as u32,
        }
        taken
    }

    fn value(&mut self, depth: usize) -> Result<(Value, Spans), BadInput> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return self.wrong(format!("more than {NODES_MAX} values in one text"));
        }
        if depth > DEPTH_MAX {
            return self.wrong(format!("nested deeper than {DEPTH_MAX}"));
        }
        let next = self.peek();
        let at = self.pos;
        match next {
            None => self.wrong("the text ends where a value is expected"),
            Some('{') => self.object(at, depth),
            Some('[') => self.array(at, depth),
            Some('"') => Ok((Value::String(self.string()?), Spans::leaf(at))),
            Some(_) => Ok((self.word()?, Spans::leaf(at))),
        }
    }

    fn object(&mut self, at: Pos, depth: usize) -> Result<(Value, Spans), BadInput> {
        self.skip(1);
        let mut values = Map::new();
        let mut spans: Vec<SpanEntry> = Vec::new();
        loop {
            match self.peek() {
                Some('}') if spans.is_empty() => break,
                Some('"') => {}
                _ => return self.wrong("a key in quotes is expected"),
            }
            let key_at = self.pos;
            let name = self.string()?;
            if values.contains_key(&name) {
                match self.twice {
                    Twice::Refused => {
                        let first =
                            spans.iter().find(|(key, _, _)| *key == name).map_or(key_at, |(_, at, _)| *at);
                        let place = FilePosition::new(self.file.clone(), key_at);
                        return Err(BadInput::new(place, already_set(&name, first)));
                    }
                    Twice::LastWins => spans.retain(|(key, _, _)| *key != name),
                }
            }
            if self.peek() != Some(':') {
                return self.wrong("`:` is expected");
            }
            self.skip(1);
            let (value, value_spans) = self.value(depth + 1)?;
            values.insert(name.clone(), value);
            spans.push((name, key_at, value_spans));
            match self.peek() {
                Some(',') => self.skip(1),
                Some('}') => break,
                _ => return self.wrong("`,` or `}` is expected"),
            };
        }
        self.skip(1);
        Ok((Value::Object(values), Spans::mapping(at, spans)))
    }

    fn array(&mut self, at: Pos, depth: usize) -> Result<(Value, Spans), BadInput> {
        self.skip(1);
        let (mut values, mut spans) = (Vec::new(), Vec::new());
        while self.peek() != Some(']') || !values.is_empty() {
            let (value, value_spans) = self.value(depth + 1)?;
            values.push(value);
            spans.push(value_spans);
            match self.peek() {
                Some(',') => self.skip(1),
                Some(']') => break,
                _ => return self.wrong("`,` or `]` is expected"),
            };
        }
        self.skip(1);
        Ok((Value::Array(values), Spans::sequence(at, spans)))
    }

    fn string(&mut self) -> Result<String, BadInput> {
        let mut escaped = false;
        let end = self.rest.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let Some(end) = end else { return self.wrong("a text without its closing quote") };
        let quoted = self.rest.get(..end + 2).unwrap_or_default();
        match serde_json::from_str(quoted) {
            Ok(text) => {
                self.skip(end + 2);
                Ok(text)
            }
            Err(_) => {
                self.wrong("this is no JSON text: it has an escape or a character that JSON does not have")
            }
        }
    }

    fn word(&mut self) -> Result<Value, BadInput> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'));
        let word = &self.rest[..end.unwrap_or(self.rest.len())];
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            word => match serde_json::from_str::<Number>(word) {
                Ok(number) => Value::Number(number),
                Err(_) => return self.wrong("a JSON value is expected"),
            },
        };
        self.skip(word.len());
        Ok(value)
    }
}
