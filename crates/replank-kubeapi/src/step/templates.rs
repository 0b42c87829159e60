//! Pod templates that clients send back with the server's defaults, which the world does not store. They count as
//! unchanged, so that no pod is replaced, and a rollback finds its old replica set.

use replank_world::object::PodTemplate;
use replank_world::store::Ref;
use serde_json::Value;

use super::read;
use crate::asked::Asked;
use crate::show::{self, At, View};

/// Puts the stored template in the place of one that differs in defaults only.
pub(crate) fn keep(view: View<'_>, asked: &Asked, wanted: &mut Value) {
    let Ok(At::Of(at)) = asked.find(view) else { return };
    let template = wanted.pointer_mut("/spec/template").filter(|template| template.is_object());
    let (store, Some(template)) = (&view.world.store, template) else { return };
    let (mut known, mut spec): (Vec<&PodTemplate>, _) = (Vec::new(), None);
    match at {
        Ref::Deployment(id) => {
            known.extend(store.deployments.get(id).map(|it| &*it.template));
            let sets = store.index.owned_by(at).filter_map(|at| match at {
                Ref::ReplicaSet(set) => store.replica_sets.get(set),
                _ => None,
            });
            known.extend(sets.map(|set| &*set.template));
        }
        Ref::ReplicaSet(id) => known.extend(store.replica_sets.get(id).map(|it| &*it.template)),
        Ref::StatefulSet(id) => known.extend(store.stateful_sets.get(id).map(|it| &*it.template)),
        Ref::DaemonSet(id) => known.extend(store.daemon_sets.get(id).map(|it| &*it.template)),
        Ref::Job(id) => known.extend(store.jobs.get(id).map(|it| &*it.template)),
        _ => {}
    }
    known.extend(view.world.templates_of(at));
    let plain = read::plain_template(template);
    for one in known {
        let shown = read::plain_template(&show::completed_template(&one.raw));
        if shown == plain {
            *template = Value::clone(&one.raw);
            return;
        }
        if shown["spec"] == plain["spec"] && spec.is_none() {
            spec = Some(one.raw["spec"].clone());
        }
    }
    if let Some(spec) = spec {
        template["spec"] = spec;
    }
    if let Some(meta) = template["metadata"].as_object_mut() {
        meta.retain(|_, value| !value.is_null());
    }
}
