//! DELETE of all selected objects of a resource.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::{Live, view_of};
use crate::resource::{Resource, Source};
use crate::selection::Selection;
use crate::step::delete;
use crate::step::page::page;
use crate::wire::answer::Answer;

/// An object as a list item, without kind and version.
fn bare(mut object: Value, resource: &Resource) -> Value {
    if let Some(fields) = object.as_object_mut().filter(|_| resource.source != Source::Custom) {
        fields.shift_remove("kind");
        fields.shift_remove("apiVersion");
    }
    object
}

/// DELETE of a resource; returns the deleted objects.
pub(super) fn delete_collection(live: &Arc<Live>, asked: Asked) -> Result<Answer, StatusError> {
    let selection = Selection::read(&asked.parameters, &asked.resource)?;
    let limit = asked.parameters.number("limit")?.filter(|limit| *limit > 0).map(|limit| limit as usize);
    let options = asked.object()?.unwrap_or_default();
    let (mut one, mut items) = (asked, Vec::new());
    let version = live.act(|world, clock_map| {
        let mut all = Vec::new();
        view_of(world, clock_map, |view| {
            page(view, &one, &selection, limit, None, &mut |object| all.push(object));
        });
        for object in all {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            one.name = Some(text(&object["metadata"]["name"]));
            if one.resource.namespaced {
                one.namespace = Some(text(&object["metadata"]["namespace"]));
            }
            delete::one(world, clock_map, &one, &options)?;
            items.push(bare(object, &one.resource));
        }
        Ok::<_, StatusError>(world.store.changes.version)
    })?;
    let kind = format!("{}List", one.resource.kind);
    let meta = json!({"resourceVersion": version.to_string()});
    let mut list = json!({"kind": kind, "apiVersion": one.resource.api_version(), "metadata": meta});
    list["items"] = Value::Array(items);
    Ok(Answer::Object(200, list))
}
