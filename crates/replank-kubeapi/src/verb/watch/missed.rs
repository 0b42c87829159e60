//! Changes before the beginning of the watch cache, from the world's own log.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use replank_world::store::{Gone, Verb};
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::live::Change;
use crate::resource::{Resource, Source};
use crate::show::{self, View};

/// Changes after a version, from the world's log: the last state of each object, as a freshly filled watch cache has
/// it. `None` when the log does not reach back.
pub(super) fn missed(view: View<'_>, asked: &Asked, since: u64) -> Option<Vec<Arc<Change>>> {
    let resource = &asked.resource;
    let make = |version, verb, object| Arc::new(Change { version, verb, object, text: OnceLock::new() });
    let mut out = Vec::new();
    if resource.source == Source::Events {
        for event in view.world.events.iter().filter(|event| event.version > since) {
            let object = show::object(view, resource, show::At::Event(event.number))?;
            let verb = if event.count == 1 { Verb::Added } else { Verb::Modified };
            out.push(make(event.version, verb, object));
        }
        out.sort_by_key(|change| change.version);
        return Some(out);
    }
    let mut last: BTreeMap<_, (u64, Verb, &replank_world::store::Change)> = BTreeMap::new();
    for change in view.world.store.changes.since(since)? {
        if !crate::live::shows_in(view.world, change.at, resource) {
            continue;
        }
        let first = last.get(&change.at).map_or(change.verb, |(_, verb, _)| *verb);
        let verb = if change.verb == Verb::Deleted { Verb::Deleted } else { first };
        last.insert(change.at, (change.version, verb, change));
    }
    for (at, (version, verb, change)) in last {
        let shown = show::object(view, resource, show::At::Of(at));
        // What is out of its table was removed by its last change.
        let object = shown.or_else(|| Some(gone(resource, version, change.gone.as_deref()?)));
        out.extend(object.map(|object| make(version, verb, object)));
    }
    out.sort_by_key(|change| change.version);
    Some(out)
}

/// What the log still knows of a removed object.
fn gone(resource: &Resource, version: u64, gone: &Gone) -> Value {
    let mut metadata = json!({
        "name": *gone.name, "uid": gone.uid.to_string(), "resourceVersion": version.to_string(),
    });
    if resource.namespaced {
        metadata["namespace"] = json!(*gone.namespace);
    }
    json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata})
}
