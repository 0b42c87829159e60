//! Engines with one fault each, planted between the engine and its ports: the checker catches every one, by its law.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

mod worlds;

use std::cell::RefCell;

use replank_core::action::{CloudAction, ClusterAction, MarkNode, Marking, PodId, Replace};
use replank_core::names::{InstanceId, NodeName, ObjectName, Uid};
use replank_core::observed::{Answer, Budget, Node, Observation, Placement, Pod, Refused};
use replank_core::sizes::Sizes;
use replank_engine::ports::{Cloud, Cluster, ReadError};
use replank_harness::invariants::{Invariant, Judged};
use replank_harness::story::{Dress, Plain, Story, Telling, Told, tell};
use replank_rehearsal::adapter::{SimulatedCloud, SimulatedCluster};
use replank_world::shared::Shared;

use worlds::{WORLD, at_once, by_force, cancelled, fails, given_back, keeps_files, minimal, replace};

/// A fault of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Planted {
    /// Deletes pods instead of evicting them.
    DeletesInsteadOfEvicting,
    /// Takes no budget for spent, and writes their status until the eviction goes through.
    PaysWithFalseMoney,
    /// Tries an eviction again by name alone, without the identity.
    ForgetsTheIdentity,
    /// Does not see bare pods.
    IsBlindToBarePods,
    /// Does not look for an `emptyDir` where a pod has no controller.
    ForgetsFilesOfBarePods,
    /// Guards every node of the group, new ones too.
    GuardsNewNodes,
    /// Marks nodes of other groups.
    MarksOtherGroups,
    /// Takes a mark for gone because it asked for that.
    TrustsItsUnmarking,
    /// Evicts without a cordon.
    SkipsTheCordon,
    /// Raises the sizes by three times what it needs.
    RaisesTooMuch,
    /// Takes sizes for home because it asked for that.
    TrustsItsShrinking,
    /// Loses sight of an old instance, as a list does whose last page is missing.
    LosesSightOfAnInstance,
    /// Lowers desired with every instance, old ones too.
    LowersDesiredAlways,
    /// Takes any node for drained.
    SeesNoPods,
    /// Takes it that pods find a place, and asks nobody.
    AssumesRoom,
    /// Asks nobody to leave and waits for the time of force.
    ForcesWithoutAsking,
    /// Forces as soon as it would ask.
    ForcesAtOnce,
    /// Takes a node for closed while its cordon is being taken away.
    SeesCordonsForEver,
    /// Takes a call without an answer for one that did nothing.
    TakesSilenceForNo,
}

impl Dress for Planted {
    type Cluster = Tampered<Judged<SimulatedCluster>>;
    type Cloud = Tampered<Judged<SimulatedCloud>>;

    fn cluster(&self, port: Judged<SimulatedCluster>, world: &Shared) -> Self::Cluster {
        Tampered { port, planted: *self, world: world.clone(), memory: RefCell::default() }
    }

    fn cloud(&self, port: Judged<SimulatedCloud>, world: &Shared) -> Self::Cloud {
        Tampered { port, planted: *self, world: world.clone(), memory: RefCell::default() }
    }
}

/// A port with a fault before it.
struct Tampered<P> {
    port: P,
    planted: Planted,
    world: Shared,
    memory: RefCell<Memory>,
}

/// What a faulty port remembers.
#[derive(Default)]
struct Memory {
    evicted: Vec<ObjectName>,
    unmarked: bool,
    cordoned: Vec<NodeName>,
    sizes: Option<Sizes>,
}

impl<P> Tampered<P> {
    /// All nodes of the world as marks to set, with whether they are of the group `default`.
    fn nodes(&self) -> Vec<(MarkNode, bool)> {
        let world = self.world.lock();
        let nodes = world.store.nodes.iter().map(|(_, node)| {
            let labels = world.store.labels.get(node.meta.labels);
            let ours = labels.get("eks.amazonaws.com/nodegroup").is_some_and(|group| &**group == "default");
            let mark = MarkNode {
                node: NodeName::new(node.meta.name.clone()),
                uid: Uid(node.meta.uid.0),
                instance: InstanceId::new(node.instance.clone()),
                marks: Marking { guard: Some(true), ..Marking::default() },
            };
            (mark, ours)
        });
        nodes.collect()
    }

