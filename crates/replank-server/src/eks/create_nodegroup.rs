//! `CreateNodegroup`: the group is `ACTIVE` when its nodes are Ready.

use std::collections::BTreeMap;

use replank_core::version::Minor;
use replank_service::ports::Account;
use replank_service::ports::node_groups::GroupRequest;
use replank_service::records::{Key, Kind};
use serde_json::{Value, json};

use super::group_rules as rules;
use super::{EksError, Exception, Input, iam, launch_template, name, network, tags, token};
use crate::app::App;
use replank_service::launch_template::{Template, named, runs};
use replank_service::records;
use replank_service::records::found::subnet;
use replank_service::records::{
    Cluster, ClusterStatus, Health, Nodegroup, NodegroupCreation, NodegroupStatus, PendingOperation,
    ScalingConfig, Taint, UpdateConfig,
};
use replank_service::{Refusal, now, release, seconds};

/// Most instance types of a group (EKS: 20).
const TYPES_MAX: usize = 20;
/// Longest name of a node group (EKS user guide).
const NAME_MAX: usize = 63;
/// First minor at which new groups run AL2023 by default (EKS user guide).
const AL2023_FROM: Minor = Minor(30);

/// Records the group and its pending creation.
pub(super) async fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    if let Some(answer) = token::replayed(app, input)? {
        return Ok(answer);
    }
    let cluster = records::cluster(&app.service.records, input.text("clusterName"))?;
    let name = input.text("nodegroupName");
    let about = |failure: EksError| failure.cluster(&cluster.name).nodegroup(name);
    let of_service = |refusal: Refusal| about(refusal.into());
    if cluster.status != ClusterStatus::Active {
        let said = format!("Cluster '{}' is not in ACTIVE status", cluster.name);
        return Err(about(EksError::new(Exception::InvalidRequest, said)));
    }
    let template = match launch_template::asked(input).map_err(about)? {
        Some(asked) => Some(named(&app.service, &asked).await.map_err(of_service)?),
        None => None,
    };
    launch_template::beside(input, template.as_ref()).map_err(of_service)?;
    let group = group(app, input, &cluster, template.as_ref()).await.map_err(about)?;
    let zones = zones(app, &cluster, &group).await.map_err(about)?;
    let image = match template.as_ref().and_then(Template::image) {
        Some(own) => (own.to_owned(), own.to_owned()),
        None => {
            let (minor, release) =
                (group.version.as_deref().unwrap_or_default(), input.given("releaseVersion"));
            let found = release::image(&app.service.account, &group.ami_type, minor, release).await;
            let found = found.map_err(of_service)?;
            (found.id, found.release)
        }
    };
    let group = Nodegroup { release_version: Some(image.1.clone()), ..group };
    let wish = wish(&group, zones, image.0, template.as_ref());
    let answer = token::once(app, input, |change| {
        let groups = change.list(Kind::NodeGroup, &cluster.name);
        if groups.iter().any(|(key, _)| key.name == name) {
            let said = format!("NodeGroup already exists with name {name} and cluster name {}", cluster.name);
            return Err(about(EksError::new(Exception::ResourceInUse, said)));
        }
        let most = app.quotas.nodegroups;
        if groups.len() >= most {
            let said = format!("You have reached the limit of {most} node groups for the cluster.");
            return Err(about(EksError::new(Exception::ResourceLimit, said)));
        }
        change.put(Key::new(Kind::NodeGroup, &cluster.name, name), records::written(&group));
        let wish = NodegroupCreation { cluster: cluster.name.clone(), request: wish, begun_second: None };
        let wish = PendingOperation::NodegroupCreate(Box::new(wish));
        change.put(records::group_operation_key(&cluster.name, name), records::written(&wish));
        Ok(json!({ "nodegroup": group }))
    })?;
    app.service.wake();
    Ok(answer)
}

