//! The service's port for EC2 on embedded worlds.

use std::collections::BTreeMap;

use replank_engine::ports::ReadError;
use replank_service::ports::machines::{
    ImageOwner, Machine, MachineImage, MachineType, Machines, ZoneLimits,
};
use replank_world::cloud::catalogue::{Arch, Catalogue, Image};
use replank_world::cloud::instance_type::InstanceType;
use replank_world::cloud::{ImageTrouble, parameter_of};

use super::SimulatedAccount;
use super::show::View;

impl Machines for SimulatedAccount {
    async fn machines(&self) -> Result<Vec<Machine>, ReadError> {
        let clock_map = self.clock_map();
        let mut machines = Vec::new();
        for (cluster, world) in self.named_worlds() {
            let world = world.lock();
            let view = View { world: &world, cluster: &cluster, clock_map: clock_map.as_ref() };
            machines.extend(view.machines());
        }
        Ok(machines)
    }

    async fn machine_images(&self) -> Result<Vec<MachineImage>, ReadError> {
        let world = self.first.lock();
        let cloud = &world.cloud;
        let gone = |image: &Image| {
            matches!(cloud.conditions.images.get(&image.id), Some(ImageTrouble::Gone | ImageTrouble::Private))
        };
        let own = cloud.own_images().map(|image| (image, ImageOwner::Account));
        let listed = Catalogue::get().images().map(|image| (image, ImageOwner::Amazon));
        let mut images: Vec<MachineImage> =
            own.chain(listed).filter(|(image, _)| !gone(image)).map(|(it, owner)| shown(it, owner)).collect();
        images.sort_by(|one, other| one.id.cmp(&other.id));
        images.dedup_by(|one, other| one.id == other.id);
        Ok(images)
    }

    async fn machine_types(&self) -> Result<Vec<MachineType>, ReadError> {
        let shown = |kind: &InstanceType| MachineType {
            name: kind.name.to_string(),
            vcpus: kind.vcpu,
            memory_mib: kind.memory_gib * 1024,
            architecture: architecture(kind.arch),
            gpus: kind.gpus,
        };
        Ok(InstanceType::all().values().map(shown).collect())
    }

    async fn zone_limits(&self) -> Result<BTreeMap<String, ZoneLimits>, ReadError> {
        let mut limits: BTreeMap<String, ZoneLimits> = BTreeMap::new();
        for (_, world) in self.named_worlds() {
            let world = world.lock();
            let conditions = &world.cloud.conditions;
            for (zone, free) in &conditions.addresses {
                limits.entry(zone.to_string()).or_default().addresses = Some(*free);
            }
            for (zone, kind) in &conditions.types_missing {
                limits.entry(zone.to_string()).or_default().types_missing.push(kind.to_string());
            }
        }
        Ok(limits)
    }
}

fn shown(image: &Image, owner: ImageOwner) -> MachineImage {
    MachineImage {
        id: image.id.to_string(),
        name: image.name.to_string(),
        published: image.published.to_string(),
        architecture: architecture(image.arch()),
        is_windows: image.os() == "windows",
        owner,
        parameter: (owner == ImageOwner::Amazon).then(|| parameter_of(image)).flatten(),
    }
}

fn architecture(arch: Arch) -> &'static str {
    match arch {
        Arch::Amd64 => "x86_64",
        Arch::Arm64 => "arm64",
    }
}
