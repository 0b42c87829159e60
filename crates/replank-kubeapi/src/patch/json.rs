//! JSON patch (RFC 6902) with the limits of Kubernetes, all or nothing.

use serde_json::Value;

use crate::rejection::Rejection;

/// Most operations of a patch (Kubernetes: `maxJSONPatchOperations`).
const OPERATIONS_MAX: usize = 10_000;

/// Most bytes that all `copy` operations may add (Kubernetes: `JSONPatchMaxCopyBytes`).
const COPIED_BYTES_MAX: usize = 3 << 20;

/// Greatest nesting of the result: each `copy` could double it.
const DEPTH_MAX: usize = 256;

/// `current` after these operations.
pub(super) fn patched(current: &Value, patch: Value) -> Result<Value, Rejection> {
    let Value::Array(operations) = patch else {
        let why = "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp";
        return Err(Rejection::bad_request(why));
    };
    if operations.len() > OPERATIONS_MAX {
        let why = format!(
            "The allowed maximum operations in a JSON patch is {OPERATIONS_MAX}, got {}",
            operations.len()
        );
        return Err(Rejection::new(413, "RequestEntityTooLarge", why));
    }
    let mut work = Work { object: current.clone(), copied_bytes: 0 };
    let done = operations.into_iter().try_for_each(|operation| work.perform(operation));
    match done {
        Some(()) => Ok(work.object),
        // The API server hides what went wrong: the client gets this sentence for every failed operation.
        None => Err(Rejection::invalid("the server rejected our request due to an error in our request")),
    }
}

struct Work {
    object: Value,
    copied_bytes: usize,
}

impl Work {
    /// Performs an operation; `None` when it is impossible.
    fn perform(&mut self, mut operation: Value) -> Option<()> {
        let path = pointer(operation["path"].as_str()?)?;
        let from = operation["from"].as_str().map(str::to_owned);
        let value = operation.as_object_mut()?.shift_remove("value");
        match operation["op"].as_str()? {
            "add" => self.add(&path, value.unwrap_or(Value::Null)),
            "remove" => self.remove(&path).map(drop),
            "replace" => {
                *find_mut(&mut self.object, &path)? = fitting(&path, value.unwrap_or(Value::Null))?;
                Some(())
            }
            "move" => {
                let from = pointer(&from?)?;
                let is_inside = path.len() > from.len() && path.starts_with(&from);
                if is_inside {
                    return None;
                }
                let value = self.remove(&from)?;
                self.add(&path, value)
            }
            "copy" => {
                let value = find(&self.object, &pointer(&from?)?)?.clone();
                self.copied_bytes += value.to_string().len();
                (self.copied_bytes <= COPIED_BYTES_MAX).then_some(())?;
                self.add(&path, value)
            }
            "test" => {
                let found = find(&self.object, &path);
                (*found.unwrap_or(&Value::Null) == value.unwrap_or(Value::Null)).then_some(())
            }
            _ => None,
        }
    }

    fn add(&mut self, path: &[String], value: Value) -> Option<()> {
        let value = fitting(path, value)?;
        let Some((last, parents)) = path.split_last() else {
            self.object = value;
            return Some(());
        };
        match find_mut(&mut self.object, parents)? {
            Value::Object(fields) => drop(fields.insert(last.clone(), value)),
            Value::Array(items) if last == "-" => items.push(value),
            Value::Array(items) => {
                // A negative place counts from behind the end.
                let at = place(last, items.len() + 1)?;
                items.insert(at, value);
            }
            _ => return None,
        }
        Some(())
    }

    fn remove(&mut self, path: &[String]) -> Option<Value> {
        let (last, parents) = path.split_last()?;
        match find_mut(&mut self.object, parents)? {
            Value::Object(fields) => fields.shift_remove(last),
            Value::Array(items) => {
                let at = place(last, items.len())?;
                Some(items.remove(at))
            }
            _ => None,
        }
    }
}

/// The value, unless it would be nested too deep at this path.
fn fitting(path: &[String], value: Value) -> Option<Value> {
    (path.len() + depth(&value) <= DEPTH_MAX).then_some(value)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The keys of a JSON pointer (RFC 6901).
fn pointer(text: &str) -> Option<Vec<String>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let keys = text.strip_prefix('/')?.split('/');
    Some(keys.map(|key| key.replace("~1", "/").replace("~0", "~")).collect())
}

fn place(key: &str, length: usize) -> Option<usize> {
    let at: i64 = key.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    let at = if at < 0 { at.checked_add(length)? } else { at };
    (0..length).contains(&at).then(|| usize::try_from(at).ok())?
}

fn find<'v>(mut value: &'v Value, path: &[String]) -> Option<&'v Value> {
    for key in path {
        value = match value {
            Value::Object(fields) => fields.get(key)?,
            Value::Array(items) => items.get(place(key, items.len())?)?,
            _ => return None,
        };
    }
    Some(value)
}

fn find_mut<'v>(mut value: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    for key in path {
        value = match value {
            Value::Object(fields) => fields.get_mut(key)?,
            Value::Array(items) => {
                let at = place(key, items.len())?;
                items.get_mut(at)?
            }
            _ => return None,
        };
    }
    Some(value)
}