async fn group<A: Account>(
    app: &App<A>,
    input: &Input,
    cluster: &Cluster,
    template: Option<&Template>,
) -> Result<Nodegroup, EksError> {
    let name = input.text("nodegroupName");
    check(input)?;
    if app.service.account.endpoint(&cluster.name).await?.is_none() {
        let said = format!("Cluster {} has no Kubernetes API here, so no node could join it.", cluster.name);
        return Err(EksError::new(Exception::InvalidRequest, said));
    }
    let minor = Minor::parse(&cluster.version).unwrap_or(Minor(0));
    if let Some(version) = input.given("version").filter(|version| **version != *cluster.version) {
        let said = format!(
            "Nodegroup Kubernetes version {version} must be that of its cluster, {}",
            cluster.version
        );
        return Err(EksError::invalid(said));
    }
    let labels: BTreeMap<String, String> = rules::read(input.value("labels").unwrap_or(&Value::Null))?;
    rules::labels(&labels)?;
    let taints = rules::given_taints(input.value("taints").unwrap_or(&Value::Null), "taints")?;
    rules::taints(&taints)?;
    let tagged = tags::beside(input)?;
    let one = UpdateConfig { max_unavailable: Some(1), ..UpdateConfig::default() };
    let default_type = if minor >= AL2023_FROM { "AL2023_x86_64_STANDARD" } else { "AL2_x86_64" };
    let id = replank_service::uuid();
    let at = seconds(now());
    let is_custom = template.is_some_and(|template| template.image().is_some());
    let ami_type = if is_custom { "CUSTOM" } else { input.given("amiType").unwrap_or(default_type) };
    if let Some(pool) = input.value("warmPoolConfig") {
        rules::warm_pool(pool, ami_type)?;
    }
    let instance_types = instance_types(input, template)?;
    runs(ami_type, instance_types.as_deref(), template)?;
    Ok(Nodegroup {
        nodegroup_name: name.to_owned(),
        nodegroup_arn: app.service.identity.arn(&format!("nodegroup/{}/{name}/{id}", cluster.name)),
        cluster_name: cluster.name.clone(),
        version: Some(cluster.version.clone()),
        release_version: None,
        created_at: at,
        modified_at: at,
        status: NodegroupStatus::Creating,
        capacity_type: input.given("capacityType").unwrap_or("ON_DEMAND").to_owned(),
        scaling_config: sizes(input)?,
        instance_types,
        subnets: input.texts("subnets").into_iter().map(str::to_owned).collect(),
        remote_access: input.value("remoteAccess").cloned(),
        ami_type: ami_type.to_owned(),
        node_role: input.text("nodeRole").to_owned(),
        labels,
        taints,
        resources: None,
        disk_size: template.is_none().then(|| disk_size(input, ami_type)),
        health: Health::default(),
        update_config: match input.value("updateConfig") {
            Some(given) => one.changed_by(&rules::read(given)?)?,
            None => one,
        },
        node_repair_config: input.value("nodeRepairConfig").cloned(),
        launch_template: template.map(|template| template.shown.clone()),
        tags: tagged
            .into_iter()
            .map(|(key, value)| (key, value.as_str().unwrap_or_default().into()))
            .collect(),
        warm_pool_config: input.value("warmPoolConfig").cloned(),
    })
}

/// The checks that need no record.
fn check(input: &Input) -> Result<(), EksError> {
    name::check("nodegroup", input.text("nodegroupName"), NAME_MAX)?;
    iam::role("nodeRole", input.text("nodeRole"))?;
    network::check_subnets(&input.texts("subnets"))?;
    if let Some(access) = input.value("remoteAccess") {
        network::check_groups(&access["sourceSecurityGroups"])?;
    }
    input.value("nodeRepairConfig").map_or(Ok(()), rules::repair)
}

/// Size of the root volume in GiB: 20 by default, 50 for Windows (EKS).
fn disk_size(input: &Input, ami_type: &str) -> u32 {
    let usual = if ami_type.starts_with("WINDOWS_") { 50 } else { 20 };
    input.number("diskSize").and_then(|size| size.try_into().ok()).unwrap_or(usual)
}

