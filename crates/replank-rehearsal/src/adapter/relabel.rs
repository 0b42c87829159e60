//! Labels and taints of a whole group: on its nodes, and in the launch template for later ones.

use std::sync::Arc;

use replank_service::ports::node_groups::Relabel;

use super::NODEGROUP;
use replank_world::act::Act;
use replank_world::api;
use replank_world::cloud::settings::Settings;
use replank_world::refusal::Refusal;
use replank_world::vocab::taint::{Effect, Taint};
use replank_world::world::World;

/// Applies the change to all nodes of a group and to its launch template.
pub(super) fn all(world: &mut World, group: &str, change: &Relabel) -> Result<(), Refusal> {
    template(world, group, change)?;
    let labels = change.labels.iter();
    let patch = api::NodePatch {
        set_taints: change
            .set_taints
            .iter()
            .map(|(key, value, effect)| (arc(key), arc(value), arc(effect)))
            .collect(),
        remove_taints: change
            .remove_taints
            .iter()
            .map(|(key, effect)| (arc(key), Some(arc(effect))))
            .collect(),
        labels: labels.map(|(key, value)| (arc(key), value.as_deref().map(Arc::from))).collect(),
        ..api::NodePatch::default()
    };
    let nodes: Vec<Arc<str>> = world
        .store
        .nodes
        .iter()
        .filter(|(_, node)| {
            world.store.labels.get(node.meta.labels).get(NODEGROUP).is_some_and(|it| **it == *group)
        })
        .map(|(_, node)| node.meta.name.clone())
        .collect();
    for name in nodes {
        let act = api::Act::PatchNode { name, uid: None, patch: patch.clone() };
        match world.act(Act::Cluster(act)) {
            // A node that went meanwhile needs no label.
            Ok(()) | Err(Refusal { code: 404, .. }) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(())
}

/// Creates a template version with the change and lets the group launch it; does nothing if it is so already.
fn template(world: &mut World, group: &str, change: &Relabel) -> Result<(), Refusal> {
    let number = world.cloud.group_of(group).ok_or_else(|| Refusal::not_found("scaling groups", group))?;
    let spec = world.cloud.group(number).spec.clone();
    let template = world.cloud.template(&spec.template);
    let content = template.and_then(|template| template.content(template.made(spec.version))).cloned();
    let content = content.ok_or_else(|| Refusal::not_found("launch templates", &spec.template))?;
    let bad = |error: replank_world::cloud::settings::NoSetting| {
        Refusal::new(400, "InvalidLaunchTemplateData", error.to_string())
    };
    let mut settings = Settings::parse(&content.settings).map_err(bad)?;
    for (key, value) in &change.labels {
        match value {
            Some(value) => drop(settings.labels.insert(arc(key), arc(value))),
            None => drop(settings.labels.remove(key.as_str())),
        }
    }
    let gone = |taint: &Taint| {
        let same = |key: &str, effect: &str| *taint.key == *key && taint.effect.as_str() == effect;
        change.remove_taints.iter().any(|(key, effect)| same(key, effect))
            || change.set_taints.iter().any(|(key, _, effect)| same(key, effect))
    };
    settings.taints.retain(|taint| !gone(taint));
    for (key, value, effect) in &change.set_taints {
        let effect = [Effect::NoSchedule, Effect::PreferNoSchedule, Effect::NoExecute]
            .into_iter()
            .find(|known| known.as_str() == effect)
            .ok_or_else(|| Refusal::new(400, "BadRequest", format!("{effect} is no effect of a taint")))?;
        settings.taints.push(Taint::new(key, value, effect));
    }
    let text: Arc<str> = settings.to_string().into();
    if text == content.settings {
        return Ok(());
    }
    let token: Arc<str> = format!("config {} {text}", spec.version).into();
    let image: Arc<str> = content.image.as_str().into();
    let made = Act::CreateVersion { template: spec.template.clone(), image, settings: text.clone(), token };
    world.act(made)?;
    let wanted = replank_core::observed::TemplateContent { image: content.image, settings: text };
    let to = world.cloud.template(&spec.template).and_then(|template| template.equal(&wanted));
    let to = to.ok_or_else(|| Refusal::not_found("launch template versions", &spec.template))?;
    world.act(Act::PointGroup { group: group.into(), from: Some(spec.version), to })
}

fn arc(text: &str) -> Arc<str> {
    Arc::from(text)
}
