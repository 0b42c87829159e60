//! What runs in an embedded world, for the insights of EKS.

use jiff::Timestamp;
use replank_service::ports::clusters::{DeprecatedUse, InUse, Kubelet};
use replank_world::time::Time;
use replank_world::vocab::labels::NODEGROUP;
use replank_world::wall_clock_map::WallClockMap;
use replank_world::world::World;

use super::add_on::first_image;

/// Reads it; `clock_map` tells when clients saw what happened, without one the world's own time does.
pub(super) fn read(world: &World, clock_map: Option<&WallClockMap>) -> InUse {
    let told = |at: Time| clock_map.map_or_else(|| Timestamp::from(at), |map| map.wall(at));
    let mut kubelets: Vec<Kubelet> = world
        .store
        .nodes
        .iter()
        .map(|(_, node)| Kubelet {
            node: node.meta.name.to_string(),
            group: world.store.labels.get(node.meta.labels).get(NODEGROUP).map(ToString::to_string),
            version: node.kubelet.to_string(),
        })
        .collect();
    kubelets.sort_by(|one, other| one.node.cmp(&other.node));
    let kube_proxy = first_image(world, "DaemonSet", "kube-proxy");
    let deprecated = world.deprecated_requests.iter().map(|(asked, usage)| DeprecatedUse {
        group: asked.group.to_string(),
        version: asked.version.to_string(),
        resource: asked.resource.to_string(),
        client: asked.client.to_string(),
        count: usage.count,
        last_at: told(usage.last).as_second() as f64,
    });
    InUse {
        kubelets,
        kube_proxy: kube_proxy.and_then(|image| Some(image.rsplit_once(':')?.1.to_owned())),
        deprecated: deprecated.collect(),
    }
}
