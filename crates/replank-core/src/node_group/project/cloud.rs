//! The scaling group of a projection: launches into the zone with fewest members, terminates what it is told to.

use super::{Change, Projection};
use crate::action::Replace;
use crate::names::{InstanceId, NodeName, Uid, Zone};
use crate::observed::{Instance, Lifecycle, MemberState, Node, Ours, TemplateContent, Touch};
use crate::sizes::Sizes;

impl Projection {
    pub(super) fn create_version(&mut self, content: &TemplateContent) {
        let Some(group) = &mut self.seen.group else { return };
        if !group.versions.values().any(|known| known == content) {
            let number = group.versions.keys().next_back().map_or(1, |last| last + 1);
            group.versions.insert(number, content.clone());
            let versions = group.versions.clone();
            self.seen.members.set_contents(&versions);
        }
    }

    pub(super) fn point_group(&mut self, to: u64) {
        if let Some(group) = &mut self.seen.group {
            group.version = to;
        }
    }

    pub(super) fn set_sizes(&mut self, to: Sizes) {
        if let Some(group) = &mut self.seen.group {
            group.sizes = to;
        }
        self.fill();
    }

    /// Schedules launches until members and launches under way are as many as desired.
    fn fill(&mut self) {
        let Some(group) = &self.seen.group else { return };
        let (desired, zones, version) = (group.sizes.desired, group.zones.clone(), group.version);
        let standing = |zone: &Zone| {
            self.seen.members.count(|class| class.state != MemberState::Leaving && class.zone == *zone)
                + self.launching.get(zone).copied().unwrap_or(0)
        };
        let mut counts: Vec<(u32, Zone)> = zones.iter().map(|zone| (standing(zone), zone.clone())).collect();
        let mut members: u32 = counts.iter().map(|(count, _)| count).sum();
        while members < desired {
            let Some(emptiest) = counts.iter_mut().min() else { return };
            emptiest.0 += 1;
            members += 1;
            let zone = emptiest.1.clone();
            self.launch(zone, version);
        }
    }

    fn launch(&mut self, zone: Zone, version: u64) {
        let id = InstanceId::new(format!("i-{:017x}", self.made + 1));
        let launched_at = self.now + self.paces.launch;
        *self.launching.entry(zone.clone()).or_default() += 1;
        let instance =
            Instance { id, zone, version, lifecycle: Lifecycle::Pending, held: false, launched_at };
        self.later(self.paces.launch, Change::Launched(instance));
    }

    pub(super) fn launched(&mut self, instance: Instance) {
        if let Some(count) = self.launching.get_mut(&instance.zone) {
            *count -= 1;
        }
        if let Some(group) = &mut self.seen.group {
            group.launched_at = Some(self.now);
        }
        let image = self.seen.group.as_ref().and_then(|group| group.versions.get(&instance.version));
        let node = Node {
            name: NodeName::new(format!("new-{}", instance.id)),
            uid: Uid(u128::from(self.made) << 64),
            instance: instance.id.clone(),
            ready_since: Some(self.now + self.paces.join),
            unreachable: false,
            image: image.map(|content| content.image.clone()),
            kubelet: None,
            labelled: true,
            cordoned: false,
            cordon_touch: Touch::default(),
            taints: Vec::new(),
            guarded: false,
            excluded: false,
            kept: false,
            ours: Ours::default(),
            hold: None,
        };
        self.seen.members.put_instance(instance);
        self.later(self.paces.join, Change::Joined(node));
    }

    pub(super) fn joined(&mut self, node: Node) {
        let id = node.instance.clone();
        let Some(mut instance) = self.seen.members.get(&id).and_then(|member| member.instance.clone()) else {
            return;
        };
        if instance.lifecycle == Lifecycle::Terminating {
            return;
        }
        instance.lifecycle = Lifecycle::InService;
        self.seen.members.put_instance(instance);
        self.seen.members.put_node(node);
        self.room.add(id);
    }

    pub(super) fn terminate(&mut self, id: &InstanceId, replace: Replace) {
        let Some(mut instance) = self.seen.members.get(id).and_then(|member| member.instance.clone()) else {
            return;
        };
        if instance.lifecycle == Lifecycle::Terminating {
            return;
        }
        instance.lifecycle = Lifecycle::Terminating;
        self.seen.members.put_instance(instance);
        self.room.remove(id);
        if let (Replace::No, Some(group)) = (replace, &mut self.seen.group) {
            group.sizes.desired = group.sizes.desired.saturating_sub(1);
        }
        self.later(self.paces.terminate, Change::InstanceGone(id.clone()));
        self.fill();
    }

    pub(super) fn instance_gone(&mut self, id: &InstanceId) {
        let node = self.seen.members.node_of(id).cloned();
        self.seen.members.remove_instance(id);
        if let Some(node) = node {
            let pods: Vec<Uid> = self.seen.pods.on_node(&node.name).map(|pod| pod.uid).collect();
            for uid in pods {
                self.seen.pods.remove(uid);
            }
            self.seen.members.remove_node(&node.name, None);
        }
    }
}