    /// The first instance of the group.
    fn first(&self) -> Option<InstanceId> {
        let world = self.world.lock();
        let number = world.cloud.instances_of(world.cloud.group_of("default")?).next()?;
        Some(InstanceId::new(world.cloud.instance(number).id.clone()))
    }

    fn pod_named(&self, name: &ObjectName) -> Option<PodId> {
        let world = self.world.lock();
        let id = world.store.pods.find(&name.namespace, &name.name)?;
        let pod = world.store.pods.get(id)?;
        pod.node?;
        Some(PodId { name: name.clone(), uid: Uid(pod.meta.uid.0) })
    }
}

impl<P: Cluster> Cluster for Tampered<P> {
    async fn refresh(&mut self, seen: &Observation) -> Result<(), ReadError> {
        self.port.refresh(seen).await
    }

    fn tell(&mut self, into: &mut Observation) {
        self.port.tell(into);
        let memory = self.memory.borrow();
        if self.planted == Planted::PaysWithFalseMoney {
            let budgets: Vec<Budget> = into.pods.budgets().cloned().collect();
            budgets
                .into_iter()
                .for_each(|budget| into.pods.put_budget(Budget { allowed: 9, healthy: 99, ..budget }));
        }
        let nodes: Vec<Node> = into.members.iter().filter_map(|(_, member)| member.node.clone()).collect();
        for node in &nodes {
            let hidden = match self.planted {
                Planted::IsBlindToBarePods => true,
                Planted::SeesNoPods => node.cordoned,
                _ => false,
            };
            let blind = |pod: &&Pod| hidden && (pod.owner.is_none() || self.planted == Planted::SeesNoPods);
            let unseen: Vec<Uid> = into.pods.on_node(&node.name).filter(blind).map(|pod| pod.uid).collect();
            unseen.into_iter().for_each(|uid| into.pods.remove(uid));
        }
        if self.planted == Planted::ForgetsFilesOfBarePods {
            let pods = nodes.iter().flat_map(|node| into.pods.on_node(&node.name));
            let bare: Vec<Pod> = pods.filter(|pod| pod.owner.is_none()).cloned().collect();
            bare.into_iter().for_each(|pod| into.pods.put(Pod { empty_dir: false, ..pod }));
        }
        for mut node in nodes {
            if memory.unmarked {
                node.guarded = false;
                into.members.put_node(node);
            } else if memory.cordoned.contains(&node.name) {
                node.cordoned = true;
                into.members.put_node(node);
            }
        }
    }

