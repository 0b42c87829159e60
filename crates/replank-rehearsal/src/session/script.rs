//! The script of a world file: commands that are due at a time or after an event.

use std::sync::Arc;

use jiff::Timestamp;
use replank_core::names::{NodeGroupName, UpdateId};
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::phase::{Phase, Purpose};
use replank_core::node_group::rollout::{GiveBack, Rollout};
use replank_engine::commands::{Command, CommandKind, Stays, TargetAfter};

use super::script_deeds::Cast;
use super::{LogError, WorldLog, script_deeds};
use replank_formats::worldfile::When;
use replank_formats::worldfile::spec::{Act, Deed};
use replank_world::shared::Shared;
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// A script being carried out.
#[derive(Debug)]
pub(super) struct Script {
    begun: Time,
    acts: Vec<(Act, State)>,
    updates: Vec<(NodeGroupName, UpdateId)>,
    counts: Counts,
    /// The instances that `old N` names.
    old: Vec<Arc<str>>,
    commands: Vec<Command>,
    told: Vec<Told>,
    /// Commands that were handed to the engine and not noted as done yet.
    given: Vec<usize>,
}

/// A scripted command that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Virtual time.
    pub at: Timestamp,
    /// The command as in the world file, such as `cordon (node old 2)`.
    pub act: String,
    /// Its effect: `done`, or why not.
    pub answer: String,
}

/// The state of a scripted command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Its time or event has not come.
    Waits,
    /// It is due at this time.
    Due(Time),
    /// It was carried out.
    Done,
}

/// Counters of the events that commands wait for.
#[derive(Debug, Default)]
struct Counts {
    phases: Vec<Phase>,
    /// Instances picked for replacement, in order.
    picked: Vec<Arc<str>>,
    drained: u32,
    gone: u32,
}

impl Script {
    /// The script of a world whose update begins at `begun`, with the old instances.
    pub(super) fn new(acts: &[Act], begun: Time, old: Vec<Arc<str>>) -> Self {
        let acts = acts.iter().map(|act| (act.clone(), State::Waits)).collect();
        Self {
            begun,
            acts,
            updates: Vec::new(),
            counts: Counts::default(),
            old,
            commands: Vec::new(),
            told: Vec::new(),
            given: Vec::new(),
        }
    }

    /// Follows a turn of the engine and carries out commands that are due. Each is noted in the same transaction
    /// as its effect on the world, so that after a kill none is repeated or left out.
    pub(super) fn follow(
        &mut self,
        world: &Shared,
        rollout: &Rollout,
        facts: &[Event],
        log: Option<&WorldLog>,
    ) -> Result<(), LogError> {
        self.count(rollout, facts);
        let mut world = world.lock();
        for at in std::mem::take(&mut self.given) {
            note(log, at, None, true)?;
        }
        for at in self.due(&world, log)? {
            self.acts[at].1 = State::Done;
            let deed = self.acts[at].0.deed.clone();
            if let Some(log) = log {
                log.begin()?;
            }
            if self.perform(&mut world, &deed) == By::World {
                note(log, at, None, true)?;
            } else {
                self.given.push(at);
            }
            if let Some(log) = log {
                log.commit()?;
            }
        }
        if let Some(at) = self.next_at() {
            world.look_up_at(at);
        }
        Ok(())
    }

    /// When the next command is due, as far as that is known.
    pub(super) fn next_at(&self) -> Option<Time> {
        let next = self.acts.iter().filter_map(|(act, state)| match state {
            State::Due(at) => Some(*at),
            State::Waits => act.at.map(|at| self.begun + Span::from(at.0)),
            State::Done => None,
        });
        next.min()
    }

    /// Follows facts recorded before a restart.
    pub(super) fn remember(&mut self, rollout: &Rollout, facts: &[Event]) {
        self.count(rollout, facts);
    }

    /// Restores the states noted before a restart.
    pub(super) fn restore(&mut self, noted: Vec<(usize, Option<Time>, bool)>) {
        for (at, due, done) in noted {
            if let Some((_, state)) = self.acts.get_mut(at) {
                *state = match due {
                    _ if done => State::Done,
                    Some(due) => State::Due(due),
                    None => State::Waits,
                };
            }
        }
    }

