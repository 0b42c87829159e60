//! What runs around the upgrade of a real cluster: its updates of node groups, who asks something of it, what is told.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::UpdateId;
use replank_core::node_group::spec::Spec;
use replank_engine::cluster_upgrade::report::{FactReport, UpgradeReport};
use replank_engine::cluster_upgrade::turn::UpgradeTurned;
use replank_engine::commands::{Command, CommandError};
use replank_engine::journal::StartError;
use replank_engine::messages;
use replank_engine::report::Narrator;
use replank_engine::serialized::Time;
use replank_engine::supervise::{Pending, Reconcile};
use replank_engine::turn::{TurnError, Turned};
use replank_kube::tell::Teller;
use replank_service::reconcile::update_end;
use replank_service::records::{Owner, Update};
use tracing::error;

use super::hands::Hands;
use super::port::Port;
use super::told::Told;
use crate::cli::remote::Format;
use crate::follow::FollowPrinter;
use crate::printer::Printer;
use crate::real::steering::Steering;

/// How often what was held for updates that are over is given back.
const SETTLES: SignedDuration = SignedDuration::from_secs(5);

/// The upgrade of a real cluster in this process.
pub(super) struct Runner<'a, 'p, H> {
    pub(super) port: Port<'a, H>,
    pub(super) steering: Option<Steering>,
    pub(super) printer: RefCell<&'p mut Printer>,
    pub(super) format: Format,
    pub(super) told: RefCell<Told>,
    pub(super) teller: RefCell<Teller>,
    pub(super) begun: Timestamp,
    pub(super) narrators: RefCell<BTreeMap<UpdateId, Narrator>>,
    /// Updates of node groups that are on record for those who ask.
    pub(super) recorded: RefCell<BTreeSet<UpdateId>>,
    /// The last report of the upgrade.
    pub(super) report: RefCell<Option<UpgradeReport>>,
    /// Whether an update broke off in a way that the next look may mend, and was told.
    pub(super) broke: Cell<bool>,
}

impl<H: Hands> Runner<'_, '_, H> {
    fn is_over(&self) -> bool {
        self.report.borrow().as_ref().is_some_and(|report| report.status.is_over())
    }

    /// Puts an update of a node group on record, for those who ask for a list.
    fn record(&self, turned: &Turned<'_>) {
        let spec = turned.rollout.spec();
        let Some(steering) = &self.steering else { return };
        let records = &steering.service().records;
        if self.recorded.borrow_mut().insert(spec.update.clone()) {
            let begun = turned.rollout.started_at().as_millisecond() as f64 / 1000.0;
            let noted = records.change::<(), Infallible>(|change| {
                let update = Update::begun(spec.update.as_str(), "VersionUpdate", Vec::new());
                let update = Update { created_at: begun, ..update };
                update.put(change, spec.cluster.as_str(), Owner::Nodegroup(spec.group.to_string()));
                Ok(())
            });
            if noted.is_err() {
                error!(update = %spec.update, "the update is not on record for those who ask");
            }
        }
        update_end::of_own(records, turned.rollout);
    }
}

impl<'a, H: Hands> Reconcile for Runner<'a, '_, H> {
    type Cluster = H::Cluster;
    type Cloud = H::Cloud;
    type Upgrades = Port<'a, H>;

    fn upgrades(&self) -> &Port<'a, H> {
        &self.port
    }

    fn show_upgrade(&self, turned: &UpgradeTurned<'_>) {
        let report = turned.report();
        let fact = |event: &replank_core::cluster_upgrade::event::Event| FactReport {
            at: Time(event.at),
            text: messages::upgrade::fact(turned.upgrade, &event.fact),
        };
        let facts: Vec<FactReport> = turned.facts.iter().map(fact).collect();
        self.told.borrow_mut().tell(&mut self.printer.borrow_mut(), &facts, &report);
        if let Some(steering) = &self.steering {
            let feed = &steering.service().feed;
            feed.upgrades.show(turned);
            feed.ring();
        }
        *self.report.borrow_mut() = Some(report);
    }

    fn sides(&self, spec: &Spec) -> (H::Cluster, H::Cloud) {
        self.port.hands.sides(spec.group.as_str())
    }

    fn pending(&self) -> Vec<Pending> {
        let taken = self.port.claim.as_ref().and_then(|claim| claim.taken());
        if self.port.reached.interrupt.asked() || self.is_over() || taken.is_some() {
            return vec![Pending::Leave];
        }
        let asked = self.steering.as_ref().map(|steering| steering.service().feed.take());
        let mut pending: Vec<Pending> = asked.into_iter().flatten().map(Pending::Command).collect();
        let begun = std::mem::take(&mut *self.port.begun.borrow_mut());
        pending.extend(begun.into_iter().map(|spec| Pending::Update(Box::new(spec))));
        pending
    }

    async fn reconcile(&self, now: Timestamp) -> Option<Timestamp> {
        self.port.hands.settle().await;
        Some(now + SETTLES)
    }

    fn show(&self, turned: &Turned<'_>) {
        let id = turned.rollout.spec().update.clone();
        let lines = self.narrators.borrow_mut().entry(id).or_default().tell(turned, Vec::new());
        let mut printer = self.printer.borrow_mut();
        FollowPrinter::new(&mut printer, self.format).naming(true).tell(Some(self.begun), &lines);
        drop(printer);
        self.teller.borrow_mut().follow(turned);
        self.port.hands.follow(turned);
        self.record(turned);
        if let Some(steering) = &self.steering {
            steering.service().feed.show(turned, Vec::new());
        }
    }

    fn refused(&self, update: &UpdateId, why: &StartError) {
        error!(%update, "the update could not be begun: {why}");
    }

    fn answered(&self, command: &Command, answer: Result<(), CommandError>) {
        if let Some(steering) = &self.steering {
            let _heard = steering.service().feed.answer(command, answer.map_err(|error| error.to_string()));
        }
    }

    fn broke(&self, update: &UpdateId, why: &TurnError) {
        if !self.broke.replace(true) {
            Printer::complain(&format!("warning: {update} broke off and is tried again: {why}"));
        }
    }
}
