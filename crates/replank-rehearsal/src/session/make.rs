//! Makes a world from its definition.

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_components::apiserver;
use replank_components::enter;
use replank_components::machines;
use replank_core::names::{ImageId, UpdateId};
use replank_core::node_group::spec::Spec;
use replank_core::observed::TemplateContent;
use replank_core::sizes::Sizes;

use super::patience::Patience;
use super::script::Script;
use super::{
    Definition, Session, SessionError, own_template, paces as pod_paces, script_deeds, self_managed,
    spec as update_spec,
};
use replank_components::autoscaler::{self, AutoscalerSettings, NOT_THERE, Skips};
use replank_components::control;
use replank_formats::worldfile;
use replank_formats::worldfile::spec::{
    self, CapacityType, Cluster, Fault, FaultCall, FaultError, KeptBy, NodeGroup, Verdict,
};
use replank_world::cloud::catalogue::{Arch, Image};
use replank_world::cloud::instance_type::{InstanceType, storage_allocatable};
use replank_world::cloud::settings::Settings;
use replank_world::cloud::{Cloud, GroupNo, GroupSpec, Offer, Paces};
use replank_world::fault;
use replank_world::object::Pod;
use replank_world::rng::{Chance, mix};
use replank_world::shared::Shared;
use replank_world::time::{Span, Time};
use replank_world::timings::Timings;
use replank_world::vocab::labels::Map;
use replank_world::vocab::quantity::{Resources, milli, units};
use replank_world::vocab::taint::{Effect, Taint};
use replank_world::world::World;

/// How long a new cluster gets to settle.
const SETTLES_MAX: Span = Span::secs(600);
/// Interval at which it is checked meanwhile; each check looks at every pod.
const SETTLES_STEP: Span = Span::secs(5);

/// Makes the world, lets it settle until the update is due, and resolves the targets of the updates.
pub(super) fn session(definition: Definition) -> Result<Session, SessionError> {
    let wanted = &definition.spec;
    let cluster_at = cluster(wanted)?;
    let cluster = &wanted.clusters[cluster_at];
    let groups = groups(cluster, wanted.update.groups.as_deref())?;
    for at in &groups {
        update_spec::leads_to(cluster, &cluster.node_groups[*at], &wanted.update)?;
    }
    let begun = Time::from(wanted.start.0);
    let mut world = replank_components::kubernetes::world(wanted.seed, begun, Timings::from(&wanted.timings));
    world.known = worldfile::known(cluster);
    world.cloud = Cloud::new(&cluster.region);
    for group in &cluster.node_groups {
        node_group(&mut world, cluster, group, &wanted.update)?;
    }
    let mut warnings = contents(&mut world, &definition, cluster)?;
    autoscaler::set(&mut world, autoscaler(cluster));
    autoscaler::switch(&mut world, cluster.autoscaler.enabled);
    warnings.extend(autoscaler::is_lacking(&world).then(|| NOT_THERE.to_owned()));
    settle(&mut world);
    let ready_at = world.now + Span::from(wanted.update.after.0);
    world.advance_to(ready_at);
    world.begin_tally();
    for one in &wanted.faults {
        world.faults.add(rule(one, ready_at));
    }
    let targets = targets(&world, cluster, &groups, wanted)?;
    let script = Script::new(&wanted.acts, ready_at, script_deeds::old(&world, &targets));
    let world = Shared::new(world);
    Ok(Session {
        world,
        cluster: cluster_at,
        groups,
        targets,
        warnings,
        script,
        log: None,
        definition,
        patience: Patience::default(),
    })
}

/// Advances time until every pod is Ready or finished, because an update begins on a settled cluster; at most
/// [`SETTLES_MAX`].
fn settle(world: &mut World) {
    let until = world.now + SETTLES_MAX;
    let rests = |pod: &Pod| pod.finished() || (pod.ready.is && !pod.terminating());
    loop {
        world.advance_to(world.now + SETTLES_STEP);
        if world.now >= until || world.store.pods.iter().all(|(_, pod)| rests(pod)) {
            return;
        }
    }
}