    async fn perform(&self, action: &ClusterAction) -> Answer {
        match (self.planted, action) {
            (Planted::ForcesWithoutAsking, ClusterAction::Evict { .. }) => {
                Answer::NotYet(Refused::Other { message: "not asked".into() })
            }
            (Planted::SeesCordonsForEver, ClusterAction::Mark(mark)) if mark.marks.cordon == Some(true) => {
                self.memory.borrow_mut().cordoned.push(mark.node.clone());
                self.port.perform(action).await
            }
            (Planted::DeletesInsteadOfEvicting | Planted::ForcesAtOnce, ClusterAction::Evict { pod, .. }) => {
                self.port.perform(&ClusterAction::Delete { pod: pod.clone() }).await
            }
            (Planted::PaysWithFalseMoney, ClusterAction::Evict { .. }) => {
                {
                    let mut world = self.world.lock();
                    let ids: Vec<_> = world.store.budgets.iter().map(|(id, _)| id).collect();
                    for id in ids {
                        if let Some(budget) = world.store.budgets.get_mut(id) {
                            budget.status.allowed = 9;
                        }
                    }
                }
                self.port.perform(action).await
            }
            (Planted::ForgetsTheIdentity, ClusterAction::Evict { pod, .. }) => {
                let before = self.memory.borrow().evicted.clone();
                for name in before {
                    if let Some(pod) = self.pod_named(&name) {
                        self.port.perform(&ClusterAction::Evict { pod, grace_seconds: None }).await;
                    }
                }
                self.memory.borrow_mut().evicted.push(pod.name.clone());
                self.port.perform(action).await
            }
            (Planted::GuardsNewNodes, ClusterAction::Mark(mark)) if mark.marks.guard == Some(true) => {
                for (other, _) in self.nodes().into_iter().filter(|(_, ours)| *ours) {
                    self.port.perform(&ClusterAction::Mark(other)).await;
                }
                self.port.perform(action).await
            }
            (Planted::MarksOtherGroups, ClusterAction::Mark(mark)) if mark.marks.guard == Some(true) => {
                for (other, _) in self.nodes().into_iter().filter(|(_, ours)| !*ours) {
                    self.port.perform(&ClusterAction::Mark(other)).await;
                }
                self.port.perform(action).await
            }
            (Planted::TrustsItsUnmarking, ClusterAction::Mark(mark)) if mark.marks.guard == Some(false) => {
                self.memory.borrow_mut().unmarked = true;
                Answer::Done
            }
            (Planted::SkipsTheCordon, ClusterAction::Mark(mark)) if mark.marks.cordon == Some(true) => {
                self.memory.borrow_mut().cordoned.push(mark.node.clone());
                Answer::Done
            }
            _ => self.port.perform(action).await,
        }
    }

    async fn pods_on(&self, node: &NodeName) -> Result<Vec<Pod>, ReadError> {
        let mut pods = self.port.pods_on(node).await?;
        match self.planted {
            Planted::IsBlindToBarePods => pods.retain(|pod| pod.owner.is_some()),
            Planted::SeesNoPods => pods.clear(),
            _ => {}
        }
        Ok(pods)
    }

    async fn place(&self, node: &NodeName) -> Placement {
        if self.planted == Planted::AssumesRoom { Placement::Found } else { self.port.place(node).await }
    }
}

impl<P: Cloud> Cloud for Tampered<P> {
    async fn refresh(&mut self, seen: &Observation) -> Result<(), ReadError> {
        self.port.refresh(seen).await
    }

    fn tell(&mut self, into: &mut Observation) {
        self.port.tell(into);
        let memory = self.memory.borrow();
        if let (Some(group), Some(sizes)) = (&mut into.group, memory.sizes) {
            group.sizes = sizes;
        }
        if self.planted == Planted::LosesSightOfAnInstance
            && let Some(first) = self.first()
        {
            into.members.remove_instance(&first);
            if let Some(group) = &mut into.group {
                group.sizes.desired -= 1;
            }
        }
    }

    async fn perform(&self, action: &CloudAction) -> Answer {
        match (self.planted, action) {
            (Planted::RaisesTooMuch, CloudAction::SetSizes { from, to }) if to.desired > from.desired => {
                let desired = from.desired + 3 * (to.desired - from.desired);
                let to = Sizes { desired, max: desired.max(to.max), ..*to };
                self.port.perform(&CloudAction::SetSizes { from: *from, to }).await
            }
            (Planted::TakesSilenceForNo, CloudAction::SetSizes { .. }) => {
                match self.port.perform(action).await {
                    Answer::CannotTell(message) => Answer::NotYet(Refused::Other { message }),
                    answer => answer,
                }
            }
            (Planted::TrustsItsShrinking, CloudAction::SetSizes { from, to }) if to.max < from.max => {
                self.memory.borrow_mut().sizes = Some(*to);
                Answer::Done
            }
            (
                Planted::LowersDesiredAlways,
                CloudAction::Terminate { instance, node, leftovers, with, .. },
            ) => {
                let (instance, node, leftovers) = (instance.clone(), node.clone(), *leftovers);
                let (replace, with) = (Replace::No, with.clone());
                let lowering = CloudAction::Terminate { instance, node, leftovers, replace, with };
                self.port.perform(&lowering).await
            }
            _ => self.port.perform(action).await,
        }
    }
}

