//! Kubernetes Events that controllers, scheduler and kubelets record: repeated ones are counted, and their number
//! is bounded. No part of the world reads them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::object::Uid;
use crate::store::{OtherId, Ref, Store};
use crate::time::Time;
use crate::world::World;

/// How many events are kept; the oldest go first. A real API server keeps them for an hour; in an hour of a busy
/// update 5,000 nodes leave some twelve each (registered, ready, not ready, removed, and the pods that found no
/// place).
pub const KEPT_MAX: usize = 1 << 16;

/// `type` of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something went as it should.
    Normal,
    /// Something needs attention.
    Warning,
}

/// A Kubernetes Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// A serial number, rising with each new event.
    pub number: u64,
    /// The version of the world at its last occurrence.
    pub version: u64,
    /// `involvedObject.uid`.
    pub uid: Uid,
    /// The object in the store; it may be gone by now.
    pub about: Ref,
    /// `involvedObject.kind`.
    pub kind: &'static str,
    /// Namespace and name of the object, kept for when it is gone.
    pub place: (Arc<str>, Arc<str>),
    /// `type`.
    pub severity: Severity,
    /// `reason`, such as `FailedScheduling`.
    pub reason: &'static str,
    /// Text for people; events that agree in it are counted as one.
    pub message: Arc<str>,
    /// `source.component`, such as `default-scheduler`.
    pub source: &'static str,
    /// `count`: occurrences so far.
    pub count: u32,
    /// `firstTimestamp`.
    pub first: Time,
    /// `lastTimestamp`.
    pub last: Time,
}

/// Object, reason, source and message: events that agree in these are counted as one.
type Same = (Ref, &'static str, &'static str, Arc<str>);

/// The latest events, at most `KEPT_MAX`.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    kept: VecDeque<Event>,
    by_content: BTreeMap<Same, u64>,
    made: u64,
    /// Whether per-pod routine events (`Pulled`, `Started`, `Killing`) are recorded too. Off by default: in a
    /// large world they are millions.
    pub routine: bool,
}

impl EventLog {
    /// All events, by first occurrence.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        self.kept.iter()
    }

    /// The event of that serial number; `None` once it is dropped.
    pub fn get(&self, number: u64) -> Option<&Event> {
        let oldest = self.kept.front()?.number;
        self.kept.get(number.checked_sub(oldest)? as usize)
    }

    /// The events about an object. Scans the whole log: for reports only.
    pub fn about(&self, at: Ref) -> impl Iterator<Item = &Event> {
        self.kept.iter().filter(move |event| event.about == at)
    }

    fn push(&mut self, mut event: Event) -> Option<&Event> {
        let same = (event.about, event.reason, event.source, event.message.clone());
        let oldest = self.kept.front().map_or(self.made, |event| event.number);
        if let Some(number) = self.by_content.get(&same)
            && let number = *number
            && let Some(known) = self.kept.get_mut((number - oldest) as usize)
        {
            known.count += 1;
            known.last = event.last;
            known.version = event.version;
            return self.kept.get((number - oldest) as usize);
        }
        if self.kept.len() == KEPT_MAX
            && let Some(old) = self.kept.pop_front()
        {
            self.by_content.remove(&(old.about, old.reason, old.source, old.message));
        }
        event.number = self.made;
        self.made += 1;
        self.by_content.insert(same, event.number);
        self.kept.push_back(event);
        self.kept.back()
    }
}

/// The kind to show for an untyped object.
fn told_of(store: &Store, id: OtherId) -> &'static str {
    match store.others.get(id).map(|other| &*other.kind) {
        Some("ConfigMap") => "ConfigMap",
        Some(_) | None => Ref::Other(id).kind(),
    }
}

impl World {
    /// Records an event about an object, or counts it once more; nothing is recorded about an object that is
    /// gone.
    pub fn record(
        &mut self,
        about: Ref,
        severity: Severity,
        source: &'static str,
        reason: &'static str,
        message: impl Into<Arc<str>>,
    ) {
        let Some(meta) = self.store.meta(about) else { return };
        let (place, uid) = ((meta.namespace.clone(), meta.name.clone()), meta.uid);
        let (now, message) = (self.now, message.into());
        let kind = match about {
            Ref::Other(id) => told_of(&self.store, id),
            about => self.store.kind_of(about),
        };
        self.store.changes.version += 1;
        let event = Event {
            number: 0,
            version: self.store.changes.version,
            uid,
            about,
            kind,
            place,
            severity,
            reason,
            message,
            source,
            count: 1,
            first: now,
            last: now,
        };
        if let Some(witness) = &mut self.witness {
            witness.said(&event);
        }
        let said = self.events.push(event);
        if let (Some(follower), Some(said)) = (self.follower.clone(), said.cloned()) {
            follower.said(self, &said);
        }
    }

    /// Records a per-pod routine event if those are switched on; otherwise the message is not even made.
    pub fn record_routine(
        &mut self,
        about: Ref,
        source: &'static str,
        reason: &'static str,
        message: impl FnOnce(&Self) -> String,
    ) {
        if self.events.routine {
            let message = message(self);
            self.record(about, Severity::Normal, source, reason, message);
        }
    }
}
