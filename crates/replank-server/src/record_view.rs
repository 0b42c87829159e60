//! What the APIs of Auto Scaling and EC2 tell beside the cloud's own state: names of templates, subnets, ARNs, and what
//! stands on record of clusters and node groups.

use std::collections::BTreeMap;

use jiff::Timestamp;
use replank_service::launch_template::lookup::{self, NotFound};
use replank_service::ports::Account;
use replank_service::ports::auto_scaling::Group;
use replank_service::records::found::subnet;
use replank_service::records::{Cluster, Kind, Nodegroup, read};

use crate::app::App;

/// A view of the records, made for one request.
pub(crate) struct RecordView {
    /// Name of the region.
    pub(crate) region: String,
    /// Account id.
    pub(crate) account: String,
    /// Names of launch templates, by id.
    templates: BTreeMap<String, String>,
    clusters: BTreeMap<String, Cluster>,
    /// Node groups, by cluster and name.
    nodegroups: BTreeMap<(String, String), Nodegroup>,
}

impl RecordView {
    /// Reads clusters, node groups and launch templates once, for one answer.
    pub(crate) async fn read<A: Account>(app: &App<A>) -> Result<Self, NotFound> {
        let service = &app.service;
        let templates = lookup::all(service).await?;
        let clusters = service.records.all(Kind::Cluster).into_iter();
        let clusters = clusters.filter_map(|(_, record)| read::<Cluster>(&record.document).ok());
        let nodegroups = service.records.all(Kind::NodeGroup).into_iter();
        let nodegroups = nodegroups.filter_map(|(_, record)| read::<Nodegroup>(&record.document).ok());
        Ok(Self {
            region: service.identity.region.clone(),
            account: service.identity.account.clone(),
            templates: templates.into_iter().map(|it| (it.id, it.name)).collect(),
            clusters: clusters.map(|it| (it.name.clone(), it)).collect(),
            nodegroups: nodegroups
                .map(|it| ((it.cluster_name.clone(), it.nodegroup_name.clone()), it))
                .collect(),
        })
    }

    /// The name of a launch template, if it is there.
    pub(crate) fn template_name(&self, id: &str) -> Option<&str> {
        self.templates.get(id).map(String::as_str)
    }

    /// ARN of a scaling group, made from account, region, id and name as AWS makes it.
    pub(crate) fn group_arn(&self, group: &Group) -> String {
        let Group { id, name, .. } = group;
        format!(
            "arn:aws:autoscaling:{}:{}:autoScalingGroup:{id}:autoScalingGroupName/{name}",
            self.region, self.account
        )
    }

    /// The role of the service itself.
    pub(crate) fn service_role(&self) -> String {
        format!(
            "arn:aws:iam::{}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
            self.account
        )
    }

    /// When a group was created; of one that was there before the records, when its cluster was.
    pub(crate) fn created_at(&self, group: &Group) -> Timestamp {
        let of = |seconds: f64| Timestamp::from_millisecond((seconds * 1000.0) as i64).ok();
        let nodegroup = self.nodegroup(group).map(|it| it.created_at);
        let recorded = nodegroup.or_else(|| self.clusters.get(&group.cluster).map(|it| it.created_at));
        group.created_at.or_else(|| recorded.and_then(of)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Whether a managed group is one of Spot instances.
    pub(crate) fn is_spot(&self, group: &Group) -> bool {
        self.nodegroup(group).is_some_and(|it| it.capacity_type == "SPOT")
    }

    /// The subnets of a group, in the order of its zones.
    pub(crate) fn subnets(&self, group: &Group) -> Vec<String> {
        match self.nodegroup(group) {
            Some(known) => known.subnets.clone(),
            None => group.zones.iter().map(|zone| subnet(&group.cluster, zone)).collect(),
        }
    }

    /// Subnet that the group has in a zone; where none is on record, one made of the names.
    pub(crate) fn subnet(&self, group: Option<&Group>, cluster: &str, zone: &str) -> String {
        let known = group.and_then(|group| {
            let at = group.zones.iter().position(|known| known == zone)?;
            self.subnets(group).get(at).cloned()
        });
        known.unwrap_or_else(|| subnet(cluster, zone))
    }

    /// Id of a cluster's VPC; empty where none is on record.
    pub(crate) fn vpc(&self, cluster: &str) -> String {
        let known = self.clusters.get(cluster).and_then(|it| it.rest.get("resourcesVpcConfig"));
        known.and_then(|it| it["vpcId"].as_str()).unwrap_or_default().to_owned()
    }

    /// The clusters on record.
    pub(crate) fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.values()
    }

    fn nodegroup(&self, group: &Group) -> Option<&Nodegroup> {
        self.nodegroups.get(&(group.cluster.clone(), group.nodegroup.clone()?))
    }
}
