//! What is known of a group: its last description, what its templates hold, what became of its launches.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use replank_core::names::{InstanceId, TemplateId, Zone};
use replank_core::observed::{Effect, Group, Instance, Lifecycle, Taint};
use replank_core::sizes::Sizes;
use replank_core::template::TemplateContent;
use replank_engine::ports::ReadError;

use crate::group::activities::Launched;
use crate::group::launched::Launches;
use crate::group::templates::Templates;
use crate::group::{ScalingGroup, Source};
use crate::hooks::{HELD, Hook, Way};
use crate::joins::Late;
use crate::look::{self, Expected};

/// Tags by which Cluster Autoscaler is told the taints of a group that has no nodes.
const TAINT_TAG: &str = "k8s.io/cluster-autoscaler/node-template/taint/";

/// All that was read of a group.
#[derive(Debug, Default)]
pub(crate) struct View {
    /// The group; `None` before the first reading.
    pub(crate) group: Option<ScalingGroup>,
    /// Launch templates that it names.
    pub(crate) templates: Templates,
    /// What its launch configuration launches, if it has one.
    pub(crate) configured: Option<TemplateContent>,
    /// Images of its instances, by id.
    pub(crate) images: BTreeMap<String, String>,
    /// When its instances were launched, as EC2 tells it or as they were first seen.
    pub(crate) launched_at: BTreeMap<String, Timestamp>,
    /// What became of recent launches.
    pub(crate) launched: Launched,
    /// The group as it was read for something else than a turn, and when.
    pub(crate) glanced: Option<(ScalingGroup, Instant)>,
    /// Instances that were drained, and that we asked to terminate.
    pub(crate) ended: BTreeSet<String>,
    /// Hooks of the group; `None` before they were read.
    pub(crate) hooks: Option<Vec<Hook>>,
    /// Instances that were launched while the group was watched and have no node yet.
    pub(crate) nodeless: BTreeSet<String>,
    /// When the hooks of instances that are drained had their last heartbeat.
    pub(crate) beats: BTreeMap<String, Instant>,
    /// Instances that are late to join.
    pub(crate) late: Late,
    /// When the group was last read.
    pub(crate) read_at: Option<Instant>,
    /// Why the last reading failed, if it did.
    pub(crate) unread: Option<ReadError>,
    /// When its templates were last listed.
    pub(crate) listed_at: Option<Instant>,
    /// Looks in a row that showed nothing new.
    pub(crate) quiet: u32,
    /// Whether the next look is due at once.
    pub(crate) is_stale: bool,
    /// Whether launches may be asked for by zone; not any more once AWS refused it.
    pub(crate) launches_by_zone: bool,
    /// The last change of sizes that AWS accepted: from, to, when. Its readings may lag behind.
    pub(crate) resized: Option<(Sizes, Sizes, Instant)>,
}

impl View {
    /// What there is to wait for.
    pub(crate) fn expected(&self) -> Expected {
        let Some(group) = &self.group else { return Expected::Now };
        let moves = group.instances.iter().any(|instance| instance.lifecycle != Lifecycle::InService);
        if self.is_stale {
            Expected::Now
        } else if moves || group.sizes.desired != group.standing() {
            Expected::Soon { quiet: self.quiet }
        } else {
            Expected::Nothing
        }
    }

    /// Makes the next look due at once, and no earlier reading count.
    pub(crate) fn make_stale(&mut self) {
        (self.is_stale, self.glanced) = (true, None);
    }

    /// How long after the last look the next one is due; sooner where a short join limit would pass before.
    pub(crate) fn pause(&self) -> Duration {
        let (expected, late) = (self.expected(), self.late.joins.as_ref().map(|joins| joins.after));
        let mut pause = look::pause(expected);
        // Somebody may terminate a node while it is drained, and its hook must not end before that is seen.
        if let Some(beat) = self.beat() {
            pause = pause.min(beat.max(look::pause(Expected::Now)));
        }
        match (expected, late) {
            (Expected::Soon { .. }, Some(late)) => pause.min(late.max(look::pause(Expected::Now))),
            _ => pause,
        }
    }

    /// How often hooks at the end of instances want a heartbeat; `None` where there are none.
    pub(crate) fn beat(&self) -> Option<Duration> {
        let ends = self.hooks.iter().flatten().filter(|hook| hook.way == Way::Terminating);
        ends.map(|hook| hook.timeout / 2).min()
    }

    /// The group's launches; `None` before the first reading.
    pub(crate) fn launches(&self) -> Option<Launches<'_>> {
        Some(Launches {
            group: self.group.as_ref()?,
            templates: &self.templates,
            images: &self.images,
            configured: self.configured.as_ref(),
        })
    }

    /// The group as the engine sees it; `None` when what it launches from does not exist.
    pub(crate) fn observed(&self) -> Option<Group> {
        let launches = self.launches()?;
        let group = launches.group;
        Some(Group {
            sizes: group.sizes,
            zones: group.zones.iter().map(|zone| Zone::new(zone.as_str())).collect(),
            template: template_id(&group.source),
            version: launches.version()?,
            versions: launches.versions(),
            taints: group.tags.iter().filter_map(|(key, value)| taint(key, value)).collect(),
            launched_at: self.launched.succeeded_at,
            failures: self.launched.failures.clone(),
        })
    }

    /// Its instances as the engine sees them.
    pub(crate) fn instances(&self) -> Vec<Instance> {
        let Some(launches) = self.launches() else { return Vec::new() };
        let instances = launches.group.instances.iter().map(|instance| Instance {
            id: InstanceId::new(instance.id.as_str()),
            zone: Zone::new(instance.zone.as_str()),
            version: launches.version_of(instance),
            lifecycle: instance.lifecycle,
            // One of ours is drained: its hook is answered and held no longer than that takes.
            held: instance.state == HELD && !self.ended.contains(&instance.id),
            launched_at: self.launched_at.get(&instance.id).copied().unwrap_or(Timestamp::UNIX_EPOCH),
        });
        instances.collect()
    }

    /// Notes sizes that were read: once those that were set are seen, readings do not lag behind them any more.
    pub(crate) fn note_sizes(&mut self, seen: Sizes) {
        self.resized = self.resized.filter(|(_, to, _)| *to != seen);
    }

    /// Notes that an instance is going, before the next reading says so.
    pub(crate) fn note_terminated(&mut self, id: &str, with_decrement: bool) {
        let Some(group) = &mut self.group else { return };
        let found = group.instances.iter_mut().find(|instance| instance.id == id);
        let Some(instance) = found.filter(|instance| instance.lifecycle != Lifecycle::Terminating) else {
            return;
        };
        instance.lifecycle = Lifecycle::Terminating;
        if with_decrement {
            group.sizes.desired = group.sizes.desired.saturating_sub(1);
            // The sizes that were set before are history with it.
            self.resized = None;
        }
        self.quiet = 0;
    }
}

/// Id of the template that a group launches from; a launch configuration is told by its name.
pub(crate) fn template_id(source: &Source) -> TemplateId {
    match source {
        Source::Template { base, .. } => TemplateId::new(base.id.as_str()),
        Source::Configuration(name) => TemplateId::new(format!("launch configuration {name}")),
    }
}

/// The taint that a tag tells (Cluster Autoscaler: value and effect, with a colon between).
fn taint(key: &str, value: &str) -> Option<Taint> {
    let key = key.strip_prefix(TAINT_TAG)?;
    let (_, effect) = value.rsplit_once(':')?;
    Some(Taint { key: key.into(), effect: Effect::named(effect)? })
}