/// The flags of the Cluster Autoscaler, whether or not it is on.
pub(super) fn autoscaler(cluster: &Cluster) -> AutoscalerSettings {
    let flags = &cluster.autoscaler;
    AutoscalerSettings {
        scan: Span::from(flags.scan_interval.0),
        scale_down: flags.scale_down,
        delay_after_add: Span::from(flags.scale_down_delay.0),
        delay_after_delete: Span::from(flags.delay_after_delete.0),
        unneeded: Span::from(flags.unneeded_time.0),
        unready: Span::from(flags.unready_time.0),
        utilization: flags.utilization_threshold,
        recheck: Span::from(flags.unremovable_recheck.0),
        provision: Span::from(flags.provision_time.0),
        cordons: flags.cordon,
        delete_delay: Span::from(flags.delete_delay.0),
        eviction: Span::from(flags.eviction_time.0),
        termination: Span::from(flags.termination_time.0),
        parallelism: flags.parallelism,
        drains: flags.drain_parallelism,
        skips: Skips {
            local_storage: flags.skip_nodes_with.contains(&KeptBy::LocalStorage),
            system_pods: flags.skip_nodes_with.contains(&KeptBy::SystemPods),
        },
    }
}

fn cluster(wanted: &spec::WorldSpec) -> Result<usize, SessionError> {
    let Some(name) = &wanted.update.cluster else { return Ok(0) };
    wanted.clusters.iter().position(|cluster| cluster.name == *name).ok_or_else(|| SessionError::Unknown {
        what: "cluster",
        asked: name.clone(),
        known: names(wanted.clusters.iter().map(|cluster| &cluster.name)),
    })
}

