//! Operations that change a group.

use replank_service::launch_template::lookup::{self, Named};
use replank_service::ports::Account;
use replank_service::ports::auto_scaling::{Call, Done, Group, LaunchSource};

use super::activities::activity;
use super::failure::AutoScalingError;
use super::{Answer, policy, xml};
use crate::app::App;
use crate::given::Given;
use crate::record_view::RecordView;

/// Members of `UpdateAutoScalingGroup` that act here.
const UPDATED: [&str; 8] = [
    "AutoScalingGroupName",
    "DesiredCapacity",
    "HealthCheckType",
    "LaunchTemplate",
    "MaxSize",
    "MinSize",
    "MixedInstancesPolicy",
    "NewInstancesProtectedFromScaleIn",
];
/// Largest number of instances of one request to terminate or protect.
const TERMINATED_MAX: usize = 100;
const PROTECTED_MAX: usize = 50;

/// `UpdateAutoScalingGroup`: sizes, launch template, protection of new instances.
pub(super) async fn update<A: Account>(app: &App<A>, given: &Given) -> Answer {
    refuse_others(given, &UPDATED)?;
    let group = named(given)?;
    if given.has("MixedInstancesPolicy") {
        let groups = app.service.account.auto_scaling_groups().await?;
        let found =
            groups.iter().find(|one| one.name == group).ok_or_else(|| AutoScalingError::no_group(group))?;
        policy::stays(given, found, RecordView::read(app).await?.is_spot(found))?;
    }
    let sizes = [count(given, "MinSize")?, count(given, "DesiredCapacity")?, count(given, "MaxSize")?];
    let call = Call::Update {
        sizes,
        source: source(app, given).await?,
        protects_new: flag(given, "NewInstancesProtectedFromScaleIn")?,
    };
    carried_out(app, group, &call).await.map(|_| String::new())
}

/// Refuses what is given and does not act here.
pub(super) fn refuse_others(given: &Given, acting: &[&str]) -> Result<(), AutoScalingError> {
    if let Some(kind) = given.given("HealthCheckType").filter(|kind| *kind != "EC2") {
        return Err(AutoScalingError::not_here(&format!("HealthCheckType {kind}")));
    }
    // What is not of the operation: that of every request, and of a signature in the query.
    let is_frame = |name: &str| matches!(name, "Action" | "Version") || name.starts_with("X-Amz-");
    let other = given.members().find(|name| !is_frame(name) && !acting.contains(name));
    other.map_or(Ok(()), |name| Err(AutoScalingError::not_here(name)))
}

/// The launch template that a request names, of a mixed instances policy too; that one only as EKS has it.
pub(super) async fn source<A: Account>(
    app: &App<A>,
    given: &Given,
) -> Result<Option<LaunchSource>, AutoScalingError> {
    const OF_POLICY: &str = "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification";
    let is_policy = given.has("MixedInstancesPolicy");
    let place = if is_policy { OF_POLICY } else { "LaunchTemplate" };
    if is_policy && given.has("LaunchTemplate") {
        return Err(AutoScalingError::invalid(
            "Valid requests must contain either LaunchTemplate or MixedInstancesPolicy.",
        ));
    }
    let member = |name: &str| given.given(&format!("{place}.{name}"));
    let (id, name) = (member("LaunchTemplateId"), member("LaunchTemplateName"));
    let wanted = match (id, name) {
        (None, None) if !given.has(place) => return Ok(None),
        (Some(id), None) => Named::Id(id),
        (None, Some(name)) => Named::Name(name),
        (None, None) | (Some(_), Some(_)) => {
            return Err(AutoScalingError::invalid(
                "Valid requests must contain either launchTemplateId or LaunchTemplateName",
            ));
        }
    };
    let found = lookup::find(&app.service, wanted).await?;
    // Without a version the default one is meant, as it is then (Auto Scaling: LaunchTemplateSpecification).
    let version = member("Version").unwrap_or("$Default");
    lookup::version(&found, version)?;
    Ok(Some(LaunchSource { template: found.id, version: version.to_owned() }))
}

/// `SetDesiredCapacity`.
pub(super) async fn desired<A: Account>(app: &App<A>, given: &Given) -> Answer {
    if flag(given, "HonorCooldown")? == Some(true) {
        return Err(AutoScalingError::not_here("HonorCooldown"));
    }
    let desired =
        count(given, "DesiredCapacity")?.ok_or_else(|| AutoScalingError::missing("DesiredCapacity"))?;
    carried_out(app, named(given)?, &Call::SetDesired(desired)).await.map(|_| String::new())
}

