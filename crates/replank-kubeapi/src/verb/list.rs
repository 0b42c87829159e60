//! Lists: selected, in pages.

use std::sync::Arc;

use replank_sim::store::Ref;
use serde_json::{Value, json};

use super::Asked;
use crate::failure::Failure;
use crate::live::Live;
use crate::page::Continue;
use crate::render;
use crate::resource::Source;
use crate::selection::Selection;
use crate::show::{self, At, Place, View};
use crate::wire::answer::Answer;

/// What a list holds.
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    pub(crate) version: u64,
    /// Where the next page begins, and how many are left if that is known.
    pub(crate) rest: Option<(Place, Option<usize>)>,
}

/// GET of a resource.
pub(super) fn list(live: &Arc<Live>, asked: &Asked) -> Result<Answer, Failure> {
    let parameters = &asked.parameters;
    let selection = Selection::read(parameters, &asked.resource)?;
    if parameters.flag("sendInitialEvents") {
        let why = "sendInitialEvents is forbidden for list";
        return Err(list_options("sendInitialEvents", &format!("Forbidden: {why}")));
    }
    let limit = parameters.number("limit")?.filter(|limit| *limit > 0).map(|limit| limit as usize);
    let list = list_name(asked);
    let from = parameters.get("continue").map(|token| Continue::read(token, &list)).transpose()?;
    let page = live.look(|view| {
        live.tape().follow(view.world, &asked.resource);
        let now = view.world.store.changes.version;
        versions(asked, now, from.is_some())?;
        Ok::<_, Failure>(page(view, asked, &selection, limit, from.as_ref()))
    })?;
    let mut meta = json!({"resourceVersion": page.version.to_string()});
    if let Some(((namespace, name), left)) = page.rest {
        let next = Continue { resource_version: Some(page.version), start: format!("{namespace}/{name}") };
        meta["continue"] = json!(next.token(&list));
        if let Some(left) = left {
            meta["remainingItemCount"] = json!(left);
        }
    }
    Ok(Answer::Object(200, render::list(asked.form, parameters, &asked.resource, page.items, meta)))
}

/// A page of what is selected, the objects as they are now.
pub(crate) fn page(
    view: View<'_>,
    asked: &Asked,
    selection: &Selection,
    limit: Option<usize>,
    from: Option<&Continue>,
) -> Page {
    let resource = &asked.resource;
    let all = places(view, asked, selection);
    let begins = from.and_then(|from| from.start.split_once('/'));
    let start = begins.map_or(0, |begins| all.partition_point(|(one, _)| (&*one.0, &*one.1) < begins));
    let now = view.world.store.changes.version;
    // Watches go on from the first page, so that what changed behind the pages that are told is told then.
    let version = from.and_then(|from| from.resource_version).unwrap_or(now);
    let mut items = Vec::new();
    for (number, ((namespace, name), at)) in all.iter().enumerate().skip(start) {
        if limit.is_some_and(|limit| items.len() == limit) {
            let left = selection.is_all().then_some(all.len() - number);
            return Page { items, version, rest: Some(((namespace.clone(), name.clone()), left)) };
        }
        if !selection.is_all() && !selection.takes_labels(&show::labels(view, resource, *at)) {
            continue;
        }
        items.extend(show::object(view, resource, *at).filter(|object| selection.takes_fields(object)));
    }
    Page { items, version, rest: None }
}

/// What names a list: its resource and what it selects.
fn list_name(asked: &Asked) -> String {
    let selector = |key| asked.parameters.get(key).unwrap_or_default();
    let (resource, namespace) = (asked.resource.qualified(), asked.place());
    format!("{resource} {namespace} {} {}", selector("labelSelector"), selector("fieldSelector"))
}

/// What may be selected, by what is indexed.
fn places(view: View<'_>, asked: &Asked, selection: &Selection) -> Vec<(Place, At)> {
    let namespace = asked.namespace.as_deref();
    if let (Some(name), true) = (selection.name(), namespace.is_some() || !asked.resource.namespaced) {
        let at = show::find(view, &asked.resource, asked.place(), name);
        return at.into_iter().map(|at| ((asked.place().into(), name.into()), at)).collect();
    }
    if let (Source::Pods, Some(node)) =
        (asked.resource.source, selection.node().filter(|node| !node.is_empty()))
    {
        let store = &view.world.store;
        let on = store.nodes.find("", node).into_iter().flat_map(|node| store.index.pods_on(node));
        let mut pods: Vec<_> = on
            .filter_map(|id| {
                let meta = &store.pods.get(id)?.meta;
                let inside = namespace.is_none_or(|namespace| *meta.namespace == *namespace);
                inside.then(|| ((meta.namespace.clone(), meta.name.clone()), At::Of(Ref::Pod(id))))
            })
            .collect();
        pods.sort_by(|one, other| one.0.cmp(&other.0));
        return pods;
    }
    show::all(view, &asked.resource, namespace)
}

/// The rules of `resourceVersion` and `resourceVersionMatch` for lists.
fn versions(asked: &Asked, now: u64, continues: bool) -> Result<(), Failure> {
    let (text, rule) =
        (asked.parameters.get("resourceVersion"), asked.parameters.get("resourceVersionMatch"));
    if let Some(rule) = rule {
        if !matches!(rule, "Exact" | "NotOlderThan") {
            let why =
                format!("Unsupported value: \"{rule}\": supported values: \"\", \"Exact\", \"NotOlderThan\"");
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
        return Err(Failure::expired("The resourceVersion for the provided list is too old."));
    }
    Ok(())
}

/// A resource version, or 400.
pub(crate) fn version(text: &str) -> Result<u64, Failure> {
    let wrong = |_| {
        Failure::new(
            400,
            "BadRequest",
            format!("Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"),
        )
    };
    text.parse().map_err(wrong)
}

/// 504: nobody has seen that version yet.
pub(crate) fn too_large(version: u64, now: u64) -> Failure {
    let mut failure =
        Failure::new(504, "Timeout", format!("Too large resource version: {version}, current: {now}"));
    let cause = json!([{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]);
    failure.details.insert("causes".into(), cause);
    failure.retry_after_seconds = Some(1);
    failure
}

/// 422 for the parameters of a list.
pub(crate) fn list_options(field: &str, why: &str) -> Failure {
    let kind = "ListOptions.meta.k8s.io";
    let mut failure = Failure::new(422, "Invalid", format!("{kind} \"\" is invalid: {field}: {why}"));
    failure.details.insert("group".into(), json!("meta.k8s.io"));
    failure.details.insert("kind".into(), json!("ListOptions"));
    let reason = if why.starts_with("Forbidden") { "FieldValueForbidden" } else { "FieldValueNotSupported" };
    failure.details.insert("causes".into(), json!([{"reason": reason, "message": why, "field": field}]));
    failure
}
