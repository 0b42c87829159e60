//! Composes YAML parser events into documents: anchors, merge keys, duplicate keys, size limits.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

use super::doc::{Doc, SpanEntry, Spans};
use super::error::{BadInput, FilePosition, Pos};
use super::{COPIED_NODES_MAX, DEPTH_MAX, NODES_MAX, Twice, scalar, shown};

/// All documents of a YAML text that have content.
pub(super) fn documents(file: &str, text: &str, twice: Twice) -> Result<Vec<Doc>, BadInput> {
    let mut composer = Composer { file: file.into(), twice, ..Composer::default() };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let at = error.marker();
            let pos = Pos { line: at.line() as u32, column: at.col() as u32 + 1 };
            BadInput::new(FilePosition::new(composer.file.clone(), pos), error.info().to_owned())
        })?;
        composer.take(event, span)?;
    }
    Ok(composer.docs)
}

#[derive(Default)]
struct Composer {
    file: Arc<str>,
    twice: Twice,
    docs: Vec<Doc>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    copied: usize,
}

#[derive(Clone)]
struct Node {
    value: Value,
    spans: Spans,
    /// Number of values in it, itself included.
    size: usize,
}

/// A collection that has not ended yet.
struct Open {
    at: Pos,
    anchor: usize,
    size: usize,
    kind: OpenKind,
}

enum OpenKind {
    Sequence(Vec<Value>, Vec<Spans>),
    Mapping(OpenMapping),
}

#[derive(Default)]
struct OpenMapping {
    values: Map<String, Value>,
    spans: Vec<SpanEntry>,
    merged: Vec<Node>,
    key: Option<PendingKey>,
}

enum PendingKey {
    Name(String, Pos),
    Merge(Pos),
}

impl Composer {
    fn wrong<T>(&self, at: Pos, message: impl Into<String>) -> Result<T, BadInput> {
        Err(BadInput::new(FilePosition::new(self.file.clone(), at), message.into()))
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), BadInput> {
        let at = Pos { line: span.start.line() as u32, column: span.start.col() as u32 + 1 };
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_ref(), at),
            Event::SequenceStart(anchor, _) => self.start(at, anchor, OpenKind::Sequence(vec![], vec![])),
            Event::MappingStart(anchor, _) => {
                self.start(at, anchor, OpenKind::Mapping(OpenMapping::default()))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
        }
    }

    fn start(&mut self, at: Pos, anchor: usize, kind: OpenKind) -> Result<(), BadInput> {
        if self.open.len() >= DEPTH_MAX {
            return self.wrong(at, format!("nested deeper than {DEPTH_MAX}"));
        }
        if let Some(Open { kind: OpenKind::Mapping(OpenMapping { key: None, .. }), .. }) = self.open.last() {
            return self.wrong(at, "a key must be a text, not a list or a mapping");
        }
        self.count(at)?;
        self.open.push(Open { at, anchor, size: 1, kind });
        Ok(())
    }

    fn count(&mut self, at: Pos) -> Result<(), BadInput> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return self.wrong(at, format!("more than {NODES_MAX} values in one text"));
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, at: Pos) -> Result<(), BadInput> {
        if self.open.iter().any(|open| open.anchor == anchor) {
            return self.wrong(at, "an alias inside the value it stands for");
        }
        let Some(size) = self.anchors.get(&anchor).map(|node| node.size) else {
            return self.wrong(at, "an alias without an anchor in this document");
        };
        self.copied += size;
        if self.copied > COPIED_NODES_MAX {
            return self.wrong(at, format!("aliases stand for more than {COPIED_NODES_MAX} values"));
        }
        let Some(node) = self.anchors.get(&anchor).cloned() else { return Ok(()) };
        self.place(node, at, false)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Cow<'_, Tag>>,
        at: Pos,
    ) -> Result<(), BadInput> {
        self.count(at)?;
        let quoted = style != ScalarStyle::Plain;
        let value = match scalar::tagged(text, tag.map(AsRef::as_ref), quoted) {
            Ok(value) => value,
            Err(message) => return self.wrong(at, message),
        };
        let node = Node { value, spans: Spans::leaf(at), size: 1 };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.place(node, at, !quoted && tag.is_none() && text == "<<")
    }

    fn end(&mut self) -> Result<(), BadInput> {
        let Some(Open { at, anchor, size, kind }) = self.open.pop() else { return Ok(()) };
        let node = match kind {
            OpenKind::Sequence(values, spans) => {
                Node { value: Value::Array(values), spans: Spans::sequence(at, spans), size }
            }
            OpenKind::Mapping(mapping) => {
                let (values, spans, added) = mapping.close();
                self.copied += added;
                if self.copied > COPIED_NODES_MAX {
                    return self.wrong(at, format!("merge keys add more than {COPIED_NODES_MAX} values"));
                }
                Node { value: Value::Object(values), spans: Spans::mapping(at, spans), size: size + added }
            }
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
            self.copied += node.size;
        }
        self.place(node, at, false)
    }

    /// Adds a finished node to the open collection, or as a document.
    fn place(&mut self, node: Node, at: Pos, merge_key: bool) -> Result<(), BadInput> {
        let Some(open) = self.open.last_mut() else {
            if !node.value.is_null() {
                self.docs.push(Doc::new(self.file.clone(), node.value, node.spans));
            }
            return Ok(());
        };
        open.size += node.size;
        let problem = match &mut open.kind {
            OpenKind::Sequence(values, spans) => {
                values.push(node.value);
                spans.push(node.spans);
                None
            }
            OpenKind::Mapping(mapping) => match mapping.key.take() {
                None => mapping.begin(&node.value, at, merge_key, self.twice),
                Some(PendingKey::Name(name, key_at)) => {
                    mapping.values.insert(name.clone(), node.value);
                    mapping.spans.push((name, key_at, node.spans));
                    None
                }
                Some(PendingKey::Merge(key_at)) => mapping.merge(node).map(|message| (key_at, message)),
            },
        };
        problem.map_or(Ok(()), |(at, message)| self.wrong(at, message))
    }
}

