//! Slow twins: the same answers in another and plainer way, for fuzz tests to compare with. None is used by the server.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Dice;
use crate::patch::{PatchKind, patched};
use crate::schema::TypedValue;
use crate::select::{FieldSelector, LabelSelector};

/// A requirement on a label, as a made-up selector has it.
#[derive(Clone, Debug)]
pub(crate) enum Term {
    Exists(String),
    Missing(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Greater(String, i64),
    Less(String, i64),
}

const KEYS: [&str; 5] = ["a", "b", "x.io/in", "notin", "A_1.z"];
const VALUES: [&str; 6] = ["", "a", "in", "7", "3", "b.c_D"];

/// Any labels with keys and values that made-up requirements name.
pub(crate) fn labels(dice: &mut Dice) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for _ in 0..dice.below(4) {
        labels.insert((*dice.pick(&KEYS)).to_owned(), (*dice.pick(&VALUES)).to_owned());
    }
    labels
}

impl Term {
    /// Any requirement.
    pub(crate) fn any(dice: &mut Dice) -> Self {
        let key = (*dice.pick(&KEYS)).to_owned();
        let some = |dice: &mut Dice| -> Vec<String> {
            (0..=dice.below(2)).map(|_| (*dice.pick(&VALUES)).to_owned()).collect()
        };
        match dice.below(6) {
            0 => Self::Exists(key),
            1 => Self::Missing(key),
            2 => Self::In(key, some(dice)),
            3 => Self::NotIn(key, some(dice)),
            4 => Self::Greater(key, dice.below(12) as i64),
            _ => Self::Less(key, dice.below(12) as i64),
        }
    }

    /// The requirement in one of the ways in which a client may write it.
    pub(crate) fn written(&self, dice: &mut Dice) -> String {
        let mut gap = || " ".repeat(dice.below(3));
        let (one, two, three) = (gap(), gap(), gap());
        let is_short = dice.below(2) == 0;
        match self {
            Self::Exists(key) => format!("{one}{key}{two}"),
            Self::Missing(key) => format!("{one}!{two}{key}{three}"),
            Self::In(key, values) if values.len() == 1 && is_short => {
                let sign = if dice.below(2) == 0 { "=" } else { "==" };
                format!("{one}{key}{two}{sign}{three}{}", values[0])
            }
            Self::NotIn(key, values) if values.len() == 1 && is_short => {
                format!("{one}{key}{two}!={three}{}", values[0])
            }
            Self::In(key, values) => format!("{one}{key} in{two}({})", values.join(&format!("{three},"))),
            Self::NotIn(key, values) => {
                format!("{one}{key} notin{two}({})", values.join(&format!(",{three}")))
            }
            Self::Greater(key, limit) => format!("{one}{key}{two}>{three}{limit}"),
            Self::Less(key, limit) => format!("{one}{key}{two}<{three}{limit}"),
        }
    }

    /// Whether labels meet it.
    pub(crate) fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        let number = |key: &String| labels.get(key).and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::Exists(key) => labels.contains_key(key),
            Self::Missing(key) => !labels.contains_key(key),
            Self::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Self::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Self::Greater(key, limit) => number(key).is_some_and(|number| number > *limit),
            Self::Less(key, limit) => number(key).is_some_and(|number| number < *limit),
        }
    }
}

/// A label selector is its requirements, each alone: it is refused when one of them is or when one is blank, and it
/// chooses what all of them choose. Of texts with a NUL nothing is said: the lexer of Kubernetes takes it for an end.
pub(crate) fn is_all_of_its_parts(text: &str, object: &Value) {
    if text.contains('\0') {
        return;
    }
    let parts = outside_of_parentheses(text);
    let blank = |part: &str| part.trim_matches([' ', '\t', '\r', '\n']).is_empty();
    let whole = text.parse::<LabelSelector>().ok().map(|selector| selector.matches_object(object));
    let each = |part: &String| {
        let selector = part.parse::<LabelSelector>().ok().filter(|_| !blank(part))?;
        Some(selector.matches_object(object))
    };
    let all: Option<Vec<bool>> = parts.iter().map(each).collect();
    let all = if blank(text) { Some(Vec::new()) } else { all };
    assert_eq!(whole, all.map(|all| all.into_iter().all(|it| it)), "{text:?}");
}

fn outside_of_parentheses(text: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0_usize);
    for letter in text.chars() {
        match letter {
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(letter);
        }
    }
    parts
}

/// Requirements on fields: name, whether it equals, value. `None` when the selector is refused.
fn fields(text: &str) -> Option<Vec<(String, bool, String)>> {
    let parts = at_plain_commas(text).into_iter().filter(|part| !part.is_empty());
    parts
        .map(|part| {
            // Nothing hides an operator: a backslash before it belongs to the name.
            let at = [part.find("!="), part.find('=')].into_iter().flatten().min()?;
            let (name, rest) = part.split_at(at);
            let value = ["!=", "==", "="].iter().find_map(|sign| rest.strip_prefix(sign))?;
            Some((name.to_owned(), rest.starts_with('='), unescaped(value)?))
        })
        .collect()
}

/// Parts between commas with an even number of backslashes before them.
fn at_plain_commas(text: &str) -> Vec<&str> {
    let is_plain = |at: &usize| {
        let before = &text[..*at];
        (before.len() - before.trim_end_matches('\\').len()).is_multiple_of(2)
    };
    let commas = text.match_indices(',').map(|(at, _)| at).filter(is_plain);
    let ends = commas.chain([text.len()]);
    let mut start = 0;
    ends.map(|end| &text[std::mem::replace(&mut start, end + 1)..end]).collect()
}

