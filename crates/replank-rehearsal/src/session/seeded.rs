//! Sessions in a world made from a snapshot: node groups with the instances found, then everything that ran.

use std::sync::Arc;

use replank_components::apiserver;
use replank_components::autoscaler;
use replank_core::names::{ImageId, UpdateId};
use replank_core::node_group::spec::{Spec, Target};
use replank_core::observed::TemplateContent;
use replank_core::sizes::Sizes;
use replank_core::version::Minor;

use super::make;
use super::patience::Patience;
use super::script::Script;
use super::{Definition, Session, SessionError, paces, script_deeds, spec as update_spec};
use crate::adapter::NODEGROUP_IMAGE;
use crate::seed::{Notes, seed};
use replank_formats::snapshot::{self, Census, Snapshot, UNNAMED_IMAGE};
use replank_formats::worldfile;
use replank_formats::worldfile::spec::{Cluster, NodeGroup, WorldSpec};
use replank_world::cloud::catalogue::{Arch, Catalogue};
use replank_world::cloud::instance_type::InstanceType;
use replank_world::cloud::{Cloud, GroupSpec, Offer};
use replank_world::rng::{Chance, mix};
use replank_world::shared::Shared;
use replank_world::time::Time;
use replank_world::timings::Timings;
use replank_world::vocab::quantity::Resources;
use replank_world::world::World;

/// Separates the seed of a snapshot's world from that of the cluster, which may be an embedded one itself.
const APART: u64 = 0x5eed_0f5a_a95c_0001;
/// Image of a made-up next release, for groups whose nodes run the newest one.
const NEXT_IMAGE: &str = "ami-of-tomorrow";
/// Name of that release.
const NEXT_RELEASE: &str = "the next one";

/// Makes the session. An update `asked` for elsewhere takes the place of the world file's.
pub(super) fn session(
    snapshot: &Snapshot,
    mut wanted: WorldSpec,
    asked: Option<&Spec>,
) -> Result<(Session, Notes), SessionError> {
    let cluster = wanted.clusters[0].clone();
    let groups = make::groups(&cluster, wanted.update.groups.as_deref())?;
    let begun = Time::from(snapshot.taken_at);
    let mut world = replank_components::kubernetes::world(
        mix(wanted.seed ^ APART),
        begun,
        Timings::from(&wanted.timings),
    );
    world.cloud = Cloud::new(&cluster.region);
    world.known = worldfile::known(&cluster);
    if let Some(served) = snapshot.served().filter(|served| served.minor == world.known.version.minor) {
        world.known.version = served;
    }
    let census = Census::of(snapshot);
    for group in &cluster.node_groups {
        node_group(&mut world, &census, &cluster, group)?;
    }
    paces::rules(&mut world, &cluster);
    let mut notes = seed(&mut world, snapshot, &cluster);
    apiserver::show_system(&mut world);
    autoscaler::expect_elsewhere(&mut world);
    autoscaler::set(&mut world, make::autoscaler(&cluster));
    autoscaler::switch(&mut world, cluster.autoscaler.enabled);
    world.begin_tally();
    for one in &wanted.faults {
        world.faults.add(make::rule(one, begun));
    }
    let now = as_it_serves(&cluster, snapshot);
    let mut targets = Vec::new();
    for at in &groups {
        let group = &cluster.node_groups[*at];
        targets.push(match asked.filter(|asked| asked.group.as_str() == group.name) {
            Some(asked) => as_asked(&mut world, group, asked)?,
            None => {
                let target = target(&mut world, &now, group, &mut wanted, &mut notes)?;
                update_spec::spec(&cluster, group, &wanted.update, target, UpdateId::new(""), wanted.seed)
            }
        });
        sizes_told(group, &targets, &mut notes);
    }
    let script = Script::new(&wanted.acts, begun, script_deeds::old(&world, &targets));
    let definition =
        Definition { spec: wanted, world_file: None, manifests: Vec::new(), replaces_workloads: false };
    let session = Session {
        world: Shared::new(world),
        cluster: 0,
        groups,
        targets,
        warnings: Vec::new(),
        script,
        log: None,
        definition,
        patience: Patience::default(),
    };
    Ok((session, notes))
}

/// The cluster with the version its control plane serves now, which may be newer than in the world file.
fn as_it_serves(cluster: &Cluster, snapshot: &Snapshot) -> Cluster {
    let versions = [Some(cluster.version.clone()), snapshot.minor()].into_iter().flatten();
    let newest = versions.max_by_key(|version| Minor::parse(version));
    Cluster { version: newest.unwrap_or_else(|| cluster.version.clone()), ..cluster.clone() }
}

/// Notes the sizes and the target of a group, which a snapshot does not tell.
fn sizes_told(group: &NodeGroup, targets: &[Spec], notes: &mut Notes) {
    let Some(spec) = targets.last() else { return };
    notes.assumed.push(format!(
        "node group {}: sizes min {}, desired {}, max {}; to release {} ({})",
        group.name,
        group.size.least(),
        group.size.desired,
        group.size.most(),
        spec.target.release,
        spec.target.version
    ));
}

