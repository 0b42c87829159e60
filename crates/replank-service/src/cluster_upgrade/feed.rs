//! What every upgrade said last, and what happened to it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use replank_core::cluster_upgrade::decision::Decision;
use replank_core::cluster_upgrade::event::Event;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_engine::cluster_upgrade::report::{FactReport, UpgradeReport};
use replank_engine::cluster_upgrade::turn::UpgradeTurned;
use replank_engine::messages;
use replank_engine::serialized::Time;

/// What every upgrade said last, by its id.
#[derive(Debug, Default)]
pub struct UpgradeFeed {
    told: Mutex<BTreeMap<String, Told>>,
}

#[derive(Clone, Debug)]
struct Told {
    report: UpgradeReport,
    facts: Vec<FactReport>,
}

impl UpgradeFeed {
    /// Takes in a turn.
    pub fn show(&self, turned: &UpgradeTurned<'_>) {
        let id = turned.upgrade.spec().upgrade.to_string();
        let (report, new) = (turned.report(), turned.facts.iter().map(|event| fact(turned.upgrade, event)));
        match self.lock().entry(id) {
            Entry::Occupied(mut told) => {
                let told = told.get_mut();
                told.report = report;
                told.facts.extend(new);
            }
            Entry::Vacant(place) => drop(place.insert(Told { report, facts: new.collect() })),
        }
    }

    /// Takes in an upgrade as the journal has it.
    pub fn remember(&self, upgrade: &Upgrade, events: &[Event], at: Timestamp) {
        let report = UpgradeReport::of(upgrade, &Decision::default(), at);
        let facts = events.iter().map(|event| fact(upgrade, event)).collect();
        self.lock().insert(upgrade.spec().upgrade.to_string(), Told { report, facts });
    }

    /// Every upgrade, by the time when it was asked for.
    pub fn reports(&self) -> Vec<UpgradeReport> {
        let mut reports: Vec<UpgradeReport> = self.lock().values().map(|told| told.report.clone()).collect();
        reports.sort_by_key(|report| report.started_at.0);
        reports
    }

    /// The latest report of an upgrade; `None` when none was made.
    pub fn report(&self, id: &str) -> Option<UpgradeReport> {
        Some(self.lock().get(id)?.report.clone())
    }

    /// What happened to it, from fact number `from` on.
    pub fn facts(&self, id: &str, from: usize) -> Vec<FactReport> {
        self.lock().get(id).map(|told| told.facts.iter().skip(from).cloned().collect()).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fact(upgrade: &Upgrade, event: &Event) -> FactReport {
    FactReport { at: Time(event.at), text: messages::upgrade::fact(upgrade, &event.fact) }
}
