//! The upgrades under way, beside the updates of node groups: each takes a turn when it is due.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use replank_core::cluster_upgrade::spec::Spec;
use replank_core::names::UpdateId;

use super::turn::{UpgradeUnderWay, turn};
use crate::clock::Clock;
use crate::journal::{JournalError, JournalPort, RecordedUpgrade, StartError};
use crate::probe::Probe;
use crate::run::earliest;
use crate::supervise::Reconcile;
use crate::turn::{Next, TurnContext};

/// How long an upgrade that broke off rests before it is read from the journal again.
const BROKEN_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// The upgrades under way.
#[derive(Debug, Default)]
pub(crate) struct Upgrades {
    resting: RefCell<BTreeMap<UpdateId, Resting>>,
    /// Those that somebody asked something of while they took their turn.
    roused: RefCell<BTreeSet<UpdateId>>,
}

#[derive(Debug)]
struct Resting {
    one: UpgradeUnderWay,
    /// When its next turn is due; `None` when only a person can bring news.
    due: Option<Timestamp>,
}

impl Upgrades {
    /// Those that the journal has unfinished.
    pub(crate) fn of(unfinished: Vec<RecordedUpgrade>, now: Timestamp) -> Self {
        let upgrades = Self::default();
        unfinished.into_iter().for_each(|recorded| upgrades.add(recorded, now));
        upgrades
    }

    fn add(&self, recorded: RecordedUpgrade, now: Timestamp) {
        let id = recorded.upgrade.spec().upgrade.clone();
        let resting = Resting { one: UpgradeUnderWay::new(recorded), due: Some(now) };
        self.resting.borrow_mut().insert(id, resting);
    }

    /// Begins one, unless it is under way since before a kill.
    pub(crate) async fn begin<R: Reconcile, J: JournalPort>(
        &self,
        spec: Spec,
        now: Timestamp,
        reconciler: &R,
        journal: &J,
    ) -> Result<(), JournalError> {
        let id = spec.upgrade.clone();
        match journal.run(move |journal| journal.start_upgrade(spec, now)).await? {
            Ok(recorded) => self.add(recorded, now),
            Err(StartError::Taken { .. }) => {}
            Err(error) => reconciler.refused(&id, &error),
        }
        Ok(())
    }

    /// Somebody asked something of one: it takes its turn at once.
    pub(crate) fn rouse(&self, id: &UpdateId, now: Timestamp) {
        match self.resting.borrow_mut().get_mut(id) {
            Some(resting) => resting.due = Some(now),
            None => drop(self.roused.borrow_mut().insert(id.clone())),
        }
    }

    /// Lets all that are due take a turn; answers when the next one is.
    pub(crate) async fn tend<R: Reconcile, J: JournalPort, T: Clock, P: Probe>(
        &self,
        reconciler: &R,
        context: &TurnContext<'_, J, T, P>,
    ) -> Option<Timestamp> {
        let now = context.clock.now();
        let is_due = |resting: &Resting| resting.due.is_some_and(|due| due <= now);
        let due: Vec<UpdateId> = {
            let resting = self.resting.borrow();
            resting.iter().filter(|(_, resting)| is_due(resting)).map(|(id, _)| id.clone()).collect()
        };
        for id in due {
            let Some(mut resting) = self.resting.borrow_mut().remove(&id) else { continue };
            let shown = &mut |turned: &super::turn::UpgradeTurned<'_>| reconciler.show_upgrade(turned);
            let next = turn(&mut resting.one, reconciler.upgrades(), context, shown).await;
            resting.due = match next {
                Ok(Next::Over) => continue,
                Ok(Next::Again) => Some(context.clock.now()),
                Ok(Next::Rest(until)) => until,
                Err(error) => {
                    reconciler.broke(&id, &error);
                    Some(context.clock.now() + BROKEN_PAUSE)
                }
            };
            if self.roused.borrow_mut().remove(&id) {
                resting.due = Some(context.clock.now());
            }
            self.resting.borrow_mut().insert(id, resting);
        }
        self.roused.borrow_mut().clear();
        self.resting.borrow().values().fold(None, |wake, resting| earliest(wake, resting.due))
    }
}
