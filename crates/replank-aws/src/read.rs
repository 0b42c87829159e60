//! Readings of a group: one call for the group itself, more only for what is new.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_autoscaling::types as sdk;
use jiff::Timestamp;
use replank_core::observed::Lifecycle;
use thiserror::Error;

use crate::cloud::AwsCloud;
use crate::ec2::Tree;
use crate::failure::{CallError, FailureKind};
use crate::group::activities::Launched;
use crate::group::templates::{self, RESOLVE, Template};
use crate::group::{BadGroup, GroupInstance, ScalingGroup, Source};
use crate::{Aws, hooks, view};

/// How long it is believed which version of a template is the latest and which the default.
const LISTED: Duration = Duration::from_mins(2);
/// How many activities are read; failures that are older do not matter any more.
const ACTIVITIES: i32 = 40;
/// Groups of one page, the most that AWS gives.
const PAGE: i32 = 100;

/// Why a group could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadGroupError {
    /// AWS was not asked with success.
    #[error("{0}")]
    Failed(#[from] CallError),
    /// There is no such group.
    #[error("there is no Auto Scaling group {name} in {region}")]
    NoGroup {
        /// Name of the group.
        name: String,
        /// The region that was asked.
        region: String,
    },
    /// It cannot be updated as it is.
    #[error("{0}")]
    Bad(#[from] BadGroup),
    /// What it launches from does not exist.
    #[error("Auto Scaling group {group} launches from {template} version {version}, which does not exist")]
    NoVersion {
        /// Name of the group.
        group: String,
        /// Id of its launch template, such as `lt-0123456789abcdef0`.
        template: String,
        /// The version as written.
        version: String,
    },
}

/// The description of one group.
pub(crate) async fn describe(aws: &Aws, name: &str) -> Result<ScalingGroup, ReadGroupError> {
    let call = aws.autoscaling.describe_auto_scaling_groups().auto_scaling_group_names(name);
    let answer = aws.ask("DescribeAutoScalingGroups", call.send()).await?;
    let found = answer.auto_scaling_groups.unwrap_or_default().into_iter().next();
    let none = || ReadGroupError::NoGroup { name: name.to_owned(), region: aws.region.clone() };
    Ok(ScalingGroup::of(found.ok_or_else(none)?)?)
}

/// Every scaling group of the account and region.
pub(crate) async fn all(aws: &Aws) -> Result<Vec<sdk::AutoScalingGroup>, CallError> {
    let (mut groups, mut token) = (Vec::new(), None);
    loop {
        let call =
            aws.autoscaling.describe_auto_scaling_groups().max_records(PAGE).set_next_token(token.take());
        let page = aws.ask("DescribeAutoScalingGroups", call.send()).await?;
        groups.extend(page.auto_scaling_groups.unwrap_or_default());
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(groups);
        }
    }
}

/// Reads the group, and what is new about it.
pub(crate) async fn group(cloud: &AwsCloud) -> Result<(), ReadGroupError> {
    let group = describe(&cloud.aws, &cloud.name).await?;
    let before = {
        let mut view = cloud.view();
        let before = view.group.replace(group.clone());
        view.note_sizes(group.sizes);
        view.read_at = Some(Instant::now());
        view.is_stale = false;
        before
    };
    let is_new = before.as_ref().is_none_or(|before| before.described != group.described);
    {
        let mut view = cloud.view();
        view.quiet = if is_new { 0 } else { view.quiet.saturating_add(1) };
    }
    match &group.source {
        Source::Template { .. } => read_templates(cloud, &group).await?,
        Source::Configuration(name) => read_configuration(cloud, name).await?,
    }
    read_instances(cloud, &group).await?;
    hooks::answer(cloud, &group).await?;
    if group.sizes.desired > group.standing() && before.is_some() {
        read_activities(cloud).await?;
    }
    Ok(())
}

/// Lists the templates again if there is a version that is not known, or the list is old.
async fn read_templates(cloud: &AwsCloud, group: &ScalingGroup) -> Result<(), ReadGroupError> {
    let Source::Template { base, .. } = &group.source else { return Ok(()) };
    if lacks(cloud, group) {
        for id in group.source.templates() {
            let read = list_versions(&cloud.aws, id).await?;
            cloud.view().templates.put(id, read);
        }
        let named = cloud.view().templates.parameters();
        let images = parameters(&cloud.aws, named).await?;
        let mut view = cloud.view();
        view.templates.resolve(&images);
        view.listed_at = Some(Instant::now());
    }
    let exists = cloud.view().templates.version(&base.id, &base.version).is_some();
    exists.then_some(()).ok_or_else(|| ReadGroupError::NoVersion {
        group: group.name.clone(),
        template: base.id.clone(),
        version: base.version.clone(),
    })
}