/// Instance types; `None` when the user's template has one, `t3.medium` when neither is given (EKS).
fn instance_types(input: &Input, template: Option<&Template>) -> Result<Option<Vec<String>>, EksError> {
    if template.is_some_and(|template| template.instance_type().is_some()) {
        return Ok(None);
    }
    let mut types: Vec<String> = input.texts("instanceTypes").into_iter().map(str::to_owned).collect();
    if types.len() > TYPES_MAX {
        return Err(EksError::invalid(format!("A node group can have at most {TYPES_MAX} instance types.")));
    }
    if types.is_empty() {
        types.push("t3.medium".into());
    }
    Ok(Some(types))
}

/// The sizes: all three must be given or none, which means 1, 2 and 2 (EKS).
fn sizes(input: &Input) -> Result<ScalingConfig, EksError> {
    let Some(given) = input.value("scalingConfig") else {
        return Ok(ScalingConfig { min_size: 1, max_size: 2, desired_size: 2 });
    };
    let [min, max, desired] = ["minSize", "maxSize", "desiredSize"].map(|name| given[name].as_u64());
    let (Some(min), Some(max), Some(desired)) = (min, max, desired) else {
        return Err(EksError::invalid("minSize, maxSize and desiredSize must all be given"));
    };
    let sizes = ScalingConfig { min_size: min as u32, max_size: max as u32, desired_size: desired as u32 };
    rules::sizes(sizes)?;
    Ok(sizes)
}

/// Zones of the group's subnets.
async fn zones<A: Account>(
    app: &App<A>,
    cluster: &Cluster,
    group: &Nodegroup,
) -> Result<Vec<String>, EksError> {
    let known = app.service.account.zones().await?;
    // Subnets that a cluster was made with lie in the zones in turn, unless they are known.
    let own = cluster.rest.get("resourcesVpcConfig").and_then(|it| it["subnetIds"].as_array());
    let in_turn = |id: &String| {
        let at = own?.iter().position(|own| own == id.as_str())?;
        known.get(at % known.len().max(1)).cloned()
    };
    let clusters = app.service.records.list(Kind::Cluster, "");
    let zone = |id: &String| {
        let is = |zone: &&String| clusters.iter().any(|(key, _)| subnet(&key.name, zone) == *id);
        let found = known.iter().find(is).cloned().or_else(|| in_turn(id));
        found.ok_or_else(|| EksError::invalid(format!("The subnet ID '{id}' does not exist")))
    };
    if group.subnets.is_empty() {
        return Err(EksError::invalid("At least one subnet must be specified"));
    }
    group.subnets.iter().map(zone).collect()
}

fn wish(group: &Nodegroup, zones: Vec<String>, image: String, template: Option<&Template>) -> GroupRequest {
    let id = group.nodegroup_arn.rsplit('/').next().unwrap_or_default();
    let letters: String = id.chars().filter(|c| *c != '-').take(17).collect();
    let ScalingConfig { min_size, max_size, desired_size } = group.scaling_config;
    GroupRequest {
        cluster: group.cluster_name.clone(),
        group: group.nodegroup_name.clone(),
        scaling_group: format!("eks-{}-{id}", group.nodegroup_name),
        template: format!("lt-{letters}"),
        zones,
        sizes: [min_size, desired_size, max_size],
        image,
        instance_type: template
            .and_then(Template::instance_type)
            .map(str::to_owned)
            .or_else(|| group.instance_types.iter().flatten().next().cloned())
            .unwrap_or_default(),
        capacity_type: group.capacity_type.clone(),
        labels: group.labels.clone(),
        taints: group.taints.iter().map(Taint::as_kubernetes).collect(),
        tags: group.tags.clone(),
        source: template.map(Template::source),
    }
}
