//! `CreateAutoScalingGroup`: a group that the user keeps, whose nodes join the cluster that its tags name.

use replank_service::ports::Account;
use replank_service::ports::auto_scaling::{NewGroup, Tag};
use replank_service::records::found::subnet;

use super::change::{count, flag, named, refuse_others, source};
use super::failure::AutoScalingError;
use super::{Answer, tags};
use crate::app::App;
use crate::given::Given;
use crate::record_view::RecordView;

/// Members of `CreateAutoScalingGroup` that act here.
const CREATED: [&str; 10] = [
    "AutoScalingGroupName",
    "AvailabilityZones",
    "DesiredCapacity",
    "HealthCheckType",
    "LaunchTemplate",
    "MaxSize",
    "MinSize",
    "NewInstancesProtectedFromScaleIn",
    "Tags",
    "VPCZoneIdentifier",
];
/// The tag of what belongs to a cluster.
const OWNED: &str = "kubernetes.io/cluster/";

/// `CreateAutoScalingGroup`.
pub(super) async fn create<A: Account>(app: &App<A>, given: &Given) -> Answer {
    refuse_others(given, &CREATED)?;
    let name = named(given)?;
    let must = |name: &'static str| count(given, name)?.ok_or_else(|| AutoScalingError::missing(name));
    let (min, max) = (must("MinSize")?, must("MaxSize")?);
    let desired = count(given, "DesiredCapacity")?.unwrap_or(min);
    let source = source(app, given).await?.ok_or_else(|| {
        AutoScalingError::invalid(
            "Valid requests must contain a LaunchTemplate; launch configurations are not here.",
        )
    })?;
    let tags: Vec<Tag> = tags::given(given).into_iter().map(|(_, tag)| tag).collect();
    let view = RecordView::read(app).await?;
    let cluster = cluster(&view, &tags)?;
    let zones = zones(app, given, &cluster).await?;
    let new = NewGroup {
        name: name.to_owned(),
        cluster,
        zones,
        sizes: [min, desired, max],
        source,
        tags,
        protects_new: flag(given, "NewInstancesProtectedFromScaleIn")?.unwrap_or(false),
    };
    app.service.account.create_auto_scaling_group(&new).await?;
    (app.service.wake)();
    Ok(String::new())
}

/// The cluster that the nodes of a group join.
fn cluster(view: &RecordView, tags: &[Tag]) -> Result<String, AutoScalingError> {
    let mut named = tags.iter().filter_map(|tag| tag.key.strip_prefix(OWNED));
    let known = |name: &str| view.clusters().any(|cluster| cluster.name == name);
    match (named.next(), named.next()) {
        (Some(name), None) if known(name) => Ok(name.to_owned()),
        (Some(name), None) => Err(AutoScalingError::invalid(format!(
            "The tag {OWNED}{name} names a cluster that is not here; there are {}.",
            view.clusters().map(|cluster| &*cluster.name).collect::<Vec<_>>().join(", ")
        ))),
        (None, _) | (Some(_), Some(_)) => Err(AutoScalingError::invalid(format!(
            "This endpoint makes groups for clusters: give one tag {OWNED}NAME=owned."
        ))),
    }
}

/// The zones of a group: those of its subnets, or those that are named.
async fn zones<A: Account>(
    app: &App<A>,
    given: &Given,
    cluster: &str,
) -> Result<Vec<String>, AutoScalingError> {
    let known = app.service.account.zones().await?;
    if let Some(subnets) = given.given("VPCZoneIdentifier") {
        let zone = |id: &str| {
            let found = known.iter().find(|zone| subnet(cluster, zone) == id);
            found
                .cloned()
                .ok_or_else(|| AutoScalingError::invalid(format!("The subnet ID '{id}' does not exist")))
        };
        return subnets.split(',').map(str::trim).map(zone).collect();
    }
    let named = given.list("AvailabilityZones.member");
    if named.is_empty() {
        let said = "At least one Availability Zone or VPC Subnet is required.";
        return Err(AutoScalingError::invalid(said));
    }
    let zone = |name: &&str| {
        let found = known.iter().find(|zone| zone == name);
        found
            .cloned()
            .ok_or_else(|| AutoScalingError::invalid(format!("Invalid availability zone: [{name}]")))
    };
    named.iter().map(zone).collect()
}
