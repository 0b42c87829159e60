//! Which scaling groups are node groups of which cluster, and whose they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_core::near::nearest_first;
use replank_core::observed::Lifecycle;
use replank_service::{Refusal, RefusalKind};

use crate::cloud::AwsCloud;
use crate::group::{ScalingGroup, Source};
use crate::image::image;
use crate::target::{failed, unread};
use crate::{Aws, read};

/// Tags of EKS on the groups that it manages.
const EKS_CLUSTER: &str = "eks:cluster-name";
const EKS_GROUP: &str = "eks:nodegroup-name";
/// Tags of eksctl.
const EKSCTL_CLUSTER: &str = "alpha.eksctl.io/cluster-name";
const EKSCTL_GROUP: &str = "alpha.eksctl.io/nodegroup-name";
/// Beginnings of the keys by which a group belongs to a cluster (the cloud provider's, and the older one).
const CLUSTER_KEYS: [&str; 2] = ["kubernetes.io/cluster/", "k8s.io/cluster/"];

/// A scaling group that belongs to a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeGroup {
    /// Name of the node group: what EKS or eksctl call it, else that of the scaling group.
    pub name: String,
    /// Name of its cluster, if a tag tells.
    pub cluster: Option<String>,
    /// Who may change it: EKS, the user, or some other service.
    pub kind: Kind,
    /// The scaling group.
    pub group: ScalingGroup,
}

/// Whose a node group is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// EKS's: it updates the group itself.
    EksManaged,
    /// Made by eksctl, and the user's own.
    Eksctl,
    /// The user's own.
    SelfManaged,
    /// Some other service's, which alone may change it (Auto Scaling: `Operator`).
    Operated(String),
}

impl Kind {
    /// Its word in lists.
    pub fn word(&self) -> String {
        match self {
            Self::EksManaged => "EKS-managed".to_owned(),
            Self::Eksctl => "eksctl".to_owned(),
            Self::SelfManaged => "self-managed".to_owned(),
            Self::Operated(by) => format!("operated by {by}"),
        }
    }
}

/// What the nodes of a group run, against what it launches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OldNodes {
    /// Image that it launches.
    pub image: String,
    /// Name of that image.
    pub release: String,
    /// How many instances stand.
    pub instances: u32,
    /// How many of them do not run what the group launches.
    pub old: u32,
}

impl NodeGroup {
    fn of(group: ScalingGroup) -> Self {
        let tag = |key: &str| group.tags.get(key).cloned();
        let operator =
            group.described.operator().and_then(|operator| operator.principal().map(str::to_owned));
        let kind = match operator {
            Some(by) if tag(EKS_GROUP).is_none() => Kind::Operated(by),
            _ if tag(EKS_GROUP).is_some() => Kind::EksManaged,
            _ if tag(EKSCTL_GROUP).is_some() => Kind::Eksctl,
            _ => Kind::SelfManaged,
        };
        Self {
            name: tag(EKS_GROUP).or_else(|| tag(EKSCTL_GROUP)).unwrap_or_else(|| group.name.clone()),
            cluster: cluster(&group.tags),
            kind,
            group,
        }
    }

    /// What it launches from, in words.
    pub fn launches_from(&self) -> String {
        match &self.group.source {
            Source::Template { base, overrides: None } => format!("{} {}", base.id, base.version),
            Source::Template { base, overrides: Some(_) } => format!("{} {} (mixed)", base.id, base.version),
            Source::Configuration(name) => format!("launch configuration {name}"),
        }
    }
}

fn cluster(tags: &BTreeMap<String, String>) -> Option<String> {
    let named = [EKS_CLUSTER, EKSCTL_CLUSTER].into_iter().find_map(|key| tags.get(key).cloned());
    named.or_else(|| {
        tags.keys().find_map(|key| {
            let name = CLUSTER_KEYS.into_iter().find_map(|prefix| key.strip_prefix(prefix))?;
            Some(name.to_owned())
        })
    })
}