    /// Commands carried out since the last call.
    pub(super) fn told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    /// Commands to the engine since the last call.
    pub(super) fn commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    fn count(&mut self, rollout: &Rollout, facts: &[Event]) {
        let spec = rollout.spec();
        if !self.updates.iter().any(|(_, id)| *id == spec.update) {
            self.updates.retain(|(group, _)| *group != spec.group);
            self.updates.push((spec.group.clone(), spec.update.clone()));
        }
        for event in facts {
            match &event.fact {
                Fact::Entered { phase } => self.counts.phases.push(*phase),
                Fact::Picked { instance, purpose: Purpose::Replace | Purpose::Retire, .. } => {
                    self.counts.picked.push(instance.as_str().into());
                }
                Fact::Drained { .. } => self.counts.drained += 1,
                Fact::Gone { .. } => self.counts.gone += 1,
                _ => {}
            }
        }
    }

    /// The indices of the commands that are due.
    fn due(&mut self, world: &World, log: Option<&WorldLog>) -> Result<Vec<usize>, LogError> {
        let mut due = Vec::new();
        for (at, (act, state)) in self.acts.iter_mut().enumerate() {
            if *state == State::Waits && is_time(act, self.begun, &self.counts, world) {
                let due = world.now + Span::from(act.after.0);
                *state = State::Due(due);
                if due > world.now {
                    note(log, at, Some(due), false)?;
                }
            }
            if matches!(state, State::Due(when) if *when <= world.now) {
                due.push(at);
            }
        }
        Ok(due)
    }

    fn perform(&mut self, world: &mut World, deed: &Deed) -> By {
        let wish = match deed {
            Deed::Pause { group, uncordon } => {
                (group, CommandKind::Pause { in_work: GiveBack::from(*uncordon) })
            }
            Deed::Resume { group } => (group, CommandKind::Resume),
            Deed::Force { group } => (group, CommandKind::Force),
            Deed::Cancel { group, uncordon, restore_target, keep_new } => {
                let (target, stays) = match (restore_target, keep_new) {
                    (_, true) => (TargetAfter::Stays, Stays::New),
                    (true, false) => (TargetAfter::Restored, Stays::Old),
                    (false, false) => (TargetAfter::Stays, Stays::Old),
                };
                (group, CommandKind::Cancel { in_work: GiveBack::from(*uncordon), target, stays })
            }
            other => {
                let groups = self.groups();
                let cast = Cast { old: &self.old, picked: &self.counts.picked, groups: &groups };
                let answer = script_deeds::perform(world, other, cast);
                self.tell(world, deed, answer);
                return By::World;
            }
        };
        self.tell(world, deed, "asked for".to_owned());
        let (group, wish) = wish;
        let about = |name: &NodeGroupName| group.as_ref().is_none_or(|group| group == name.as_str());
        let commands = self.updates.iter().filter(|(name, _)| about(name));
        self.commands.extend(commands.map(|(_, update)| Command { update: update.clone(), wish }));
        By::Journal
    }

    fn tell(&mut self, world: &World, deed: &Deed, answer: String) {
        self.told.push(Told { at: world.now.into(), act: script_deeds::words(deed), answer });
    }

    fn groups(&self) -> Vec<Arc<str>> {
        self.updates.iter().map(|(group, _)| group.as_str().into()).collect()
    }
}

/// Who persists the effect of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The world log.
    World,
    /// The engine's journal: noted a turn later, since repeating the command has no effect.
    Journal,
}

fn note(log: Option<&WorldLog>, at: usize, due: Option<Time>, done: bool) -> Result<(), LogError> {
    log.map_or(Ok(()), |log| log.note_script(at, due, done))
}

fn is_time(act: &Act, begun: Time, counts: &Counts, world: &World) -> bool {
    let reached = |counted: u32, wanted: u32| counted >= wanted;
    match (act.at, act.when) {
        (Some(at), _) => begun + Span::from(at.0) <= world.now,
        (None, None | Some(When::UpdateStarted)) => true,
        (None, Some(When::Phase(name))) => counts.phases.contains(&script_deeds::phase(name)),
        (None, Some(When::NodePicked(wanted))) => reached(counts.picked.len() as u32, wanted),
        (None, Some(When::NodeDrained(wanted))) => reached(counts.drained, wanted),
        (None, Some(When::NodeGone(wanted))) => reached(counts.gone, wanted),
        (None, Some(When::NodeLaunched(wanted))) => reached(script_deeds::launched(world, begun), wanted),
        (None, Some(When::NodeReady(wanted))) => reached(script_deeds::ready(world, begun), wanted),
        (None, Some(When::EvictionRefused(wanted))) => reached(world.tally.refused as u32, wanted),
        (None, Some(When::PodPending(wanted))) => reached(script_deeds::pending(world), wanted),
    }
}
