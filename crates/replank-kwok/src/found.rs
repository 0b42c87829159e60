//! Clusters and node groups of a world file as EKS records, written when the records are new.

use jiff::Timestamp;
use replank_formats::worldfile::spec::{Cluster, Effect, NodeGroup};
use replank_rehearsal::session::Session;
use replank_service::Identity;
use replank_service::records::{Found, FoundGroup, ScalingConfig, SourceTemplate, Taint, UpdateConfig};
use replank_world::cloud::Cloud;

/// Clusters and node groups of the world, for the records.
pub fn found(session: &Session, identity: &Identity, at: Timestamp) -> Found {
    let cluster = session.cluster();
    let world = session.world.lock();
    let groups = cluster
        .node_groups
        .iter()
        .filter(|group| !group.self_managed)
        .map(|group| found_group(&world.cloud, cluster, group));
    Found {
        name: cluster.name.clone(),
        version: cluster.version.clone(),
        at,
        identity: identity.clone(),
        groups: groups.collect(),
    }
}

fn found_group(cloud: &Cloud, cluster: &Cluster, group: &NodeGroup) -> FoundGroup {
    let source = cloud.group_of(&group.name).and_then(|number| cloud.source_of(number));
    let scaling = cloud.group_of(&group.name).map(|number| &cloud.group(number).spec);
    let image = scaling.and_then(|spec| {
        let content = cloud.content(&spec.template, spec.version)?;
        cloud.image(content.image.as_str())
    });
    let own_image = group.image.clone();
    let version = group.version.clone().unwrap_or_else(|| cluster.version.clone());
    FoundGroup {
        name: group.name.clone(),
        version: own_image.is_none().then_some(version),
        release: own_image
            .clone()
            .or_else(|| image.map(|image| image.release.to_string()))
            .unwrap_or_default(),
        ami_type: if own_image.is_some() { "CUSTOM".into() } else { group.image_type.clone() },
        capacity_type: match group.capacity_type {
            replank_formats::worldfile::spec::CapacityType::OnDemand => "ON_DEMAND",
            replank_formats::worldfile::spec::CapacityType::Spot => "SPOT",
            replank_formats::worldfile::spec::CapacityType::CapacityBlock => "CAPACITY_BLOCK",
        }
        .into(),
        sizes: ScalingConfig {
            min_size: group.size.least(),
            max_size: group.size.most(),
            desired_size: group.size.desired,
        },
        instance_type: group.instance_type.clone(),
        zones: group.zones.clone(),
        labels: group.labels.clone(),
        taints: group
            .taints
            .iter()
            .map(|taint| Taint {
                key: taint.key.clone(),
                value: Some(taint.value.clone()),
                effect: match taint.effect {
                    Effect::NoSchedule => "NO_SCHEDULE",
                    Effect::PreferNoSchedule => "PREFER_NO_SCHEDULE",
                    Effect::NoExecute => "NO_EXECUTE",
                }
                .into(),
            })
            .collect(),
        tags: group.tags.clone(),
        update_config: UpdateConfig {
            max_unavailable: group.update_config.max_unavailable,
            max_unavailable_percentage: group.update_config.max_unavailable_percentage,
            update_strategy: Some(group.update_config.strategy.word().into()),
        },
        launch_template: source.map(|(template, version)| SourceTemplate {
            name: template.name.clone(),
            version: version.to_string(),
            id: template.id.clone(),
        }),
        scaling_group: scaling.map(|spec| spec.name.to_string()).unwrap_or_default(),
    }
}
