//! Server-side apply: which manager owns which field, what a configuration changes, and which managers conflict.
//!
//! Kubernetes: `apimachinery/pkg/util/managedfields` and `structured-merge-diff`. Objects are JSON; the table of types
//! is the only source for the meaning of fields.

mod fields;
mod last_applied;
mod managers;
mod merge;
mod own;
mod set;
mod validate;
mod walk;

#[cfg(test)]
mod tests;

use jiff::{Timestamp, Unit};
use serde_json::{Value, json};

pub use managers::Operation;

use crate::rejection::{Cause, Rejection};
use crate::schema::TypedValue;
use managers::{Owner, Owners};
use own::{Conflicts, Writer, drop_nulls};
use set::{Element, FieldSet, path_text};

/// Manager of the fields that an object had before its first apply.
const BEFORE: &str = "before-first-apply";

/// Number of update entries above which the oldest are merged (Kubernetes: `DefaultMaxUpdateManagers`).
const UPDATERS_MAX: usize = 10;

/// A write, as far as ownership of fields is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// Field manager; empty means `unknown`.
    pub manager: &'a str,
    /// `apiVersion` of the endpoint.
    pub api_version: &'a str,
    /// Subresource of the endpoint; empty for the object itself.
    pub subresource: &'a str,
    /// Fields that the endpoint resets and never owns: `status` for the object, `spec` for its status.
    pub ignored: &'a [&'a str],
    /// Wall time of the write.
    pub now: Timestamp,
    /// Root of the object in the table of types.
    pub place: TypedValue<'a>,
}

impl<'a> Write<'a> {
    fn writer<'t>(&self, operation: Operation, time: &'t str) -> Writer<'t>
    where
        'a: 't,
    {
        let name = if self.manager.is_empty() { "unknown" } else { self.manager };
        let version = if operation == Operation::Update { self.api_version } else { "" };
        let manager = Owner {
            name: name.to_owned(),
            operation,
            version: version.to_owned(),
            subresource: self.subresource.to_owned(),
        };
        let mut ignored = FieldSet::default();
        for path in self.ignored {
            let path: Vec<_> = path.split('.').map(|key| Element::Field(key.to_owned())).collect();
            ignored.insert(&path);
        }
        Writer { manager, version: self.api_version, time, place: self.place, ignored }
    }

    fn time(&self) -> String {
        self.now.round(Unit::Second).unwrap_or(self.now).to_string()
    }
}

/// Updates `managedFields` for an update, patch or create (`live` is `None`), and returns the object.
///
/// An object without managed fields gets none before its first apply.
pub fn track(live: Option<&Value>, mut object: Value, write: &Write<'_>) -> Value {
    let time = write.time();
    let writer = write.writer(Operation::Update, &time);
    let stated = managers::read(&object).unwrap_or_default();
    let is_of_subresource = !write.subresource.is_empty();
    let mut all = match live {
        _ if !is_of_subresource && managers::is_reset(&object) => Owners::new(),
        Some(live) if is_of_subresource || stated.is_empty() => managers::read(live).unwrap_or_default(),
        _ => stated,
    };
    forget_managers(&mut object);
    // Without a uid the object is being created.
    let is_stored = live.is_some_and(|live| live["metadata"]["uid"].is_string());
    if is_stored && all.is_empty() {
        return object;
    }
    let before = match live {
        Some(live) => without_managers(live),
        None => empty(&object),
    };
    let changes = writer.changes(&before, &object);
    writer.update(&mut all, &changes);
    cap(&mut all);
    managers::write(&mut object, &all);
    object
}

/// Applies a configuration and returns the object with its `managedFields`; without `live` it is created.
///
/// Errors: 400 for a configuration of another kind or with managed fields, 409 with one cause per field that others
/// own, 500 with the API server's message for one that does not fit the types.
pub fn apply(
    live: Option<&Value>,
    config: &Value,
    write: &Write<'_>,
    is_forced: bool,
) -> Result<Value, Rejection> {
    check(config, write)?;
    let time = write.time();
    let writer = write.writer(Operation::Apply, &time);
    let mut config = config.clone();
    drop_nulls(&mut config);
    let undecodable = |why| broken(format!("failed to decode managed fields: {why}"));
    let mut all = live.map(managers::read).transpose().map_err(undecodable)?.unwrap_or_default();
    let start = live.map_or_else(|| empty(&config), without_managers);
    if all.is_empty() && live.is_some() {
        let first = Write { manager: BEFORE, ..*write };
        let first = first.writer(Operation::Update, &time);
        first.update(&mut all, &first.changes(&empty(&start), &start));
    }
    let before = all.clone();
    let mut done = writer.apply(&mut all, &start, &config, is_forced);
    if let (Err(conflicts), "kubectl") = (&done, write.manager) {
        let rest = last_applied::beyond(conflicts, &start, write);
        let is_all_its_own = rest.as_ref().is_some_and(Vec::is_empty);
        done = match rest {
            Some(_) if is_all_its_own => {
                all = before;
                writer.apply(&mut all, &start, &config, true)
            }
            Some(rest) => Err(rest),
            None => done,
        };
    }
    let mut object = done.map_err(|conflicts| conflict(&conflicts))?;
    let is_changed = object != start;
    if let Some(holding) = all.get_mut(&writer.manager)
        && (is_changed || holding.time.is_none())
    {
        holding.time = Some(time.clone());
    }
    if write.manager == "kubectl" {
        last_applied::renew(&mut object, &config);
    }
    managers::write(&mut object, &all);
    Ok(object)
}

