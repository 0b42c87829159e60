//! Runs one update of a real cluster in this process, whatever cloud its nodes come from.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_core::node_group::event::Event;
use replank_core::node_group::plan::NoNode;
use replank_core::node_group::rollout::Rollout;
use replank_engine::commands::{Command, CommandError};
use replank_engine::journal::Recorded;
use replank_engine::ports::{Cloud, Cluster};
use replank_engine::report::{Narrator, Stalls};
use replank_engine::run::{self, Face, Input};
use replank_engine::turn::{Settings, Turned, Update};
use replank_kube::Claim;
use replank_kube::tell::Teller;
use tokio::sync::watch;

use super::connect::Reached;
use super::ending;
use super::kept::Kept;
use super::steering::Steering;
use crate::cli::remote::UpgradeNodegroup;
use crate::errors::bad;
use crate::exit::Exit;
use crate::follow::FollowPrinter;
use crate::interrupt::Interrupt;
use crate::printer::Printer;
use crate::probe::DieAt;

/// An update to run, with what it is run on.
pub(super) struct Running<'a, C, K> {
    pub(super) reached: &'a Reached,
    pub(super) kept: &'a mut Kept,
    /// The lease of the group, held; both sides act only under it.
    pub(super) claim: Arc<Claim>,
    pub(super) recorded: Recorded,
    pub(super) sides: (C, K),
    /// Wakes a turn when the cloud may have changed.
    pub(super) changes: Vec<watch::Receiver<()>>,
    pub(super) probe: DieAt,
}

/// Runs the update until it ends or the process is asked to end.
pub(super) fn to_its_end<C: Cluster, K: Cloud>(
    running: Running<'_, C, K>,
    flags: &UpgradeNodegroup,
    least: SignedDuration,
    printer: &mut Printer,
) -> Result<Exit> {
    let Running { reached, kept, claim, recorded, sides: (cluster, cloud), mut changes, probe } = running;
    let (_, facts) = kept.journal.load(&recorded.rollout.spec().update)?;
    let steering = steering(reached, kept.directory(), &recorded.rollout, &facts);
    changes.extend(steering.as_ref().map(Steering::changes));
    let Kept { journal, claims, .. } = kept;
    let begun = recorded.rollout.started_at();
    let client = reached.connection.client.clone();
    let mut updates = [Update::new(recorded, cluster, cloud)];
    let clock = reached.clock(changes);
    let mut face = Watcher {
        narrator: Narrator::default(),
        begun,
        told: FollowPrinter::new(printer, flags.server.output).naming(flags.is_one_of_several),
        teller: Teller::start(client, reached.runtime.handle()),
        interrupt: reached.interrupt.clone(),
        claim: claim.clone(),
        stalls: Stalls::new(least),
        unplaced: Vec::new(),
        steering,
    };
    let settings = Settings::default();
    let ran = reached.runtime.block_on(run::run(&mut updates, journal, &clock, &probe, settings, &mut face));
    let taken = claim.taken();
    // The lease is given back when nobody holds the claim: neither the sides nor the watcher.
    let [recorded] = updates.map(|update| update.recorded);
    let (mut printed, stalls, unplaced, steering) = face.over();
    drop(claim);
    reached.runtime.block_on(claims.end());
    if let Some(steering) = steering {
        steering.end(&reached.runtime, recorded.rollout.end().is_some());
    }
    let ended = ran?;
    if let Some(taken) = taken {
        return Err(bad(format!("{taken}. This one has stopped.")));
    }
    let (_, events) = journal.load(&recorded.rollout.spec().update)?;
    let stalls = stalls.close(Timestamp::now(), recorded.rollout.end().is_none());
    let ending = ending::of(ended, &recorded.rollout, &events, (&stalls, &unplaced), least);
    printed.end(&ending);
    Ok(ending.exit)
}

/// Prints the turns and collects stalls.
struct Watcher<'a> {
    narrator: Narrator,
    begun: Timestamp,
    told: FollowPrinter<'a>,
    teller: Teller,
    interrupt: Interrupt,
    claim: Arc<Claim>,
    stalls: Stalls,
    /// Pods without a node when the update ended.
    unplaced: Vec<NoNode>,
    steering: Option<Steering>,
}

/// Lets others steer the update. One that nobody can steer runs all the same.
fn steering(reached: &Reached, data: &Path, rollout: &Rollout, facts: &[Event]) -> Option<Steering> {
    let begun = Steering::begin(reached, data, rollout, facts);
    begun
        .inspect_err(|error| {
            Printer::complain(&format!("note: other commands cannot steer this update: {error:#}"));
        })
        .ok()
}

impl<'a> Watcher<'a> {
    /// What is needed after the run; everything else is let go of, the claim too.
    fn over(self) -> (FollowPrinter<'a>, Stalls, Vec<NoNode>, Option<Steering>) {
        (self.told, self.stalls, self.unplaced, self.steering)
    }
}

impl Face for Watcher<'_> {
    fn show(&mut self, turned: &Turned<'_>) {
        let lines = self.narrator.tell(turned, Vec::new());
        self.told.tell(Some(self.begun), &lines);
        self.teller.follow(turned);
        self.stalls.take(turned);
        if turned.rollout.end().is_some() {
            self.unplaced = turned.report().unplaced;
        }
        if let Some(steering) = &self.steering {
            steering.show(turned);
        }
    }

    fn asked(&mut self) -> Vec<Input> {
        let leaves = self.interrupt.asked() || self.claim.taken().is_some();
        if leaves {
            return vec![Input::Leave];
        }
        self.steering.as_ref().map(Steering::asked).unwrap_or_default()
    }

    fn answered(&mut self, command: &Command, answer: Result<(), &CommandError>) {
        if let Some(steering) = &self.steering {
            steering.answered(command, answer);
        }
    }
}
