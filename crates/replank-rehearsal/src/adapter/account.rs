//! The service's account ports on embedded worlds: Auto Scaling groups, launch templates, images and public
//! parameters.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use replank_core::names::ImageId;
use replank_core::observed::TemplateContent;
use replank_core::sizes::Sizes;
use replank_core::version::Minor;
use replank_engine::ports::ReadError;
use replank_service::ports::ActError;
use replank_service::ports::clusters::{AddOnSoftware, ClusterRequest, Clusters, Endpoint, InUse};
use replank_service::ports::images::{Image, ImageRequest, Images, NoImage, Release};
use replank_service::ports::node_groups::{GroupNodes, GroupRequest, NodeGroups, Relabel, ScalingGroup};
use replank_service::ports::parameters::{Depth, Parameter, Parameters};

use super::members::{self, Counted};
use super::{Shared, add_on, in_use, relabel};
use crate::pace::Pace;
use replank_world::act::Act;
use replank_world::cloud::catalogue::{self, Catalogue, NotThere};
use replank_world::cloud::{GroupNo, parameter_of, ssm_prefix};
use replank_world::refusal::Refusal;
use replank_world::wall_clock_map::WallClockMap;

/// Makes and ends the worlds of clusters; implemented by the server.
pub trait Founder: fmt::Debug + Send + Sync {
    /// Makes the world of a cluster and serves its Kubernetes API.
    fn found(&self, wish: &ClusterRequest) -> Result<(Shared, Endpoint), ActError>;
    /// Ends the world and its API.
    fn end(&self, cluster: &str);
}

/// An account with a world for each cluster. Resources that belong to no cluster are in the first world.
#[derive(Clone, Debug)]
pub struct SimulatedAccount {
    pub(crate) first: Shared,
    pub(crate) pace: Pace,
    clusters: Arc<RwLock<BTreeMap<String, (Shared, Endpoint)>>>,
    /// Node counts of node groups, by cluster and group, updated incrementally.
    counted: Arc<Mutex<BTreeMap<(String, String), Counted>>>,
    founder: Arc<dyn Founder>,
    /// The wall time of each moment of the worlds; without one, their time is the wall time.
    clock_map: Option<Arc<Mutex<WallClockMap>>>,
}

impl SimulatedAccount {
    /// An account whose first world is `first`. The clusters it serves are registered with [`Self::serves`].
    pub fn new(first: Shared, founder: Arc<dyn Founder>) -> Self {
        let (clusters, counted) = (Arc::default(), Arc::default());
        Self { first, pace: Pace::default(), clusters, counted, founder, clock_map: None }
    }

    /// The same account, which tells times as this calendar has them.
    #[must_use]
    pub fn telling(self, clock_map: Arc<Mutex<WallClockMap>>) -> Self {
        Self { clock_map: Some(clock_map), ..self }
    }