/// Whether the objects differ in nothing but times of managers; such a write changes nothing.
pub fn is_same_but_times(before: &Value, after: &Value) -> bool {
    let timeless = |object: &Value| {
        let mut object = object.clone();
        for entry in object["metadata"]["managedFields"].as_array_mut().into_iter().flatten() {
            entry.as_object_mut().and_then(|entry| entry.shift_remove("time"));
        }
        object
    };
    without_managers(before) == without_managers(after) && timeless(before) == timeless(after)
}

fn check(config: &Value, write: &Write<'_>) -> Result<(), Rejection> {
    if !config["metadata"]["managedFields"].is_null() {
        return Err(Rejection::bad_request("metadata.managedFields must be nil"));
    }
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind) = (word(&config["apiVersion"]), word(&config["kind"]));
    if version != write.api_version {
        return Err(Rejection::bad_request(format!(
            "Incorrect version specified in apply patch. Specified patch version: {version}, expected: {}",
            write.api_version
        )));
    }
    let Some(faults) = validate::faults(config, write.place) else { return Ok(()) };
    let (namespace, name) = (word(&config["metadata"]["namespace"]), word(&config["metadata"]["name"]));
    let version = if version.contains('/') { version } else { format!("/{version}") };
    let object = format!("{namespace}/{name}; {version}, Kind={kind}");
    Err(broken(format!("failed to create typed patch object ({object}): {faults}")))
}

fn empty(object: &Value) -> Value {
    json!({"apiVersion": object["apiVersion"], "kind": object["kind"], "metadata": {}})
}

fn without_managers(object: &Value) -> Value {
    let mut object = object.clone();
    forget_managers(&mut object);
    object
}

fn forget_managers(object: &mut Value) {
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    metadata.and_then(|metadata| metadata.shift_remove("managedFields"));
}

/// Merges the oldest update entries of each version until there are few enough.
fn cap(all: &mut Owners) {
    let mut updaters: Vec<_> =
        all.iter().filter(|(manager, _)| manager.operation == Operation::Update).collect();
    let Some(too_many) = updaters.len().checked_sub(UPDATERS_MAX).filter(|count| *count > 0) else { return };
    updaters.sort_by(|left, right| (&left.1.time, left.0).cmp(&(&right.1.time, right.0)));
    let oldest: Vec<_> =
        updaters.into_iter().map(|(manager, _)| manager.clone()).take(too_many + 1).collect();
    for manager in oldest {
        let Some(holding) = all.remove(&manager) else { continue };
        let bucket =
            Owner { name: "ancient-changes".to_owned(), subresource: String::new(), ..manager.clone() };
        let into = all.entry(bucket).or_insert_with(|| holding.clone());
        into.set = into.set.union(&holding.set);
        into.time = into.time.take().max(holding.time);
    }
}

/// The 409 that lists managers and their fields.
fn conflict(conflicts: &Conflicts) -> Rejection {
    let message = match conflicts.as_slice() {
        [(manager, path)] => {
            format!("Apply failed with 1 conflict: conflict with {}: {}", manager.title(), path_text(path))
        }
        _ => {
            let mut lines = Vec::new();
            let mut last = None;
            for (manager, path) in conflicts {
                if last != Some(manager) {
                    lines.push(format!("conflicts with {}:", manager.title()));
                }
                last = Some(manager);
                lines.push(format!("- {}", path_text(path)));
            }
            format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
        }
    };
    let cause = |(manager, path): &(Owner, Vec<Element>)| Cause {
        reason: "FieldManagerConflict",
        message: format!("conflict with {}", manager.title()),
        field: path_text(path),
    };
    Rejection { causes: conflicts.iter().map(cause).collect(), ..Rejection::new(409, "Conflict", message) }
}

/// An error that the API server answers with 500 and plain text.
fn broken(message: String) -> Rejection {
    Rejection::new(500, "", message)
}
