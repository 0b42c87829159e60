//! The service's port for pods on Fargate, on embedded worlds.

use replank_core::cluster_upgrade::observed::{FargatePod, FargateStage};
use replank_core::names::ObjectName;
use replank_core::observed::Answer;
use replank_core::version::Minor;
use replank_engine::ports::ReadError;
use replank_service::ports::ActError;
use replank_service::ports::fargate::{Fargate, FargateProfile};
use replank_world::act::Act;
use replank_world::api::{self, PodDeletion};
use replank_world::fargate::runs;
use replank_world::fault::Call;
use replank_world::object::{Pod, Scheduled};
use replank_world::store::PodId;
use replank_world::world::World;

use super::account::SimulatedAccount;
use super::ask::ask;

impl Fargate for SimulatedAccount {
    async fn set_fargate_profiles(&self, cluster: &str, profiles: &[FargateProfile]) -> Result<(), ActError> {
        let act = Act::FargateProfiles { profiles: profiles.to_vec() };
        self.world_of(cluster).lock().act(act).map_err(|refusal| ActError(refusal.to_string()))
    }

    async fn fargate_pods(&self, cluster: &str) -> Result<Vec<FargatePod>, ReadError> {
        let world = self.world_of(cluster);
        let mut world = world.lock();
        let on_fargate = world.store.pods.iter().filter(|(_, pod)| !pod.finished() && runs(&world, pod));
        let on_fargate: Vec<PodId> = on_fargate.map(|(id, _)| id).collect();
        let mut pods: Vec<FargatePod> =
            on_fargate.into_iter().filter_map(|id| shown(&mut world, id)).collect();
        pods.sort_by(|one, other| one.pod.cmp(&other.pod));
        Ok(pods)
    }

    async fn evict_fargate_pod(&self, cluster: &str, pod: &ObjectName) -> Answer {
        let world = self.world_of(cluster);
        let mut world = world.lock();
        let options = PodDeletion::default();
        let (namespace, name) = (pod.namespace.clone(), pod.name.clone());
        let act = Act::Cluster(api::Act::Evict { namespace, name, options });
        ask(&mut world, Call::Evict, &pod.to_string(), act)
    }
}

fn shown(world: &mut World, id: PodId) -> Option<FargatePod> {
    let users = world.users_of(id);
    let pod = world.store.pods.get(id)?;
    let kubelet = pod.node.and_then(|node| world.store.nodes.get(node)).map(|node| node.kubelet.clone());
    let budgets = users.iter().flat_map(|users| &users.budgets);
    let held_by = budgets.filter_map(|budget| world.store.budgets.get(*budget));
    let held_by =
        held_by.filter(|budget| budget.status.allowed <= 0).map(|budget| budget.meta.name.to_string());
    Some(FargatePod {
        pod: ObjectName::new(pod.meta.namespace.clone(), pod.meta.name.clone()),
        minor: kubelet.and_then(|kubelet| Minor::of_version(&kubelet)),
        owner: pod
            .meta
            .owner
            .as_ref()
            .map(|owner| format!("{} {}/{}", owner.kind, pod.meta.namespace, owner.name)),
        stage: stage(pod),
        held_by: held_by.min(),
    })
}

fn stage(pod: &Pod) -> FargateStage {
    match (&pod.scheduled, pod.terminating(), pod.ready.is) {
        (_, true, _) => FargateStage::Leaving,
        (Scheduled::Unschedulable(_), ..) => FargateStage::Unsupported,
        (Scheduled::Waiting | Scheduled::Bound, false, true) => FargateStage::Ready,
        (Scheduled::Waiting | Scheduled::Bound, false, false) => FargateStage::Starting,
    }
}