/// `TerminateInstanceInAutoScalingGroup`, of one instance or of several of one group.
pub(super) async fn terminate<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let decrement = flag(given, "ShouldDecrementDesiredCapacity")?
        .ok_or_else(|| AutoScalingError::missing("ShouldDecrementDesiredCapacity"))?;
    let several = given.list("InstanceIds.member");
    let ids: Vec<String> = match (given.given("InstanceId"), &several[..]) {
        (Some(id), []) => vec![id.to_owned()],
        (None, [_, ..]) => several.iter().map(|id| (*id).to_owned()).collect(),
        (None, []) => return Err(AutoScalingError::missing("InstanceId")),
        (Some(_), [_, ..]) => {
            return Err(AutoScalingError::invalid("InstanceId and InstanceIds cannot both be specified."));
        }
    };
    if ids.len() > TERMINATED_MAX {
        return Err(AutoScalingError::invalid(format!(
            "InstanceIds: at most {TERMINATED_MAX} can be given."
        )));
    }
    let is_plural = !several.is_empty();
    let group = match given.given("AutoScalingGroupName") {
        Some(group) => group.to_owned(),
        None if is_plural => return Err(AutoScalingError::missing("AutoScalingGroupName")),
        None => group_of(app, &ids[0]).await?,
    };
    let done = carried_out(app, &group, &Call::Terminate { instances: ids, decrement }).await?;
    let groups = app.service.account.auto_scaling_groups().await?;
    let found = groups.iter().find(|one| one.name == group);
    let view = RecordView::read(app).await?;
    let mut shown = done.activities.iter().map(|one| activity(&view, found, one));
    if is_plural {
        return Ok(xml::list("Activities", shown));
    }
    Ok(xml::element("Activity", &shown.next().unwrap_or_default()))
}

/// The name of the group of an instance.
async fn group_of<A: Account>(app: &App<A>, id: &str) -> Result<String, AutoScalingError> {
    let groups = app.service.account.auto_scaling_groups().await?;
    let has = |group: &&Group| group.instances.iter().any(|one| one.id == id);
    groups.iter().find(has).map(|group| group.name.clone()).ok_or_else(|| {
        AutoScalingError::invalid(format!(
            "Instance Id not found - No managed instance found for instance ID: {id}"
        ))
    })
}

/// `SuspendProcesses` and `ResumeProcesses`.
pub(super) async fn processes<A: Account>(app: &App<A>, given: &Given, suspended: bool) -> Answer {
    let names = given.list("ScalingProcesses.member").into_iter().map(str::to_owned).collect();
    carried_out(app, named(given)?, &Call::Processes { names, suspended }).await.map(|_| String::new())
}

/// `SetInstanceProtection`.
pub(super) async fn protect<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let instances: Vec<String> = given.list("InstanceIds.member").into_iter().map(str::to_owned).collect();
    if instances.is_empty() {
        return Err(AutoScalingError::missing("InstanceIds"));
    }
    if instances.len() > PROTECTED_MAX {
        return Err(AutoScalingError::invalid(format!("InstanceIds: at most {PROTECTED_MAX} can be given.")));
    }
    let protected = flag(given, "ProtectedFromScaleIn")?
        .ok_or_else(|| AutoScalingError::missing("ProtectedFromScaleIn"))?;
    carried_out(app, named(given)?, &Call::Protect { instances, protected }).await.map(|_| String::new())
}

/// `DeleteAutoScalingGroup`.
pub(super) async fn delete<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let force = flag(given, "ForceDelete")?.unwrap_or(false);
    carried_out(app, named(given)?, &Call::Delete { force }).await.map(|_| String::new())
}

/// Carries out a call, and wakes whoever waits for the cloud.
pub(super) async fn carried_out<A: Account>(
    app: &App<A>,
    group: &str,
    call: &Call,
) -> Result<Done, AutoScalingError> {
    let done = app.service.account.call(group, call).await?;
    (app.service.wake)();
    Ok(done)
}

/// The group that a request names.
pub(super) fn named(given: &Given) -> Result<&str, AutoScalingError> {
    given.given("AutoScalingGroupName").ok_or_else(|| AutoScalingError::missing("AutoScalingGroupName"))
}

/// A number of instances.
pub(super) fn count(given: &Given, name: &str) -> Result<Option<u32>, AutoScalingError> {
    let read = |text: &str| {
        let said = format!("{name}: {text} is not accepted; give a number of instances, 0 or more.");
        text.parse().map_err(|_| AutoScalingError::invalid(said))
    };
    given.given(name).map(read).transpose()
}

/// A switch.
pub(super) fn flag(given: &Given, name: &str) -> Result<Option<bool>, AutoScalingError> {
    let read = |text: &str| {
        let said = format!("{name}: {text} is not accepted; give true or false.");
        text.to_ascii_lowercase().parse().map_err(|_| AutoScalingError::invalid(said))
    };
    given.given(name).map(read).transpose()
}