/// The node groups of a cluster, or of all; scaling groups that belong to none are left out.
pub async fn list(aws: &Aws, cluster: Option<&str>) -> Result<Vec<NodeGroup>, Refusal> {
    let all = read::all(aws).await.map_err(failed)?.into_iter();
    // One that cannot be read as it is (no source) can be no node group.
    let mut groups: Vec<NodeGroup> =
        all.filter_map(|it| ScalingGroup::of(it).ok()).map(NodeGroup::of).collect();
    groups.retain(|group| {
        group.cluster.is_some() && cluster.is_none_or(|it| group.cluster.as_deref() == Some(it))
    });
    groups.sort_by(|one, other| (&one.cluster, &one.name).cmp(&(&other.cluster, &other.name)));
    Ok(groups)
}

/// The node group of that name: the name of its scaling group, else that by which EKS or eksctl know it. Refused when
/// there is none or several, and when it is another cluster's.
pub async fn find(aws: &Aws, name: &str, cluster: Option<&str>) -> Result<NodeGroup, Refusal> {
    let found = match read::describe(aws, name).await {
        Ok(group) => NodeGroup::of(group),
        Err(read::ReadGroupError::NoGroup { .. }) => by_tag(aws, name, cluster).await?,
        Err(error) => return Err(unread(error)),
    };
    match (cluster, &found.cluster) {
        (Some(asked), Some(own)) if asked != own => {
            // The name of one cluster's scaling group may be that of another's node group.
            if let Ok(named) = by_tag(aws, name, cluster).await {
                return Ok(named);
            }
            Err(Refusal::invalid(format!(
                "node group {name} is of cluster {own}, not of {asked} (tags of Auto Scaling group {})",
                found.group.name
            )))
        }
        _ => Ok(found),
    }
}

async fn by_tag(aws: &Aws, name: &str, cluster: Option<&str>) -> Result<NodeGroup, Refusal> {
    let all = list(aws, None).await?;
    named(all, name, cluster).map_err(|why| why.refusal(name, cluster, &aws.region))
}

/// Why no group has a name, or several do.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unclear {
    /// None of the cluster has it; of those that there are the nearest is first.
    Unknown { there: Vec<String>, elsewhere: Vec<String> },
    /// Several have it, each told by its scaling group and cluster.
    Several(Vec<String>),
}

fn named(mut all: Vec<NodeGroup>, name: &str, cluster: Option<&str>) -> Result<NodeGroup, Unclear> {
    let is_of = |group: &NodeGroup| cluster.is_none_or(|it| group.cluster.as_deref() == Some(it));
    let of = |group: &NodeGroup| {
        format!("{} (cluster {})", group.group.name, group.cluster.as_deref().unwrap_or("?"))
    };
    let named: Vec<usize> = (0..all.len()).filter(|at| all[*at].name == name && is_of(&all[*at])).collect();
    match named.as_slice() {
        [one] => Ok(all.swap_remove(*one)),
        [] => {
            let there = nearest_first(name, all.iter().filter(|it| is_of(it)).map(|it| it.name.as_str()));
            let mut there: Vec<String> = there.into_iter().map(str::to_owned).collect();
            there.dedup();
            let elsewhere = all.iter().filter(|it| it.name == name).map(of).collect();
            Err(Unclear::Unknown { there, elsewhere })
        }
        several => Err(Unclear::Several(several.iter().map(|at| of(&all[*at])).collect())),
    }
}

impl Unclear {
    fn refusal(self, name: &str, cluster: Option<&str>, region: &str) -> Refusal {
        match self {
            Self::Unknown { there, elsewhere } => {
                let of = cluster.map(|cluster| format!(" of cluster {cluster}")).unwrap_or_default();
                let there = match (there.as_slice(), elsewhere.is_empty()) {
                    (_, false) => format!("of that name there is {}", elsewhere.join(", ")),
                    ([], true) => {
                        format!(
                            "there is none in this account and region; --region and --profile name another than {region}"
                        )
                    }
                    (there, true) => format!("there are {}", there.join(", ")),
                };
                let said = format!("there is no node group {name}{of} in {region}; {there}");
                Refusal::new(RefusalKind::NotFound, said)
            }
            Self::Several(named) => Refusal::invalid(format!(
                "{name} is the name of several node groups: {}; name the Auto Scaling group, or the cluster with --cluster",
                named.join(", ")
            )),
        }
    }
}

