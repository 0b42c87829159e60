//! What a shape changes in a stack, before anything is done.

use std::collections::BTreeMap;

use crate::error::StackError;
use crate::port::Api;
use crate::record::{Change, ChangeAction, Shape, Stack};
use crate::resource;
use crate::run::pseudo;
use crate::template::{Scope, Template};

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Diff {
    /// Resources that differ.
    pub(super) changes: Vec<Change>,
    /// Whether outputs or tags differ.
    pub(super) has_more: bool,
}

impl Diff {
    /// Whether nothing differs.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.has_more
    }
}

/// What `shape` changes in `stack`, which has no resources when it is new.
pub(super) async fn diff<P: Api>(
    api: &P,
    stack: &Stack,
    template: &Template,
    shape: &Shape,
) -> Result<Diff, StackError> {
    let pseudo = pseudo(api, &stack.name, &stack.id).await;
    let scope = Scope::new(template, &shape.parameters, &pseudo)?.with(stack.made()).draft();
    let mut changes: Vec<Change> = Vec::new();
    // Resources that change, and whether another takes their place.
    let mut touched: BTreeMap<String, bool> = BTreeMap::new();
    let mut wanted = Vec::new();
    for logical in template.order() {
        if !template.resource(logical).is_some_and(|it| scope.is_wanted(it)) {
            continue;
        }
        wanted.push(logical);
        let kind = template.kind(logical);
        let properties = resource::tagged(&shape.tags, kind, scope.properties(logical)?);
        let had = stack.resources.get(logical).filter(|it| it.physical.is_some());
        let Some(had) = had else {
            changes.push(change(ChangeAction::Add, logical, kind, None));
            touched.insert(logical.clone(), true);
            continue;
        };
        let names = resource::changed(&had.properties, &properties);
        let follows = template.asks(logical).iter().any(|name| touched.contains_key(name))
            || template.needs(logical).iter().any(|name| touched.get(name) == Some(&true));
        if names.is_empty() && had.kind == kind && !had.status.is_failed() && !follows {
            continue;
        }
        let replaces =
            had.kind != kind || !resource::replacing(kind, &had.properties, &properties).is_empty();
        touched.insert(logical.clone(), replaces);
        let one = change(ChangeAction::Modify, logical, kind, had.physical.clone());
        changes.push(Change { replaces, properties: names, ..one });
    }
    for (logical, had) in
        stack.resources.iter().filter(|(name, it)| !wanted.contains(name) && it.physical.is_some())
    {
        changes.push(change(ChangeAction::Remove, logical, &had.kind, had.physical.clone()));
    }
    let has_more = shape.tags != stack.shape.tags || differs(stack, template, &scope)?;
    Ok(Diff { changes, has_more })
}

fn change(action: ChangeAction, logical: &str, kind: &str, physical: Option<String>) -> Change {
    Change {
        action,
        logical: logical.to_owned(),
        physical,
        kind: kind.to_owned(),
        replaces: false,
        properties: Vec::new(),
    }
}

/// Whether outputs differ from those of the stack.
fn differs(stack: &Stack, template: &Template, scope: &Scope<'_>) -> Result<bool, StackError> {
    let wanted: Vec<_> = template.section("Outputs").filter(|(_, it)| scope.is_wanted(it)).collect();
    if wanted.len() != stack.outputs.len() {
        return Ok(true);
    }
    for (name, output) in wanted {
        let Some(had) = stack.outputs.iter().find(|it| it.name == *name) else { return Ok(true) };
        let value = scope.value(&output["Value"])?.unwrap_or_default();
        let export = match output["Export"].get("Name") {
            Some(name) => scope.value(name)?,
            None => None,
        };
        let text =
            |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if text(&value) != had.value || export.as_ref().map(text) != had.export {
            return Ok(true);
        }
    }
    Ok(false)
}