fn told(text: &str, dress: &impl Dress) -> Told {
    let story = Story::read("planted", text).unwrap();
    tell(&story.world, &[], Telling::default(), dress).unwrap()
}

#[test]
fn without_a_planted_fault_no_law_is_broken() {
    let others = [keeps_files(), by_force(), cancelled(), given_back()];
    for text in [WORLD.to_owned(), fails(), at_once(), minimal(), replace()].into_iter().chain(others) {
        let told = told(&text, &Plain);
        assert_eq!(told.violations, [], "{}", told.timeline);
    }
}

#[test]
fn every_planted_fault_is_caught_by_its_law() {
    let rows = [
        (Planted::DeletesInsteadOfEvicting, Invariant::Delete),
        (Planted::PaysWithFalseMoney, Invariant::Budget),
        (Planted::ForgetsTheIdentity, Invariant::Cordon),
        (Planted::IsBlindToBarePods, Invariant::Terminate),
        (Planted::ForgetsFilesOfBarePods, Invariant::Loss),
        (Planted::GuardsNewNodes, Invariant::Guard),
        (Planted::MarksOtherGroups, Invariant::Outside),
        (Planted::TrustsItsUnmarking, Invariant::Marks),
        (Planted::SkipsTheCordon, Invariant::Cordon),
        (Planted::RaisesTooMuch, Invariant::Surge),
        (Planted::TrustsItsShrinking, Invariant::Home),
        (Planted::LosesSightOfAnInstance, Invariant::Old),
        (Planted::LowersDesiredAlways, Invariant::Home),
        (Planted::SeesNoPods, Invariant::Terminate),
        (Planted::AssumesRoom, Invariant::Place),
        (Planted::LowersDesiredAlways, Invariant::Zone),
        (Planted::ForcesWithoutAsking, Invariant::Delete),
        (Planted::ForcesAtOnce, Invariant::Delete),
        (Planted::SeesCordonsForEver, Invariant::Cordon),
        (Planted::TakesSilenceForNo, Invariant::Home),
    ];
    let mut missed = Vec::new();
    for (planted, law) in rows {
        let text = match planted {
            Planted::TrustsItsUnmarking => fails(),
            Planted::ForcesWithoutAsking | Planted::ForcesAtOnce => by_force(),
            Planted::SeesCordonsForEver => given_back(),
            Planted::TakesSilenceForNo => cancelled(),
            Planted::PaysWithFalseMoney => at_once(),
            Planted::ForgetsFilesOfBarePods => keeps_files(),
            Planted::LowersDesiredAlways | Planted::LosesSightOfAnInstance => minimal(),
            _ => WORLD.to_owned(),
        };
        let told = told(&text, &planted);
        if !told.violations.iter().any(|violation| violation.law == law) {
            missed.push(format!(
                "{planted:?}: not caught by {law:?}, but {:?}\n{}",
                told.violations, told.timeline
            ));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn planted_faults_are_caught_with_replace_as_well() {
    let rows = [
        (Planted::DeletesInsteadOfEvicting, Invariant::Delete),
        (Planted::ForgetsTheIdentity, Invariant::Cordon),
        (Planted::IsBlindToBarePods, Invariant::Terminate),
        (Planted::SkipsTheCordon, Invariant::Cordon),
        (Planted::RaisesTooMuch, Invariant::Surge),
        (Planted::TrustsItsShrinking, Invariant::Home),
        (Planted::SeesNoPods, Invariant::Terminate),
        (Planted::AssumesRoom, Invariant::Place),
        (Planted::LowersDesiredAlways, Invariant::Home),
    ];
    for (planted, law) in rows {
        let told = told(&replace(), &planted);
        let caught = told.violations.iter().any(|violation| violation.law == law);
        assert!(caught, "{planted:?}: not caught by {law:?}, but {:?}\n{}", told.violations, told.timeline);
    }
}
