//! GET of a resource: selected objects, in pages.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::Live;
use crate::page::Continue;
use crate::render;
use crate::selection::Selection;
use crate::step::page::page;
use crate::step::versions::{list_options, too_large, version};
use crate::wire::accept::Form;
use crate::wire::answer::Answer;
use crate::wire::pieces::Pieces;

/// GET of a resource.
pub(super) fn list(live: &Arc<Live>, asked: &Asked) -> Result<Answer, StatusError> {
    let parameters = &asked.parameters;
    let selection = Selection::read(parameters, &asked.resource)?;
    if parameters.flag("sendInitialEvents") {
        let why = "sendInitialEvents is forbidden for list";
        return Err(list_options("sendInitialEvents", &format!("Forbidden: {why}")));
    }
    let limit = parameters.number("limit")?.filter(|limit| *limit > 0).map(|limit| limit as usize);
    let list = list_name(asked);
    let from = parameters.get("continue").map(|token| Continue::read(token, &list)).transpose()?;
    // What most clients ask for is written out at once: a large list as objects is many times as large.
    let is_plain = matches!(asked.form, Form::Plain | Form::Discovery(_));
    let (mut written, mut items) = (Pieces::default(), Vec::new());
    let page = live.look(|view| {
        live.watch_cache().follow(view.world, &asked.resource);
        let now = view.world.store.changes.version;
        versions(asked, now, from.is_some())?;
        let mut out = |object: Value| {
            if is_plain {
                written.item(&render::item(&asked.resource, object));
            } else {
                items.push(object);
            }
        };
        Ok::<_, StatusError>(page(view, asked, &selection, limit, from.as_ref(), &mut out))
    })?;
    let mut meta = json!({"resourceVersion": page.version.to_string()});
    if let Some(((namespace, name), left)) = page.rest {
        let next = Continue { resource_version: Some(page.version), start: format!("{namespace}/{name}") };
        meta["continue"] = json!(next.token(&list));
        if let Some(left) = left {
            meta["remainingItemCount"] = json!(left);
        }
    }
    if !is_plain {
        return Ok(Answer::Object(200, render::list(asked.form, parameters, &asked.resource, items, meta)));
    }
    written.text("]}\n");
    Ok(Answer::Pieces(written.after(render::head(&asked.resource, &meta))))
}

/// Identifies a list for its continue tokens: resource and selectors.
fn list_name(asked: &Asked) -> String {
    let selector = |key| asked.parameters.get(key).unwrap_or_default();
    let (resource, namespace) = (asked.resource.qualified(), asked.place());
    format!("{resource} {namespace} {} {}", selector("labelSelector"), selector("fieldSelector"))
}

/// Checks `resourceVersion` and `resourceVersionMatch` of a list.
fn versions(asked: &Asked, now: u64, continues: bool) -> Result<(), StatusError> {
    let (text, rule) =
        (asked.parameters.get("resourceVersion"), asked.parameters.get("resourceVersionMatch"));
    if let Some(rule) = rule {
        if !matches!(rule, "Exact" | "NotOlderThan") {
            let why =
                format!("Unsupported value: \"{rule}\": supported values: \"Exact\", \"NotOlderThan\", \"\"");
            return Err(list_options("resourceVersionMatch", &why));
        }
        if continues {
            let why = "Forbidden: resourceVersionMatch is forbidden when continue is provided";
            return Err(list_options("resourceVersionMatch", why));
        }
        if text.is_none() {
            let why = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided";
            return Err(list_options("resourceVersionMatch", why));
        }
        if rule == "Exact" && text == Some("0") {
            let why = "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
            return Err(list_options("resourceVersionMatch", why));
        }
    }
    let Some(version) = text.map(version).transpose()? else { return Ok(()) };
    if version > now {
        return Err(too_large(version, now));
    }
    if rule == Some("Exact") && version < now {
        return Err(StatusError::expired("The resourceVersion for the provided list is too old."));
    }
    Ok(())
}