/// Creates a group whose template has a version for each image its nodes run, the oldest node's first.
fn node_group(
    world: &mut World,
    census: &Census<'_>,
    cluster: &Cluster,
    group: &NodeGroup,
) -> Result<(), SessionError> {
    let refused = |why: String| SessionError::Refused { what: format!("node group {}", group.name), why };
    if group.self_managed {
        let said =
            "selfManaged: a world that is made of a snapshot has managed node groups alone; leave it out";
        return Err(refused(said.into()));
    }
    let members = census.groups.get(group.name.as_str()).map(Vec::as_slice).unwrap_or_default();
    let mut images: Vec<&str> = Vec::new();
    for member in members {
        let image = member.label(NODEGROUP_IMAGE).unwrap_or(UNNAMED_IMAGE);
        if !images.contains(&image) {
            images.push(image);
        }
    }
    if images.is_empty() {
        images.push(group.image.as_deref().unwrap_or(UNNAMED_IMAGE));
    }
    let minor = group.version.as_ref().unwrap_or(&cluster.version);
    for image in &images {
        add_image(world, image, minor, group);
    }
    let chance = Chance(mix(world.chance.0));
    let template: Arc<str> = format!("lt-{:017x}", chance.draw("template", &group.name, 0)).into();
    let settings: Arc<str> = make::settings(group).to_string().into();
    let content = |image: &str| TemplateContent { image: ImageId::new(image), settings: settings.clone() };
    let said = |refusal: replank_world::refusal::Refusal| refused(refusal.to_string());
    world.cloud.add_template(&template, content(images[0])).map_err(said)?;
    let mut version = 1;
    for image in &images[1..] {
        version = world.cloud.create_version(&template, content(image), image).map_err(said)?;
    }
    let id = chance.uuid("group", &group.name);
    let made = GroupSpec {
        name: format!("eks-{}-{id}", group.name).into(),
        lot: format!("eks-{}-{}", group.name, &id[..8]).into(),
        nodegroup: group.name.as_str().into(),
        is_managed: true,
        zones: group.zones.iter().map(|zone| Arc::from(zone.as_str())).collect(),
        sizes: Sizes { min: group.size.least(), desired: group.size.desired, max: group.size.most() },
        template,
        version,
        tags: make::map(&group.tags),
        offer: offer(census, group).map_err(refused)?,
        paces: make::paces(group),
    };
    world.cloud.add_group(made).map(drop).map_err(said)
}

/// What new nodes offer: the capacity of the world file, with storage and devices of present nodes.
fn offer(census: &Census<'_>, group: &NodeGroup) -> Result<Option<Offer>, String> {
    let Some(mut offer) = make::offer(group)? else { return Ok(None) };
    let members = census.groups.get(group.name.as_str()).into_iter().flatten();
    let found: Vec<Resources> =
        members.map(|member| snapshot::resources(&member.node["status"]["allocatable"])).collect();
    let alike = found.iter().find(|found| found.cpu_milli == offer.allocatable.cpu_milli);
    if let Some(disk) = alike.or(found.first()) {
        offer.allocatable.storage_bytes = disk.storage_bytes;
    }
    if let Some(alike) = alike {
        offer.allocatable.extended.clone_from(&alike.extended);
    }
    Ok(Some(offer))
}

fn add_image(world: &mut World, image: &str, minor: &str, group: &NodeGroup) {
    if world.cloud.image(image).is_none() {
        let arch = InstanceType::find(&group.instance_type).map_or(Arch::Amd64, |machine| machine.arch);
        let arch = if group.image_type.contains("ARM_64") { Arch::Arm64 } else { arch };
        world.cloud.add_image(make::own_image(image, minor, arch));
    }
}

/// The update asked for, on the launch template that the group has in this world.
fn as_asked(world: &mut World, group: &NodeGroup, asked: &Spec) -> Result<Spec, SessionError> {
    let (template, settings) = update_spec::settings(&world.cloud, group)?;
    let image = asked.target.content.image.clone();
    add_image(world, image.as_str(), &asked.target.version, group);
    let target = Target { template, content: TemplateContent { image, settings }, ..asked.target.clone() };
    Ok(Spec { target, ..asked.clone() })
}

/// The target of a group. When all nodes run it already, a made-up next release, so that the rehearsal replaces
/// every node.
fn target(
    world: &mut World,
    cluster: &Cluster,
    group: &NodeGroup,
    wanted: &mut WorldSpec,
    notes: &mut Notes,
) -> Result<Target, SessionError> {
    let update = &mut wanted.update;
    if group.image_type == "CUSTOM" && update.image.is_none() {
        update.image = Some(NEXT_IMAGE.to_owned());
        notes.assumed.push(format!(
            "node group {}: its image has no known successor, so it moves to one made up for this rehearsal",
            group.name
        ));
    }
    let mut target = update_spec::target(&world.cloud, cluster, group, update)?;
    let runs = |content: &TemplateContent| *content == target.content;
    let number = world.cloud.group_of(&group.name);
    let versions = number.and_then(|number| world.cloud.template(&world.cloud.group(number).spec.template));
    let all_run = versions.is_some_and(|template| template.versions.values().all(runs));
    if all_run && update.release == update_spec::NEWEST {
        target.content.image = ImageId::new(NEXT_IMAGE);
        NEXT_RELEASE.clone_into(&mut target.release);
        notes.assumed.push(format!(
            "node group {}: its nodes run the newest release known, so it moves to one made up for this rehearsal",
            group.name
        ));
    }
    let image = target.content.image.as_str().to_owned();
    if Catalogue::get().by_id(&image).is_none() {
        add_image(world, &image, &target.version, group);
    }
    Ok(target)
}