    /// The wall time of the worlds' moments now.
    pub(super) fn clock_map(&self) -> Option<WallClockMap> {
        let clock_map = self.clock_map.as_ref()?;
        Some(clock_map.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// The worlds with the names of their clusters.
    pub(super) fn named_worlds(&self) -> Vec<(String, Shared)> {
        let clusters = self.clusters.read().unwrap_or_else(PoisonError::into_inner);
        clusters.iter().map(|(name, (world, _))| (name.clone(), world.clone())).collect()
    }

    /// The speed of its worlds, shared with the loop that advances time.
    pub fn pace(&self) -> Pace {
        self.pace.clone()
    }

    /// Registers the world of a cluster and the endpoint of its Kubernetes API.
    pub fn serves(&self, cluster: &str, world: Shared, endpoint: Endpoint) {
        let mut clusters = self.clusters.write().unwrap_or_else(PoisonError::into_inner);
        clusters.insert(cluster.to_owned(), (world, endpoint));
    }

    /// The world of a cluster; the first one for unknown names.
    pub fn world_of(&self, cluster: &str) -> Shared {
        let clusters = self.clusters.read().unwrap_or_else(PoisonError::into_inner);
        clusters.get(cluster).map_or_else(|| self.first.clone(), |(world, _)| world.clone())
    }

    /// Every world, the first one first.
    pub(super) fn worlds(&self) -> Vec<Shared> {
        let clusters = self.clusters.read().unwrap_or_else(PoisonError::into_inner);
        [&self.first].into_iter().chain(clusters.values().map(|(world, _)| world)).cloned().collect()
    }

    pub(super) fn group(&self, cluster: &str, nodegroup: &str) -> Option<ScalingGroup> {
        let world = self.world_of(cluster);
        let world = world.lock();
        let cloud = &world.cloud;
        let number: GroupNo = cloud.group_of(nodegroup)?;
        let spec = &cloud.group(number).spec;
        let none = || TemplateContent { image: ImageId::new(""), settings: "".into() };
        let template = cloud.template(&spec.template);
        let content = template.and_then(|it| it.versions.get(&it.made(spec.version))).cloned();
        Some(ScalingGroup {
            name: spec.name.to_string(),
            zones: spec.zones.iter().map(ToString::to_string).collect(),
            sizes: spec.sizes,
            template: spec.template.to_string(),
            version: spec.version,
            content: content.unwrap_or_else(none),
        })
    }
}

impl NodeGroups for SimulatedAccount {
    async fn scaling_group(&self, cluster: &str, group: &str) -> Result<Option<ScalingGroup>, ReadError> {
        Ok(self.group(cluster, group))
    }

    async fn resize(&self, cluster: &str, group: &str, to: Sizes) -> Result<(), ActError> {
        let to = [Some(to.min), Some(to.desired), Some(to.max)];
        let act = Act::SetSizes { group: group.into(), from: None, to };
        self.world_of(cluster).lock().act(act).map_err(|refusal| ActError(refusal.to_string()))
    }

    async fn create_group(&self, wish: &GroupRequest) -> Result<(), ActError> {
        members::create(&mut self.world_of(&wish.cluster).lock(), wish)
            .map_err(|refusal| ActError(refusal.to_string()))
    }

    async fn group_nodes(&self, cluster: &str, group: &str) -> Result<Option<GroupNodes>, ReadError> {
        let key = (cluster.to_owned(), group.to_owned());
        let mut all = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counted = all.remove(&key);
        let nodes = members::look(&self.world_of(cluster).lock(), group, &mut counted);
        // Of a group that is gone, nothing is kept.
        all.extend(counted.filter(|_| nodes.is_some()).map(|counted| (key, counted)));
        Ok(nodes)
    }

    async fn drain_group(&self, cluster: &str, group: &str) -> Result<u32, ActError> {
        members::drain(&mut self.world_of(cluster).lock(), group)
            .map_err(|refusal| ActError(refusal.to_string()))
    }

    async fn remove_group(&self, cluster: &str, group: &str) -> Result<(), ActError> {
        match self.world_of(cluster).lock().act(Act::DeleteGroup { group: group.into() }) {
            Ok(()) | Err(Refusal { code: 404, .. }) => Ok(()),
            Err(refusal) => Err(ActError(refusal.to_string())),
        }
    }

    async fn relabel(&self, cluster: &str, group: &str, change: &Relabel) -> Result<(), ActError> {
        relabel::all(&mut self.world_of(cluster).lock(), group, change)
            .map_err(|refusal| ActError(refusal.to_string()))
    }
}

impl Images for SimulatedAccount {
    async fn image(&self, wish: &ImageRequest) -> Result<Image, NoImage> {
        let release = match &wish.release {
            Release::Newest => "latest",
            // Words of ours for a place in the list are no releases of the service.
            Release::Exactly(name) if name == "latest" || name.starts_with("newest") => "",
            Release::Exactly(name) => name,
        };
        let found =
            Catalogue::get().find(&wish.kind, &wish.minor, release).map_err(|missing| match missing {
                NotThere::Release { there, .. } => {
                    NoImage::Release(there.iter().map(ToString::to_string).collect())
                }
                NotThere::Type { .. } | NotThere::Minor { .. } => NoImage::Minor(missing.to_string()),
            })?;
        Ok(Image {
            id: found.id.to_string(),
            release: found.release.to_string(),
            minor: found.minor.to_string(),
        })
    }
}

impl Parameters for SimulatedAccount {
    async fn parameter(&self, name: &str) -> Result<Option<Parameter>, ReadError> {
        Ok(parameters().get(name).cloned())
    }

    async fn parameters_below(
        &self,
        path: &str,
        depth: Depth,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Parameter>, ReadError> {
        let from = Bound::Excluded(after.unwrap_or(path));
        let below = parameters().range::<str, _>((from, Bound::Unbounded)).map(|(_, it)| it);
        let below = below.take_while(|it| it.name.starts_with(path));
        let wanted = |it: &&Parameter| depth == Depth::All || !it.name[path.len()..].contains('/');
        Ok(below.filter(wanted).take(most).cloned().collect())
    }
}

impl Clusters for SimulatedAccount {
    async fn zones(&self) -> Result<Vec<String>, ReadError> {
        let mut zones = std::collections::BTreeSet::new();
        for world in self.worlds() {
            let world = world.lock();
            let region = &world.cloud.region;
            zones.extend(["a", "b", "c"].map(|letter| format!("{region}{letter}")));
            let groups = world.cloud.groups();
            zones.extend(groups.flat_map(|(_, group)| group.spec.zones.iter().map(ToString::to_string)));
        }
        Ok(zones.into_iter().collect())
    }

    async fn create_cluster(&self, wish: &ClusterRequest) -> Result<(), ActError> {
        if self.endpoint(&wish.name).await.is_ok_and(|found| found.is_some()) {
            return Ok(());
        }
        let (world, endpoint) = self.founder.found(wish)?;
        self.serves(&wish.name, world, endpoint);
        Ok(())
    }

    async fn remove_cluster(&self, cluster: &str) -> Result<(), ActError> {
        self.founder.end(cluster);
        let mut clusters = self.clusters.write().unwrap_or_else(PoisonError::into_inner);
        clusters.remove(cluster);
        Ok(())
    }

    async fn move_control_plane(&self, cluster: &str, version: &str) -> Result<(), ActError> {
        let minor = Minor::parse(version)
            .ok_or_else(|| ActError(format!("version: {version:?} is no Kubernetes minor, such as 1.33")))?;
        let world = self.world_of(cluster);
        let mut world = world.lock();
        if world.known.version.minor == minor {
            return Ok(());
        }
        let act = Act::ControlPlane { minor: minor.0 };
        world.act(act).map_err(|refusal| ActError(refusal.to_string()))
    }

    async fn apply_add_on(&self, cluster: &str, software: &AddOnSoftware) -> Result<Vec<String>, ActError> {
        add_on::apply(&mut self.world_of(cluster).lock(), software)
    }

    async fn in_use(&self, cluster: &str) -> Result<Option<InUse>, ReadError> {
        let clock_map = self.clock_map();
        let world = self.world_of(cluster);
        let world = world.lock();
        Ok(Some(in_use::read(&world, clock_map.as_ref())))
    }

    async fn endpoint(&self, cluster: &str) -> Result<Option<Endpoint>, ReadError> {
        let clusters = self.clusters.read().unwrap_or_else(PoisonError::into_inner);
        Ok(clusters.get(cluster).map(|(_, endpoint)| endpoint.clone()))
    }
}

/// Every public SSM parameter of the catalogue, by name, made once.
fn parameters() -> &'static BTreeMap<Arc<str>, Parameter> {
    static MADE: OnceLock<BTreeMap<Arc<str>, Parameter>> = OnceLock::new();
    MADE.get_or_init(|| {
        let catalogue = Catalogue::get();
        let mut made = BTreeMap::new();
        for kind in catalogue.types() {
            for minor in catalogue.minors(kind) {
                let releases = catalogue.releases(kind, &minor).unwrap_or_default();
                let (Some(newest), Some(prefix)) = (releases.last(), ssm_prefix(kind, &minor)) else {
                    continue;
                };
                let mut put = |name: String, value: String, image: &catalogue::Image, version: u64| {
                    let (name, changed_on): (Arc<str>, _) = (name.into(), image.published.clone());
                    let value = value.into();
                    made.insert(name.clone(), Parameter { name, value, changed_on, version });
                };
                for (name, value) in values(kind, newest, &prefix) {
                    put(name, value, newest, releases.len() as u64);
                }
                for earlier in releases.iter().rev().skip(1) {
                    if let Some(name) = parameter_of(earlier) {
                        put(name, earlier.id.to_string(), earlier, 1);
                    }
                }
            }
        }
        made
    })
}

/// Names and values of an image's parameters (EKS user guide: `retrieve-ami-id` pages; Canonical: the image id
/// under `ami-id`).
fn values(kind: &str, image: &catalogue::Image, prefix: &str) -> Vec<(String, String)> {
    let one = |name: &str, value: &str| (format!("{prefix}{name}"), value.to_owned());
    if kind.starts_with("UBUNTU_") {
        return vec![one("ami-id", &image.id)];
    }
    if kind.starts_with("BOTTLEROCKET_") {
        return vec![one("image_id", &image.id), one("image_version", &image.release)];
    }
    let mut values = vec![one("image_id", &image.id), one("release_version", &image.release)];
    if kind.starts_with("AL2") {
        values.push(one("image_name", &image.name));
        let whole = serde_json::json!({
            "schema_version": "2",
            "image_id": image.id,
            "image_name": image.name,
            "release_version": image.release,
        });
        values.push((prefix.trim_end_matches('/').to_owned(), whole.to_string()));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_name_the_newest_image() {
        let newest = Catalogue::get().find("AL2023_x86_64_STANDARD", "1.32", "latest").unwrap();
        let prefix = "/aws/service/eks/optimized-ami/1.32/amazon-linux-2023/x86_64/standard/recommended";
        let value = |name: &str| parameters().get(name).map(|it| it.value.to_string());
        assert_eq!(value(&format!("{prefix}/image_id")), Some(newest.id.to_string()));
        assert_eq!(value(&format!("{prefix}/release_version")), Some(newest.release.to_string()));
        assert!(value(prefix).unwrap().contains(&format!("\"image_id\":\"{}\"", newest.id)));
        assert!(value("/aws/service/eks/optimized-ami/1.23/amazon-linux-2/recommended/image_id").is_some());
        let ubuntu = "/aws/service/canonical/ubuntu/eks/24.04/1.32/stable/current/amd64/hvm/ebs-gp3/ami-id";
        assert!(value(ubuntu).is_some());
        assert_eq!(value(&format!("{prefix}/other")), None);
    }
}