/// What the nodes of a group run, against what it launches now.
pub async fn standing(aws: &Arc<Aws>, group: &NodeGroup) -> Result<OldNodes, Refusal> {
    let cloud = AwsCloud::new(aws.clone(), &group.group.name);
    read::group(&cloud).await.map_err(unread)?;
    let (content, instances, old) = {
        let view = cloud.view();
        let Some(launches) = view.launches() else { return Ok(OldNodes::default()) };
        let now = launches.version();
        let stands = launches.group.instances.iter().filter(|it| it.lifecycle != Lifecycle::Terminating);
        let versions: Vec<u64> = stands.map(|instance| launches.version_of(instance)).collect();
        let old = versions.iter().filter(|version| Some(**version) != now).count() as u32;
        let content = now.and_then(|now| launches.versions().remove(&now));
        (content, versions.len() as u32, old)
    };
    let id = content.map(|content| content.image.to_string()).unwrap_or_default();
    let named = if id.is_empty() { None } else { image(aws, &id).await.map_err(failed)? };
    Ok(OldNodes { release: named.map(|image| image.name).unwrap_or_default(), image: id, instances, old })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::tests::described;

    fn group(tags: &[(&str, &str)]) -> NodeGroup {
        let mut group = ScalingGroup::of(described("1", &[])).unwrap();
        group.tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        NodeGroup::of(group)
    }

    #[test]
    fn a_group_with_an_operator_is_that_ones_unless_it_is_eks() {
        let mut described = described("1", &[]);
        let operator = aws_sdk_autoscaling::types::Operator::builder();
        described.operator = Some(operator.principal("omics.amazonaws.com").build());
        let group = ScalingGroup::of(described).unwrap();
        let found = NodeGroup::of(group.clone());
        assert_eq!(found.kind, Kind::Operated("omics.amazonaws.com".to_owned()));
        let tags = [(EKS_GROUP.to_owned(), "web".to_owned())];
        assert_eq!(NodeGroup::of(ScalingGroup { tags: tags.into(), ..group }).kind, Kind::EksManaged);
    }

    #[test]
    fn tags_tell_whose_a_group_is_and_what_it_is_called() {
        for (tags, name, cluster, kind) in [
            (&[("kubernetes.io/cluster/shop", "owned")][..], "workers", Some("shop"), Kind::SelfManaged),
            (&[("k8s.io/cluster/shop", "owned")], "workers", Some("shop"), Kind::SelfManaged),
            (&[(EKS_CLUSTER, "shop"), (EKS_GROUP, "web")], "web", Some("shop"), Kind::EksManaged),
            (&[(EKSCTL_CLUSTER, "shop"), (EKSCTL_GROUP, "ng-1")], "ng-1", Some("shop"), Kind::Eksctl),
            (&[("Name", "x")], "workers", None, Kind::SelfManaged),
        ] {
            let found = group(tags);
            assert_eq!((found.name.as_str(), found.cluster.as_deref(), found.kind), (name, cluster, kind));
        }
    }

    fn called(name: &str, cluster: &str, scaling_group: &str) -> NodeGroup {
        let found = group(&[(EKSCTL_CLUSTER, cluster), (EKSCTL_GROUP, name)]);
        NodeGroup { group: ScalingGroup { name: scaling_group.to_owned(), ..found.group.clone() }, ..found }
    }

    #[test]
    fn a_name_that_none_or_several_have_is_told_with_those_that_there_are() {
        let all = || {
            vec![
                called("default", "shop", "asg-1"),
                called("workers", "shop", "asg-2"),
                called("workers", "yard", "asg-3"),
            ]
        };
        let said = |name: &str, cluster| {
            let unclear = named(all(), name, cluster).unwrap_err();
            unclear.refusal(name, cluster, "us-west-2").to_string()
        };
        assert_eq!(named(all(), "workers", Some("yard")).unwrap().group.name, "asg-3");
        let several = said("workers", None);
        assert!(several.contains("asg-2 (cluster shop), asg-3 (cluster yard); name the Auto"), "{several}");
        let slip = said("wokers", Some("shop"));
        assert_eq!(
            slip,
            "there is no node group wokers of cluster shop in us-west-2; there are workers, default"
        );
        let other = said("default", Some("yard"));
        assert!(
            other.ends_with("of cluster yard in us-west-2; of that name there is asg-1 (cluster shop)"),
            "{other}"
        );
        let none =
            named(Vec::new(), "workers", None).unwrap_err().refusal("workers", None, "eu-west-1").to_string();
        assert!(none.contains("in eu-west-1; there is none") && none.contains("--region"), "{none}");
    }
}