fn lacks(cloud: &AwsCloud, group: &ScalingGroup) -> bool {
    let view = cloud.view();
    let ids = group.source.templates();
    let Source::Template { base, .. } = &group.source else { return false };
    let is_unknown = |named: &crate::group::TemplateRef| {
        ids.contains(&named.id.as_str()) && view.templates.version(&named.id, &named.version).is_none()
    };
    let is_old = view.listed_at.is_none_or(|at| at.elapsed() >= LISTED);
    // Versions that instances were launched from may be deleted for good: they are looked for once in a while.
    let moves = base.version.starts_with('$') || !view.templates.parameters().is_empty();
    is_unknown(base)
        || (is_old && (moves || group.instances.iter().filter_map(|it| it.template.as_ref()).any(is_unknown)))
}

/// All versions of a template.
pub(crate) async fn list_versions(aws: &Aws, id: &str) -> Result<Template, CallError> {
    let asked = [("LaunchTemplateId", id), ("MaxResults", "200")];
    let items = aws.ec2.list("DescribeLaunchTemplateVersions", &asked, "launchTemplateVersionSet").await?;
    Ok(Template::of(&items))
}

/// The images that parameters name.
async fn parameters(aws: &Aws, names: Vec<String>) -> Result<BTreeMap<String, String>, CallError> {
    let mut images = BTreeMap::new();
    for written in names {
        let name = written.trim_start_matches(RESOLVE);
        if let Some(value) = aws.ssm.parameter(name).await? {
            images.insert(written, value);
        }
    }
    Ok(images)
}

async fn read_configuration(cloud: &AwsCloud, name: &str) -> Result<(), ReadGroupError> {
    if cloud.view().configured.as_ref().is_some_and(|known| known.settings.contains(name)) {
        return Ok(());
    }
    let call = cloud.aws.autoscaling.describe_launch_configurations().launch_configuration_names(name);
    let answer = cloud.aws.ask("DescribeLaunchConfigurations", call.send()).await?;
    let found = answer.launch_configurations().first();
    let image = found.and_then(|found| found.image_id()).unwrap_or_default();
    cloud.view().configured = Some(templates::configured(name, image));
    Ok(())
}

/// Looks up instances that are not known yet: their images where the group does not tell, and when they were launched.
async fn read_instances(cloud: &AwsCloud, group: &ScalingGroup) -> Result<(), ReadGroupError> {
    let is_first = cloud.view().launched_at.is_empty();
    let unknown = group.instances.iter().any(|instance| {
        let view = cloud.view();
        instance.lifecycle != Lifecycle::Terminating
            && !view.images.contains_key(&instance.id)
            && (is_first || (instance.image.is_none() && !is_certain(&view, instance)))
    });
    if unknown {
        // One unknown id would fail a list by ids.
        let filter = [("Filter.1.Name", "tag:aws:autoscaling:groupName"), ("Filter.1.Value.1", &*cloud.name)];
        let reservations = cloud.aws.ec2.list("DescribeInstances", &filter, "reservationSet").await?;
        let mut view = cloud.view();
        for instance in reservations.iter().flat_map(|one| one.items("instancesSet")) {
            note_instance(&mut view, instance);
        }
    }
    let mut view = cloud.view();
    for instance in &group.instances {
        view.launched_at.entry(instance.id.clone()).or_insert_with(Timestamp::now);
        if let Some(image) = &instance.image {
            view.images.insert(instance.id.clone(), image.clone());
        }
    }
    let here = |id: &String| group.instance(id).is_some();
    view.images.retain(|id, _| here(id));
    view.launched_at.retain(|id, _| here(id));
    view.ended.retain(here);
    Ok(())
}

/// Whether an instance that the group launched while it was watched runs the image of its template version: it does where
/// that names an image, and not a parameter.
fn is_certain(view: &view::View, instance: &GroupInstance) -> bool {
    let version = instance.template.as_ref().and_then(|it| view.templates.version(&it.id, &it.version));
    let image = version.and_then(|(_, version)| version.data.text("imageId"));
    image.is_some_and(|image| !image.starts_with(RESOLVE))
}

fn note_instance(view: &mut view::View, instance: &Tree) {
    let Some(id) = instance.text("instanceId") else { return };
    if let Some(image) = instance.text("imageId") {
        view.images.insert(id.to_owned(), image.to_owned());
    }
    if let Some(at) = instance.text("launchTime").and_then(|at| at.parse().ok()) {
        view.launched_at.insert(id.to_owned(), at);
    }
}

/// Reads why instances are missing.
async fn read_activities(cloud: &AwsCloud) -> Result<(), ReadGroupError> {
    let activities = match activities(cloud).await {
        Ok(activities) => activities,
        // They explain and decide nothing: an update without them goes on.
        Err(failure) if failure.kind == FailureKind::Denied => return Ok(()),
        Err(failure) => return Err(failure.into()),
    };
    cloud.view().launched = Launched::of(&activities);
    Ok(())
}

/// What the group did last.
pub(crate) async fn activities(cloud: &AwsCloud) -> Result<Vec<sdk::Activity>, CallError> {
    let call = cloud.aws.autoscaling.describe_scaling_activities();
    let call = call.auto_scaling_group_name(&*cloud.name).max_records(ACTIVITIES);
    let answer = cloud.aws.ask("DescribeScalingActivities", call.send()).await?;
    Ok(answer.activities.unwrap_or_default())
}
