//! Documents, and fields that know their path and position.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::Value;

use super::error::{BadInput, FilePosition, Pos};
use super::shown;

/// A document with the position of every value.
#[derive(Clone, Debug)]
pub struct Doc {
    file: Arc<str>,
    value: Value,
    spans: Spans,
}

/// Positions of a value and of everything in it, in the same shape.
#[derive(Clone, Debug)]
pub(super) struct Spans {
    at: Pos,
    kind: SpansKind,
}

/// Key, position of the key, positions of the value.
pub(super) type SpanEntry = (String, Pos, Spans);

#[derive(Clone, Debug)]
enum SpansKind {
    Leaf,
    Sequence(Vec<Spans>),
    Mapping(Vec<SpanEntry>),
}

impl Spans {
    pub(super) fn leaf(at: Pos) -> Self {
        Self { at, kind: SpansKind::Leaf }
    }

    pub(super) fn sequence(at: Pos, items: Vec<Self>) -> Self {
        Self { at, kind: SpansKind::Sequence(items) }
    }

    pub(super) fn mapping(at: Pos, entries: Vec<SpanEntry>) -> Self {
        Self { at, kind: SpansKind::Mapping(entries) }
    }

    fn shape(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::sequence(Pos::START, items.iter().map(Self::shape).collect()),
            Value::Object(entries) => {
                let entries =
                    entries.iter().map(|(name, value)| (name.clone(), Pos::START, Self::shape(value)));
                Self::mapping(Pos::START, entries.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Self::leaf(Pos::START),
        }
    }

    pub(super) fn into_items(self) -> Result<Vec<Self>, Self> {
        match self.kind {
            SpansKind::Sequence(items) => Ok(items),
            kind => Err(Self { at: self.at, kind }),
        }
    }

    pub(super) fn into_entries(self) -> Result<Vec<SpanEntry>, Self> {
        match self.kind {
            SpansKind::Mapping(entries) => Ok(entries),
            kind => Err(Self { at: self.at, kind }),
        }
    }

    fn entry(&self, name: &str) -> Option<(Pos, &Self)> {
        match &self.kind {
            SpansKind::Mapping(entries) => {
                entries.iter().find(|(key, _, _)| key == name).map(|(_, at, spans)| (*at, spans))
            }
            SpansKind::Leaf | SpansKind::Sequence(_) => None,
        }
    }

    fn item(&self, index: usize) -> Option<&Self> {
        match &self.kind {
            SpansKind::Sequence(items) => items.get(index),
            SpansKind::Leaf | SpansKind::Mapping(_) => None,
        }
    }
}

/// A step of a path into a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// An entry of a mapping.
    Name(&'a str),
    /// An item of a list, from 0.
    Index(usize),
}

impl Doc {
    pub(super) fn new(file: Arc<str>, value: Value, spans: Spans) -> Self {
        Self { file, value, spans }
    }

    /// A document that did not come from text: every position is the start of `file`.
    pub fn without_places(file: &str, value: Value) -> Self {
        let spans = Spans::shape(&value);
        Self { file: Arc::from(file), value, spans }
    }

    /// The whole value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The whole value, to change; what is removed becomes absent, what stays keeps its position.
    pub fn value_mut(&mut self) -> &mut Value {
        &mut self.value
    }

    /// Sets an entry of a mapping of the document, at the position of the mapping; nothing where it has no such mapping.
    pub fn set_in(&mut self, mapping: &str, name: &str, value: Value) {
        let Some(values) = self.value.get_mut(mapping).and_then(Value::as_object_mut) else { return };
        let SpansKind::Mapping(entries) = &mut self.spans.kind else { return };
        let found = entries.iter_mut().find(|(key, _, _)| key == mapping);
        let Some((_, _, Spans { at, kind: SpansKind::Mapping(inner) })) = found else { return };
        inner.retain(|(key, _, _)| key != name);
        inner.push((name.to_owned(), *at, Spans { at: *at, kind: Spans::shape(&value).kind }));
        values.insert(name.to_owned(), value);
    }

    /// The file name for errors.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The whole document as a field with an empty path.
    pub fn root(&self) -> Field<'_> {
        Field {
            file: &self.file,
            value: Some(&self.value),
            spans: &self.spans,
            key: None,
            path: String::new(),
        }
    }

