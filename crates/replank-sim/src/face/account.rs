//! The account port on the world: scaling groups as they are, images and public parameters of the catalogue.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, OnceLock, RwLock};

use replank_core::names::ImageId;
use replank_core::observed::TemplateContent;
use replank_core::spec::Sizes;
use replank_engine::ports::ReadError;
use replank_engine::ports::account::{
    Account, Depth, Endpoint, GroupNodes, GroupWish, Image, ImageWish, NoImage, Parameter, Refused, Relabel,
    Release, ScalingGroup, TemplateVersion,
};
use replank_engine::ports::templates::{NoChange, OwnTemplate, Source, TemplateChange};

use super::{Shared, members, relabel};
use crate::act::Act;
use crate::cloud::catalogue::{self, Catalogue, NotThere};
use crate::cloud::settings::Settings;
use crate::cloud::{Cloud, GroupNo, Template, ssm_prefix};
use crate::refusal::Refusal;

/// The account that one world stands for.
#[derive(Clone, Debug)]
pub struct AccountFace {
    world: Shared,
    endpoints: Arc<RwLock<BTreeMap<String, Endpoint>>>,
}

impl AccountFace {
    /// The account of `world`. Where the Kubernetes APIs of its clusters are, whoever serves them says.
    pub fn new(world: Shared) -> Self {
        Self { world, endpoints: Arc::default() }
    }

    /// Says where the Kubernetes API of a cluster is served.
    pub fn serves(&self, cluster: &str, endpoint: Endpoint) {
        let mut endpoints = self.endpoints.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        endpoints.insert(cluster.to_owned(), endpoint);
    }

    fn group(&self, nodegroup: &str) -> Option<ScalingGroup> {
        let world = self.world.lock();
        let cloud = &world.cloud;
        let number: GroupNo = cloud.group_of(nodegroup)?;
        let spec = &cloud.group(number).spec;
        let none = || TemplateContent { image: ImageId::new(""), settings: "".into() };
        let template = cloud.template(&spec.template);
        let content = template.and_then(|it| it.versions.get(&spec.version)).cloned();
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

impl Account for AccountFace {
    async fn scaling_group(&self, _cluster: &str, group: &str) -> Result<Option<ScalingGroup>, ReadError> {
        Ok(self.group(group))
    }

    async fn template_versions(&self, template: &str) -> Result<BTreeMap<u64, TemplateVersion>, ReadError> {
        let world = self.world.lock();
        let Some(template) = world.cloud.template(template) else { return Ok(BTreeMap::new()) };
        let versions = template.versions.keys().filter_map(|number| {
            let (image, settings) = template.version(*number).ok()?;
            let instance_type = settings.instance_type.to_string();
            Some((*number, TemplateVersion { image: image.to_string(), instance_type }))
        });
        Ok(versions.collect())
    }

    async fn own_templates(&self) -> Result<Vec<OwnTemplate>, ReadError> {
        Ok(self.world.lock().cloud.own_templates().all().cloned().collect())
    }

    async fn change_template(&self, change: &TemplateChange) -> Result<OwnTemplate, NoChange> {
        let mut world = self.world.lock();
        let find = |cloud: &Cloud| {
            let made = || cloud.template(change.id()).map(Template::shown);
            cloud.own_templates().get(change.id()).cloned().or_else(made)
        };
        let before = find(&world.cloud);
        match world.act(Act::OwnTemplate { change: Box::new(change.clone()) }) {
            Ok(()) => find(&world.cloud).or(before).ok_or(NoChange::NoTemplate),
            Err(_) => {
                let again = world.cloud.own_templates().clone().apply(change);
                Err(again.err().unwrap_or(NoChange::NoTemplate))
            }
        }
    }

    async fn sourced(&self, _: &str, group: &str, source: &Source) -> Result<TemplateContent, Refused> {
        let Some(ScalingGroup { content, .. }) = self.group(group) else {
            return Err(Refused(format!("there is no scaling group for node group {group}")));
        };
        let mut settings = Settings::parse(&content.settings).map_err(|error| Refused(error.to_string()))?;
        settings.take_in(source);
        Ok(TemplateContent { settings: settings.shape().into(), ..content })
    }

    async fn image(&self, wish: &ImageWish) -> Result<Image, NoImage> {
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

    async fn resize(&self, _cluster: &str, group: &str, to: Sizes) -> Result<(), Refused> {
        let to = [Some(to.min), Some(to.desired), Some(to.max)];
        let act = Act::SetSizes { group: group.into(), from: None, to };
        self.world.lock().act(act).map_err(|refusal| Refused(refusal.to_string()))
    }

    async fn zones(&self) -> Result<Vec<String>, ReadError> {
        let world = self.world.lock();
        let zones =
            world.cloud.groups().flat_map(|(_, group)| group.spec.zones.iter().map(ToString::to_string));
        let mut zones: std::collections::BTreeSet<String> = zones.collect();
        zones.extend(["a", "b", "c"].map(|letter| format!("{}{letter}", world.cloud.region)));
        Ok(zones.into_iter().collect())
    }

    async fn create_group(&self, wish: &GroupWish) -> Result<(), Refused> {
        members::create(&mut self.world.lock(), wish).map_err(|refusal| Refused(refusal.to_string()))
    }

    async fn group_nodes(&self, _cluster: &str, group: &str) -> Result<Option<GroupNodes>, ReadError> {
        Ok(members::look(&self.world.lock(), group))
    }

    async fn drain_group(&self, _cluster: &str, group: &str) -> Result<u32, Refused> {
        members::drain(&mut self.world.lock(), group).map_err(|refusal| Refused(refusal.to_string()))
    }

    async fn remove_group(&self, _cluster: &str, group: &str) -> Result<(), Refused> {
        match self.world.lock().act(Act::DeleteGroup { group: group.into() }) {
            Ok(()) | Err(Refusal { code: 404, .. }) => Ok(()),
            Err(refusal) => Err(Refused(refusal.to_string())),
        }
    }

    async fn relabel(&self, _cluster: &str, group: &str, change: &Relabel) -> Result<(), Refused> {
        relabel::all(&mut self.world.lock(), group, change).map_err(|refusal| Refused(refusal.to_string()))
    }

    async fn endpoint(&self, cluster: &str) -> Result<Option<Endpoint>, ReadError> {
        let endpoints = self.endpoints.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(endpoints.get(cluster).cloned())
    }

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

/// Every public parameter of the catalogue, by name, made once.
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
                for (name, value) in values(kind, newest, &prefix) {
                    let parameter = Parameter {
                        name: name.into(),
                        value: value.into(),
                        changed_on: newest.published.clone(),
                        version: releases.len() as u64,
                    };
                    made.insert(parameter.name.clone(), parameter);
                }
            }
        }
        made
    })
}

/// Names and values of the parameters of an image (EKS user guide: `retrieve-ami-id` pages; Canonical: the image id
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