fn unescaped(value: &str) -> Option<String> {
    let escapes = [("\\\\", '\\'), ("\\,", ','), ("\\=", '=')];
    let (mut rest, mut read) = (value, String::new());
    while let Some(letter) = rest.chars().next() {
        if let Some((escape, hidden)) = escapes.iter().find(|(escape, _)| rest.starts_with(escape)) {
            read.push(*hidden);
            rest = &rest[escape.len()..];
        } else if ['\\', ',', '='].contains(&letter) {
            return None;
        } else {
            read.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    Some(read)
}

/// A field selector chooses what its requirements say, one by one.
pub(crate) fn is_what_its_fields_say(text: &str, values: &BTreeMap<&str, &str>) {
    let value = |field: &str| values.get(field).copied().unwrap_or_default().to_owned();
    let quick = text.parse::<FieldSelector>().ok().map(|selector| selector.matches(value));
    let slow = fields(text)
        .map(|terms| terms.iter().all(|(field, is_equal, wanted)| (value(field) == *wanted) == *is_equal));
    assert_eq!(quick, slow, "{text:?}");
}

/// A patch body that is to be merged: an object by RFC 7386, and `null`, which says nothing (Go reads it into a map as an
/// empty one). `None` when it is refused.
pub(crate) fn merged(target: &Value, patch: &Value) -> Option<Value> {
    match patch {
        Value::Object(_) => Some(merged_inside(target, patch)),
        Value::Null => Some(target.clone()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

/// The pseudo code of RFC 7386.
fn merged_inside(target: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else { return patch.clone() };
    let mut after = target.as_object().cloned().unwrap_or_default();
    for (name, change) in changes {
        if change.is_null() {
            after.shift_remove(name);
        } else {
            let before = after.get(name).cloned().unwrap_or_default();
            after.insert(name.clone(), merged_inside(&before, change));
        }
    }
    Value::Object(after)
}

/// Whether a strategic patch says no more than a merge patch does: maps and plain values, no lists, no directives.
pub(crate) fn is_plain(patch: &Value) -> bool {
    match patch {
        Value::Array(_) => false,
        Value::Object(fields) => fields.iter().all(|(name, value)| !name.starts_with('$') && is_plain(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// Whether there is a null in it, which no object of a server has.
pub(crate) fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(fields) => fields.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Pointers to every value below the root.
fn pointers(at: &str, value: &Value, out: &mut Vec<String>) {
    let escaped = |name: &String| name.replace('~', "~0").replace('/', "~1");
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, child)| (format!("{at}/{}", escaped(name)), child)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, child)| (format!("{at}/{index}"), child)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (path, child) in children {
        out.push(path.clone());
        pointers(&path, child, out);
    }
}

/// Operations of RFC 6902 undo and replace each other, wherever in a document they are done.
pub(crate) fn json_patches_keep_their_laws(
    before: &Value,
    value: &Value,
    dice: &mut Dice,
    place: TypedValue<'_>,
) {
    let done = |document: &Value, operations: Value| {
        patched(PatchKind::Json, document, operations.to_string().as_bytes(), place).ok()
    };
    let mut paths = Vec::new();
    pointers("", before, &mut paths);
    let Some(path) = (!paths.is_empty()).then(|| dice.pick(&paths).clone()) else { return };
    let there = before.pointer(&path).cloned().unwrap_or_default();
    let said = || format!("{path} {value} {before}");
    assert_eq!(done(before, json!([{"op": "test", "path": path, "value": there}])).as_ref(), Some(before));
    assert_eq!(done(before, json!([{"op": "test", "path": path, "value": [there]}])), None, "{}", said());
    let replaced = done(before, json!([{"op": "replace", "path": path, "value": value}]));
    assert_eq!(replaced.as_ref().and_then(|after| after.pointer(&path)), Some(value), "{}", said());
    let removed_and_added =
        json!([{"op": "remove", "path": path}, {"op": "add", "path": path, "value": value}]);
    assert_eq!(done(before, removed_and_added), replaced, "{}", said());
    let back =
        replaced.and_then(|after| done(&after, json!([{"op": "replace", "path": path, "value": there}])));
    assert_eq!(back.as_ref(), Some(before), "{}", said());
    let aside = json!([{"op": "copy", "from": path, "path": "/aside"}]);
    let added = json!([{"op": "add", "path": "/aside", "value": there}]);
    assert_eq!(done(before, aside), done(before, added), "{}", said());
    let moved = json!([{"op": "move", "from": path, "path": "/aside"}, {"op": "move", "from": "/aside", "path": path}]);
    assert_eq!(done(before, moved).as_ref(), Some(before), "{}", said());
}

/// Values by key of a query, in order, split and decoded letter by letter; keys with an escape that is none are left
/// out, since what they stand for is nobody's to say.
pub(crate) fn parameters(query: &str) -> BTreeMap<String, Vec<String>> {
    let decoded = |text: &str| {
        let (mut bytes, mut out) = (text.bytes(), Vec::new());
        while let Some(byte) = bytes.next() {
            out.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                    u8::try_from(digit(bytes.next())? * 16 + digit(bytes.next())?).ok()?
                }
                other => other,
            });
        }
        String::from_utf8(out).ok()
    };
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut unclear = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decoded(key), decoded(value)) {
            (Some(key), Some(value)) => values.entry(key).or_default().push(value),
            (Some(key), None) => unclear.push(key),
            (None, _) => {}
        }
    }
    values.retain(|key, _| !unclear.contains(key));
    values
}