    /// The field at a path; an absent one where the path does not exist.
    pub fn at<'a>(&self, path: impl IntoIterator<Item = Key<'a>>) -> Field<'_> {
        path.into_iter().fold(self.root(), |field, key| match key {
            Key::Name(name) => field.get(name),
            Key::Index(index) => field.item(index),
        })
    }

    /// Takes the items of the list `name` as documents of their own, with paths that start anew.
    pub fn into_list(self, name: &str) -> Vec<Self> {
        let (Value::Object(mut values), Ok(entries)) = (self.value, self.spans.into_entries()) else {
            return Vec::new();
        };
        let spans =
            entries.into_iter().find(|(key, _, _)| key == name).map(|(_, _, spans)| spans.into_items());
        let (Some(Value::Array(values)), Some(Ok(spans))) = (values.remove(name), spans) else {
            return Vec::new();
        };
        values
            .into_iter()
            .zip(spans)
            .map(|(value, spans)| Self { file: self.file.clone(), value, spans })
            .collect()
    }

    /// Turns the document into its value.
    pub fn into_value(self) -> Value {
        self.value
    }
}

/// A value in a document, or the place where it is absent.
#[derive(Clone, Debug)]
pub struct Field<'d> {
    file: &'d Arc<str>,
    value: Option<&'d Value>,
    /// Positions of the value or, when absent, of the nearest enclosing value.
    spans: &'d Spans,
    key: Option<Pos>,
    path: String,
}

impl<'d> Field<'d> {
    /// The value; `None` when absent or null.
    pub fn value(&self) -> Option<&'d Value> {
        self.value.filter(|value| !value.is_null())
    }

    /// Whether it is absent or null, which Kubernetes treats alike.
    pub fn is_absent(&self) -> bool {
        self.value().is_none()
    }

    /// The path in the document, such as `spec.containers[0].name`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Position of the value or, when absent, of the enclosing mapping.
    pub fn place(&self) -> FilePosition {
        FilePosition::new(self.file.clone(), self.spans.at)
    }

    /// Position of the key; for list items that of the value.
    pub fn key_place(&self) -> FilePosition {
        FilePosition::new(self.file.clone(), self.key.unwrap_or(self.spans.at))
    }

    /// An error at this position, beginning with the path.
    pub fn error(&self, message: impl AsRef<str>) -> BadInput {
        let message = match self.path.as_str() {
            "" => message.as_ref().to_owned(),
            path => format!("{path}: {}", message.as_ref()),
        };
        BadInput::new(self.place(), message)
    }

    /// The entry of a mapping; absent in anything else.
    #[must_use]
    pub fn get(&self, name: &str) -> Self {
        let mut path = self.path.clone();
        push_name(&mut path, name);
        let value = self.value.and_then(|value| value.get(name));
        match value.and(self.spans.entry(name)) {
            Some((key, spans)) => Self { file: self.file, value, spans, key: Some(key), path },
            None => Self { file: self.file, value: None, spans: self.spans, key: None, path },
        }
    }

    /// The item of a list, from 0; absent in anything else.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        let path = format!("{}[{index}]", self.path);
        let value = self.value.and_then(Value::as_array).and_then(|items| items.get(index));
        match value.and(self.spans.item(index)) {
            Some(spans) => Self { file: self.file, value, spans, key: None, path },
            None => Self { file: self.file, value: None, spans: self.spans, key: None, path },
        }
    }

    /// All items of a list; empty for anything else.
    pub fn items(&self) -> Vec<Self> {
        let count = self.value.and_then(Value::as_array).map_or(0, Vec::len);
        (0..count).map(|index| self.item(index)).collect()
    }

    /// All entries of a mapping in the order of the text; empty for anything else.
    pub fn entries(&self) -> Vec<(&'d str, Self)> {
        let Some(Value::Object(values)) = self.value else { return Vec::new() };
        values.keys().map(|name| (name.as_str(), self.get(name))).collect()
    }

    /// The string; `None` for anything else.
    pub fn text(&self) -> Option<&'d str> {
        self.value.and_then(Value::as_str)
    }
}

/// Appends a key to a path, in brackets when it could be misread.
fn push_name(path: &mut String, name: &str) {
    let plain = (1..=shown::PART_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !plain {
        let _ = write!(path, "[{}]", shown::bare(name));
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}