/// The error for a duplicate key.
pub(super) fn already_set(name: &str, first: Pos) -> String {
    format!("key {} is already set in this mapping, at line {}", shown::name(name), first.line)
}

impl OpenMapping {
    fn begin(&mut self, key: &Value, at: Pos, merge_key: bool, twice: Twice) -> Option<(Pos, String)> {
        if merge_key {
            self.key = Some(PendingKey::Merge(at));
            return None;
        }
        let name = match key {
            Value::String(text) => text.clone(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Null => "null".to_owned(),
            Value::Array(_) | Value::Object(_) => {
                return Some((at, "a key must be a text, not a list or a mapping".to_owned()));
            }
        };
        if self.values.contains_key(&name)
            && let Some(known) = self.spans.iter().position(|(known, _, _)| *known == name)
        {
            match twice {
                Twice::Refused => return Some((at, already_set(&name, self.spans[known].1))),
                Twice::LastWins => drop(self.spans.remove(known)),
            }
        }
        self.key = Some(PendingKey::Name(name, at));
        None
    }

    fn merge(&mut self, node: Node) -> Option<String> {
        const WRONG: &str = "a merge key `<<` takes a mapping or a list of mappings";
        match (node.value, node.spans.into_items()) {
            (value @ Value::Object(_), Err(spans)) => {
                self.merged.push(Node { value, spans, size: node.size });
                None
            }
            (Value::Array(values), Ok(spans)) if values.iter().all(Value::is_object) => {
                let nodes = values.into_iter().zip(spans);
                self.merged.extend(nodes.map(|(value, spans)| Node { value, spans, size: 0 }));
                None
            }
            _ => Some(WRONG.to_owned()),
        }
    }

    /// Adds merged keys: the mapping's own keys win, then earlier merged ones.
    fn close(mut self) -> (Map<String, Value>, Vec<SpanEntry>, usize) {
        let mut added = 0;
        for node in self.merged {
            added += node.size;
            let (Value::Object(values), Ok(spans)) = (node.value, node.spans.into_entries()) else {
                continue;
            };
            for ((name, value), (_, at, spans)) in values.into_iter().zip(spans) {
                if !self.values.contains_key(&name) {
                    self.values.insert(name.clone(), value);
                    self.spans.push((name, at, spans));
                }
            }
        }
        (self.values, self.spans, added)
    }
}
