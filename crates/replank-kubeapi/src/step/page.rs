//! Pages of selected objects, for lists and for the initial events of watches.

use replank_world::store::Ref;
use serde_json::Value;

use crate::asked::Asked;
use crate::page::Continue;
use crate::resource::Source;
use crate::selection::Selection;
use crate::show::{self, At, NamespacedName, View};

/// Result of a page.
pub(crate) struct Page {
    pub(crate) version: u64,
    /// Where the next page begins, and how many objects remain, if known.
    pub(crate) rest: Option<(NamespacedName, Option<usize>)>,
}

/// Passes the selected objects of a page on, one by one.
pub(crate) fn page(
    view: View<'_>,
    asked: &Asked,
    selection: &Selection,
    limit: Option<usize>,
    from: Option<&Continue>,
    out: &mut dyn FnMut(Value),
) -> Page {
    let resource = &asked.resource;
    let all = places(view, asked, selection);
    let begins = from.and_then(|from| from.start.split_once('/'));
    let start = begins.map_or(0, |begins| all.partition_point(|(one, _)| (&*one.0, &*one.1) < begins));
    let now = view.world.store.changes.version;
    // Watches go on from the first page, so that what changed behind the pages that are told is told then.
    let version = from.and_then(|from| from.resource_version).unwrap_or(now);
    let mut count = 0;
    for (number, ((namespace, name), at)) in all.iter().enumerate().skip(start) {
        if limit == Some(count) {
            let left = selection.is_all().then_some(all.len() - number);
            return Page { version, rest: Some(((namespace.clone(), name.clone()), left)) };
        }
        if !selection.is_all() && !selection.takes_labels(&show::labels(view, resource, *at)) {
            continue;
        }
        let object = show::object(view, resource, *at);
        if let Some(object) = object.filter(|object| selection.takes_fields(object)) {
            count += 1;
            out(object);
        }
    }
    Page { version, rest: None }
}

/// Objects that may be selected, narrowed by the indices there are.
fn places(view: View<'_>, asked: &Asked, selection: &Selection) -> Vec<(NamespacedName, At)> {
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
