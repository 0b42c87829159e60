//! `DescribeAutoScalingGroups`, `DescribeAutoScalingInstances` and what tells of the account.

use jiff::Timestamp;
use replank_service::ports::Account;
use replank_service::ports::auto_scaling::{Group, Instance};
use replank_service::zone;

use super::pages::{self, Filter};
use super::{Answer, policy, xml};
use crate::app::App;
use crate::given::Given;
use crate::record_view::RecordView;

/// Quotas of an account (EC2 Auto Scaling user guide: quotas).
const LIMITS: [(&str, usize); 2] =
    [("MaxNumberOfAutoScalingGroups", 500), ("MaxNumberOfLaunchConfigurations", 200)];
/// The processes of a group.
const PROCESSES: [&str; 9] = [
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

/// `DescribeAutoScalingGroups`. Names that are not there are left out.
pub(super) async fn groups<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let names = given.list("AutoScalingGroupNames.member");
    let filters = pages::filters(given, &["tag-key", "tag-value", "tag:"])?;
    let mut found = app.service.account.auto_scaling_groups().await?;
    found.retain(|group| names.is_empty() || names.contains(&&*group.name));
    found.retain(|group| filters.iter().all(|filter| passes(filter, group)));
    let with_instances = given.text("IncludeInstances") != "false";
    let (page, token) = pages::page(given, found, |group| group.name.clone())?;
    let view = RecordView::read(app).await?;
    let items = page.iter().map(|group| self::group(&view, group, with_instances));
    Ok(xml::list("AutoScalingGroups", items) + &token)
}

fn passes(filter: &Filter, group: &Group) -> bool {
    group.tags.iter().any(|tag| match filter.name.strip_prefix("tag:") {
        Some(key) => tag.key == key && filter.has(&tag.value),
        None if filter.name == "tag-key" => filter.has(&tag.key),
        None => filter.has(&tag.value),
    })
}

fn group(view: &RecordView, group: &Group, with_instances: bool) -> String {
    let sizes = group.sizes;
    let is_managed = group.nodegroup.is_some();
    let suspended = group.suspended.iter().map(|(process, at)| {
        xml::text("ProcessName", process)
            + &xml::text("SuspensionReason", format!("User suspended at {}", whole(*at)))
    });
    let tags = group.tags.iter().map(|tag| super::tags::tag(&group.name, tag));
    let instances = group.instances.iter().filter(|_| with_instances);
    let policies: &[&str] = if is_managed {
        &["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"]
    } else {
        &["OldestLaunchTemplate", "OldestInstance"]
    };
    [
        xml::text("AutoScalingGroupName", &group.name),
        xml::text("AutoScalingGroupARN", view.group_arn(group)),
        source(view, group),
        xml::text("MinSize", sizes.min),
        xml::text("MaxSize", sizes.max),
        xml::text("DesiredCapacity", sizes.desired),
        xml::text("DefaultCooldown", 300),
        xml::texts("AvailabilityZones", &group.zones),
        xml::texts("AvailabilityZoneIds", group.zones.iter().map(|name| zone::id(&view.region, name))),
        xml::list("LoadBalancerNames", []),
        xml::list("TargetGroupARNs", []),
        xml::text("HealthCheckType", "EC2"),
        xml::text("HealthCheckGracePeriod", if is_managed { 15 } else { 0 }),
        xml::list("Instances", instances.map(|one| instance(view, one))),
        xml::text("CreatedTime", view.created_at(group)),
        xml::list("SuspendedProcesses", suspended),
        xml::text("VPCZoneIdentifier", view.subnets(group).join(",")),
        xml::list("EnabledMetrics", []),
        xml::maybe("Status", group.is_leaving.then_some("Delete in progress")),
        xml::list("Tags", tags),
        xml::texts("TerminationPolicies", policies),
        xml::text("NewInstancesProtectedFromScaleIn", group.protects_new),
        xml::text("ServiceLinkedRoleARN", view.service_role()),
        xml::text("CapacityRebalance", false),
        xml::list("TrafficSources", []),
        xml::element(
            "AvailabilityZoneDistribution",
            &xml::text("CapacityDistributionStrategy", "balanced-best-effort"),
        ),
    ]
    .concat()
}

/// A time without fractions of a second.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// What a group launches. EKS makes its groups with a mixed instances policy of one instance type.
fn source(view: &RecordView, group: &Group) -> String {
    let source = &group.source;
    let specification = template(view, &source.template, &source.version);
    if group.nodegroup.is_none() {
        return xml::element("LaunchTemplate", &specification);
    }
    policy::shown(group, view.is_spot(group), &specification)
}

fn template(view: &RecordView, id: &str, version: impl ToString) -> String {
    [
        xml::text("LaunchTemplateId", id),
        xml::maybe("LaunchTemplateName", view.template_name(id)),
        xml::text("Version", version),
    ]
    .concat()
}

fn instance(view: &RecordView, one: &Instance) -> String {
    [
        xml::text("InstanceId", &one.id),
        xml::text("InstanceType", &one.instance_type),
        xml::text("AvailabilityZone", &one.zone),
        xml::text("AvailabilityZoneId", zone::id(&view.region, &one.zone)),
        xml::text("LifecycleState", one.lifecycle),
        xml::text("HealthStatus", if one.is_healthy { "Healthy" } else { "Unhealthy" }),
        xml::element("LaunchTemplate", &template(view, &one.template, one.version)),
        xml::text("ImageId", &one.image),
        xml::text("ProtectedFromScaleIn", one.is_protected),
    ]
    .concat()
}

/// `DescribeAutoScalingInstances`. Ids that are not there are left out.
pub(super) async fn instances<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let ids = given.list("InstanceIds.member");
    let groups = app.service.account.auto_scaling_groups().await?;
    let all = groups.iter().flat_map(|group| group.instances.iter().map(move |one| (&*group.name, one)));
    let found = all.filter(|(_, one)| ids.is_empty() || ids.contains(&&*one.id)).collect();
    let (page, token) = pages::page(given, found, |(_, one)| one.id.clone())?;
    let view = RecordView::read(app).await?;
    // Here the health is written in capitals (Auto Scaling).
    let item = |(group, one): &(&str, &Instance)| {
        let shown =
            instance(&view, one).replace(">Healthy<", ">HEALTHY<").replace(">Unhealthy<", ">UNHEALTHY<");
        xml::text("AutoScalingGroupName", group) + &shown
    };
    Ok(xml::list("AutoScalingInstances", page.iter().map(item)) + &token)
}

/// `DescribeAccountLimits`.
pub(super) async fn limits<A: Account>(app: &App<A>) -> Answer {
    let groups = app.service.account.auto_scaling_groups().await?.len();
    let limits: String = LIMITS.iter().map(|(name, most)| xml::text(name, most)).collect();
    let used = [xml::text("NumberOfAutoScalingGroups", groups), xml::text("NumberOfLaunchConfigurations", 0)];
    Ok(limits + &used.concat())
}

/// `DescribeScalingProcessTypes`.
pub(super) fn process_types() -> String {
    xml::list("Processes", PROCESSES.iter().map(|name| xml::text("ProcessName", name)))
}
