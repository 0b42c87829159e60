//! Ownership of fields: who gains, who loses and who conflicts by a write.
//!
//! Kubernetes: `structured-merge-diff/merge/update.go`. All versions of a kind are assumed to have the same fields.

use serde_json::Value;

use super::managers::{Holding, Owner, Owners};
use super::merge::{merged, without};
use super::set::{Element, FieldSet};
use super::walk::{Comparison, compare, field_set, filled};
use crate::schema::TypedValue;

/// Fields of other managers that a configuration would change.
pub(super) type Conflicts = Vec<(Owner, Vec<Element>)>;

/// Removes changed fields from all managers but the writer. Unless forced, fields that others own are conflicts.
pub(super) fn transfer(
    managers: &mut Owners,
    changes: &Comparison,
    writer: &Owner,
    is_forced: bool,
) -> Result<(), Conflicts> {
    let touched = changes.modified.union(&changes.added);
    let mut conflicts = Conflicts::new();
    for (manager, holding) in managers.iter().filter(|(manager, _)| *manager != writer) {
        let disputed = holding.set.intersection(&touched);
        conflicts.extend(disputed.paths().into_iter().map(|path| (manager.clone(), path)));
    }
    if !is_forced && !conflicts.is_empty() {
        return Err(conflicts);
    }
    for (_, holding) in managers.iter_mut().filter(|(manager, _)| *manager != writer) {
        holding.set = holding.set.difference(&touched).difference(&changes.removed);
    }
    managers.retain(|_, holding| !holding.set.is_empty());
    Ok(())
}

/// The writer of a change.
pub(super) struct Writer<'a> {
    pub(super) manager: Owner,
    pub(super) version: &'a str,
    pub(super) time: &'a str,
    pub(super) place: TypedValue<'a>,
    /// Fields that the endpoint does not write.
    pub(super) ignored: FieldSet,
}

impl Writer<'_> {
    /// Compares two objects, without the fields that the endpoint does not write.
    pub(super) fn changes(&self, before: &Value, after: &Value) -> Comparison {
        let [before, after] = [before, after].map(|object| filled(object, self.place));
        let found = compare(&before, &after, self.place);
        Comparison {
            added: found.added.without_below(&self.ignored),
            modified: found.modified.without_below(&self.ignored),
            removed: found.removed.without_below(&self.ignored),
        }
    }

    /// Records a write other than apply: the writer gains what changed.
    pub(super) fn update(&self, managers: &mut Owners, changes: &Comparison) {
        // The writer's own entry loses what others lose, and then gains what it wrote.
        let nobody = Owner { name: String::new(), ..self.manager.clone() };
        let forced = transfer(managers, changes, &nobody, true);
        debug_assert!(forced.is_ok(), "a forced transfer has no conflicts");
        let gained = changes.modified.union(&changes.added).difference(&never_managed());
        if gained.is_empty() {
            return;
        }
        let before = managers.get(&self.manager).map(|holding| holding.set.clone()).unwrap_or_default();
        let time = Some(self.time.to_owned());
        let holding = Holding { set: before.union(&gained), version: self.version.to_owned(), time };
        managers.insert(self.manager.clone(), holding);
    }

    /// Applies a configuration; the applier then owns exactly the fields of the configuration.
    pub(super) fn apply(
        &self,
        managers: &mut Owners,
        live: &Value,
        config: &Value,
        is_forced: bool,
    ) -> Result<Value, Conflicts> {
        let last = managers.get(&self.manager).cloned();
        let object = merged(Some(live), Some(config), self.place);
        let set = field_set(config, self.place).without_below(&self.ignored);
        let time = last.as_ref().and_then(|last| last.time.clone());
        managers.insert(self.manager.clone(), Holding { set, version: self.version.to_owned(), time });
        let mut object = match last {
            Some(last) if !last.set.is_empty() => pruned(&object, managers, &last.set, self.place),
            _ => object,
        };
        transfer(managers, &self.changes(live, &object), &self.manager, is_forced)?;
        if let Some(holding) = managers.get_mut(&self.manager) {
            holding.set = holding.set.difference(&never_managed());
            if holding.set.is_empty() {
                managers.remove(&self.manager);
            }
        }
        drop_nulls(&mut object);
        Ok(object)
    }
}

/// Removes fields that the applier set before, dropped now, and nobody else owns.
fn pruned(object: &Value, managers: &Owners, last: &FieldSet, place: TypedValue<'_>) -> Value {
    let last = last.with_named(place);
    let take = |gone: &FieldSet| without(object, gone, place).unwrap_or(Value::Null);
    let named = |value: &Value| field_set(value, place).with_named(place);
    let all = named(object);
    let bare = take(&last);
    let owned = managers.values().fold(FieldSet::default(), |all, holding| all.union(&holding.set));
    let owned = owned.with_named(place);
    let with_owned = take(&all.difference(&named(&bare).union(&owned)));
    take(&all.difference(&named(&with_owned)).intersection(&last))
}

/// Fields that no manager ever owns.
fn never_managed() -> FieldSet {
    const OF_METADATA: [&str; 9] = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    let field = |name: &str| Element::Field(name.to_owned());
    let mut set = FieldSet::default();
    for name in ["apiVersion", "kind", "metadata"] {
        set.insert(&[field(name)]);
    }
    OF_METADATA.iter().for_each(|name| set.insert(&[field("metadata"), field(name)]));
    set
}

/// Removes nulls, which mean "not set" in typed objects.
pub(super) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(drop_nulls);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