pub(super) fn groups(cluster: &Cluster, wanted: Option<&[String]>) -> Result<Vec<usize>, SessionError> {
    let managed = || cluster.node_groups.iter().enumerate().filter(|(_, group)| !group.self_managed);
    let Some(wanted) = wanted else { return Ok(managed().map(|(at, _)| at).collect()) };
    let find = |name: &String| {
        managed().find(|(_, group)| group.name == *name).map(|(at, _)| at).ok_or_else(|| {
            SessionError::Unknown {
                what: "managed node group",
                asked: name.clone(),
                known: names(managed().map(|(_, group)| &group.name)),
            }
        })
    };
    wanted.iter().map(find).collect()
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn targets(
    world: &World,
    cluster: &Cluster,
    groups: &[usize],
    wanted: &spec::WorldSpec,
) -> Result<Vec<Spec>, SessionError> {
    let one = |at: &usize| {
        let group = &cluster.node_groups[*at];
        let target = update_spec::target(&world.cloud, cluster, group, &wanted.update)?;
        let id = UpdateId::new("");
        Ok(update_spec::spec(cluster, group, &wanted.update, target, id, wanted.seed))
    };
    groups.iter().map(one).collect()
}

/// Creates a node group with nodes that have been there for long.
fn node_group(
    world: &mut World,
    cluster: &Cluster,
    group: &NodeGroup,
    update: &spec::Update,
) -> Result<(), SessionError> {
    let refused = |why: String| SessionError::Refused { what: format!("node group {}", group.name), why };
    let minor = group.version.as_ref().unwrap_or(&cluster.version);
    let image = match &group.image {
        Some(image) => image.clone(),
        None => update_spec::release(&group.image_type, minor, &group.release).map_err(refused)?.0,
    };
    if group.image_type == "CUSTOM" {
        let arch = InstanceType::find(&group.instance_type).map_or(Arch::Amd64, |machine| machine.arch);
        for id in [Some(&image), update.image.as_ref()].into_iter().flatten() {
            if world.cloud.image(id).is_none() {
                world.cloud.add_image(own_image(id, minor, arch));
            }
        }
    }
    let chance = Chance(mix(world.chance.0));
    let template: Arc<str> = format!("lt-{:017x}", chance.draw("template", &group.name, 0)).into();
    if group.self_managed {
        return self_managed::create(world, cluster, group, update, (&image, &template));
    }
    let mut settings = settings(group);
    if let Some(source) = own_template::put(world, group, update) {
        settings.take_in(&source);
    }
    let settings: Arc<str> = settings.to_string().into();
    let content = |image: &str| TemplateContent { image: ImageId::new(image), settings: settings.clone() };
    world.cloud.add_template(&template, content(&image)).map_err(|refusal| refused(refusal.to_string()))?;
    let sizes = Sizes { min: group.size.least(), desired: group.size.desired, max: group.size.most() };
    let id = chance.uuid("group", &group.name);
    let made = GroupSpec {
        name: format!("eks-{}-{id}", group.name).into(),
        lot: format!("eks-{}-{}", group.name, &id[..8]).into(),
        nodegroup: group.name.as_str().into(),
        is_managed: true,
        zones: group.zones.iter().map(|zone| Arc::from(zone.as_str())).collect(),
        sizes,
        template: template.clone(),
        version: 1,
        tags: map(&group.tags),
        offer: offer(group).map_err(refused)?,
        paces: paces(group),
    };
    let number = world.cloud.add_group(made).map_err(|refusal| refused(refusal.to_string()))?;
    let old = group.size.desired.saturating_sub(group.updated);
    place(world, number, group, 0, old);
    if group.updated > 0 {
        let minor = update.version.as_ref().unwrap_or(minor);
        let target = update_spec::release(&group.image_type, minor, &update.release).map_err(refused)?.0;
        let version = world.cloud.create_version(&template, content(&target), "an earlier update");
        let version = version.map_err(|refusal| refused(refusal.to_string()))?;
        world.cloud.group_mut(number).spec.version = version;
        place(world, number, group, old, group.size.desired);
    }
    Ok(())
}

/// The durations of a group's instances.
pub(super) fn paces(group: &NodeGroup) -> Paces {
    Paces {
        launch: group.timings.launch.map(Into::into),
        boot: group.timings.boot.map(Into::into),
        join: group.timings.join.map(Into::into),
        terminate: group.timings.terminate.map(Into::into),
    }
}

/// An image that the user brings. Its AMI type only tells the architecture.
pub(super) fn own_image(id: &str, minor: &str, arch: Arch) -> Image {
    let ami_type = match arch {
        Arch::Amd64 => "CUSTOM",
        Arch::Arm64 => "CUSTOM_ARM_64",
    };
    Image {
        ami_type: ami_type.into(),
        minor: minor.into(),
        release: id.into(),
        id: id.into(),
        name: id.into(),
        kubelet: format!("v{minor}.0").into(),
        published: "".into(),
    }
}

/// Places the nodes numbered `from` to `until`: by `zoneSizes` if given, otherwise in turn over the zones.
pub(super) fn place(world: &mut World, number: GroupNo, group: &NodeGroup, from: u32, until: u32) {
    let zones: Vec<&String> = match &group.zone_sizes {
        Some(sizes) => {
            sizes.iter().flat_map(|(zone, count)| std::iter::repeat_n(zone, *count as usize)).collect()
        }
        None => group.zones.iter().cycle().take(until as usize).collect(),
    };
    for zone in zones.into_iter().take(until as usize).skip(from as usize) {
        machines::place_instance(world, number, zone);
    }
}

pub(super) fn settings(group: &NodeGroup) -> Settings {
    let mut settings = Settings::new(&group.instance_type);
    settings.capacity_type = match group.capacity_type {
        CapacityType::OnDemand => "ON_DEMAND",
        CapacityType::Spot => "SPOT",
        CapacityType::CapacityBlock => "CAPACITY_BLOCK",
    }
    .into();
    settings.labels = map(&group.labels);
    settings.taints = group
        .taints
        .iter()
        .map(|taint| {
            let effect = match taint.effect {
                spec::Effect::NoSchedule => Effect::NoSchedule,
                spec::Effect::PreferNoSchedule => Effect::PreferNoSchedule,
                spec::Effect::NoExecute => Effect::NoExecute,
            };
            Taint::new(&taint.key, &taint.value, effect)
        })
        .collect();
    settings
}

pub(super) fn offer(group: &NodeGroup) -> Result<Option<Offer>, String> {
    let Some(capacity) = &group.capacity else { return Ok(None) };
    let cpu = milli(&capacity.cpu).map_err(|error| format!("capacity.cpu: {error}"))?;
    let memory_bytes = units(&capacity.memory).map_err(|error| format!("capacity.memory: {error}"))?;
    let storage_bytes = storage_allocatable();
    let allocatable =
        Resources { cpu_milli: cpu as i64, memory_bytes, storage_bytes, ..Resources::default() };
    Ok(Some(Offer { allocatable, pods_max: capacity.pods }))
}

pub(super) fn map(entries: &BTreeMap<String, String>) -> Map {
    entries.iter().map(|(key, value)| (Arc::from(key.as_str()), Arc::from(value.as_str()))).collect()
}

/// Creates everything that runs in the cluster; returns warnings for the user.
fn contents(
    world: &mut World,
    definition: &Definition,
    cluster: &Cluster,
) -> Result<Vec<String>, SessionError> {
    let mut cluster = cluster.clone();
    if definition.replaces_workloads {
        cluster.workloads.clear();
    }
    let mut sources = match &definition.world_file {
        Some(file) => worldfile::manifest_sources(&cluster, file)?,
        None => Vec::new(),
    };
    sources.extend(definition.manifests.iter().cloned());
    let manifests = worldfile::contents(&cluster, &sources)?;
    let mut warnings: Vec<String> = manifests.warnings().collect();
    for namespace in &manifests.namespaces {
        world.store.index.namespaces.insert(namespace.clone());
    }
    control::operator::set_pause(world, cluster.operators.pause());
    pod_paces::rules(world, &cluster);
    // Two classes once took their turn here; a seed goes on to mean the same world.
    let _once_theirs = [world.new_uid(), world.new_uid()];
    enter::enter_all(world, manifests.objects)
        .map_err(|refusal| SessionError::Refused { what: "manifests".into(), why: refusal.to_string() })?;
    apiserver::show_system(world);
    control::budget::learn_scales(world);
    pod_paces::jobs(world, &cluster);
    warnings.extend(control::operator::told(world));
    Ok(warnings)
}

pub(super) fn rule(one: &Fault, begun: Time) -> fault::Rule {
    let verdict = match &one.verdict {
        Verdict::Fail { error, message } => {
            let (code, words) = words(*error);
            fault::Verdict::Fail { code, message: message.clone().unwrap_or_else(|| words.into()) }
        }
        Verdict::Delay { by } => fault::Verdict::Delay(replank_world::rng::Delay::from(*by).typical()),
        Verdict::LoseAnswer {} => fault::Verdict::LoseAnswer,
        Verdict::Stale { behind } => fault::Verdict::Stale(Span::from(behind.0)),
        Verdict::Throttle { retry_after } => {
            fault::Verdict::Throttle(Span::from(retry_after.0).as_secs() as u32)
        }
        Verdict::Crash {} => fault::Verdict::Crash,
    };
    fault::Rule {
        call: call(one.call),
        object: one.object.clone(),
        nth: one.nth,
        every: one.every,
        share: one.chance.unwrap_or(1.0),
        from: begun + Span::from(one.from.0),
        until: one.until.map_or(Time(i64::MAX), |until| begun + Span::from(until.0)),
        times_max: one.times.unwrap_or(u64::MAX),
        ..fault::Rule::new(verdict)
    }
}

fn call(call: FaultCall) -> Option<fault::Call> {
    Some(match call {
        FaultCall::Any => return None,
        FaultCall::ObserveCluster => fault::Call::ObserveCluster,
        FaultCall::ObserveCloud => fault::Call::ObserveCloud,
        FaultCall::ListPods => fault::Call::ListPods,
        FaultCall::Mark => fault::Call::Mark,
        FaultCall::Evict => fault::Call::Evict,
        FaultCall::Delete => fault::Call::Delete,
        FaultCall::CreateVersion => fault::Call::CreateVersion,
        FaultCall::PointGroup => fault::Call::PointGroup,
        FaultCall::SetSizes => fault::Call::SetSizes,
        FaultCall::Terminate => fault::Call::Terminate,
    })
}

fn words(error: FaultError) -> (u16, &'static str) {
    match error {
        FaultError::ServerError => (500, "Internal error occurred"),
        FaultError::Unavailable => (503, "the server is currently unable to handle the request"),
        FaultError::Conflict => {
            (409, "the object has been modified; please apply your changes to the latest version")
        }
        FaultError::Forbidden => (403, "forbidden: not allowed to do this"),
        FaultError::NotFound => (404, "not found"),
        FaultError::Webhook => (403, "admission webhook \"guard.example.com\" denied the request"),
    }
}
