//! The loop of a server: takes up updates as they are asked for and runs each to its end, until it is told to stop.
//!
//! Unlike [`run`](mod@crate::run) it does not end with its updates. Each update is a task of its own: one whose cluster
//! does not answer holds up no other. After a restart it continues the updates that the journal has as unfinished.
//!
//! Several of it may share a journal. Each runs the updates that are its own, lays down between two turns what has become
//! another's, and takes up from the journal what has become its own.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::{SignedDuration, Timestamp};
use replank_core::cluster_upgrade::spec::Spec as UpgradeSpec;
use replank_core::names::{NodeGroupName, UpdateId};
use replank_core::node_group::decide::least_rest;
use replank_core::node_group::spec::Spec;
use tracing::{Instrument, debug_span};

use crate::clock::Clock;
use crate::cluster_upgrade::commands::obey;
use crate::cluster_upgrade::port::UpgradePort;
use crate::cluster_upgrade::tend::Upgrades;
use crate::cluster_upgrade::turn::UpgradeTurned;
use crate::commands::{Command, CommandError};
use crate::journal::{JournalError, JournalPort, Listed, Recorded, StartError};
use crate::ports::{Cloud, Cluster};
use crate::probe::Probe;
use crate::run::earliest;
use crate::turn::{Next, Settings, TurnContext, TurnError, Turned, Update, turn};

/// Pause before an update that broke off is read from the journal again.
const BROKEN_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// The service around the updates.
pub trait Reconcile {
    /// Kubernetes port of an update.
    type Cluster: Cluster;
    /// Cloud port of an update.
    type Cloud: Cloud;

    /// Port of upgrades of whole clusters.
    type Upgrades: UpgradePort;

    /// The port of upgrades.
    fn upgrades(&self) -> &Self::Upgrades;
    /// Shows a turn of an upgrade.
    fn show_upgrade(&self, turned: &UpgradeTurned<'_>);
    /// Makes the two ports of an update.
    fn sides(&self, spec: &Spec) -> (Self::Cluster, Self::Cloud);
    /// What was asked for since the last call. Called before every rest.
    fn pending(&self) -> Vec<Pending>;
    /// Carries out what is not an update, beside the turns; returns when it wants to be called again.
    fn reconcile(&self, now: Timestamp) -> impl Future<Output = Option<Timestamp>>;
    /// Shows a turn.
    fn show(&self, turned: &Turned<'_>);
    /// Is told that an update could not be started.
    fn refused(&self, update: &UpdateId, error: &StartError);
    /// Is told whether a command was taken.
    fn answered(&self, command: &Command, answer: Result<(), CommandError>);
    /// Is told that an update broke off; it is tried again after a pause.
    fn broke(&self, update: &UpdateId, error: &TurnError);
    /// Whether updates of a node group are run here, and not by another process that shares the journal.
    fn is_ours(&self, _group: &NodeGroupName) -> bool {
        true
    }
    /// Is told that an update was laid down: it goes on elsewhere.
    fn laid_down(&self, _update: &UpdateId) {}
    /// Is told what the journal has, once the updates that are ours were taken up from it.
    fn taken_up(&self, _listed: &[Listed]) {}
    /// Is told that they could not be; that is tried again after a pause.
    fn not_taken_up(&self, _error: &JournalError) {}
}

/// What may be asked of the loop.
#[derive(Clone, Debug, PartialEq)]
pub enum Pending {
    /// Run an update. One that is in the journal already goes on from there.
    Update(Box<Spec>),
    /// Run an upgrade of a whole cluster. One that is in the journal already goes on from there.
    Upgrade(Box<UpgradeSpec>),
    /// A command to an update or an upgrade.
    Command(Command),
    /// Take up the updates of the journal that have become ours.
    TakeUp,
    /// End the loop; updates stay in the journal as they are.
    Leave,
}

/// Runs updates until asked to end, beginning with those that the journal has as unfinished.
pub async fn supervise<R: Reconcile, J: JournalPort, T: Clock, P: Probe>(
    reconciler: &R,
    journal: &J,
    clock: &T,
    probe: &P,
    settings: Settings,
) -> Result<(), JournalError> {
    let context = TurnContext { journal, clock, probe, settings };
    let unfinished = journal.run(|journal| journal.unfinished_upgrades()).await??;
    let upgrades = Upgrades::of(unfinished, clock.now());
    let mut updates = Updates {
        reconciler,
        journal,
        upgrades: &upgrades,
        idle: Vec::new(),
        known: BTreeSet::new(),
        holds_off: None,
        works: BTreeMap::new(),
        wake: None,
    };
    updates.take_up().await?;
    let mut turning = FuturesUnordered::new();
    let mut tending: Option<LocalBoxFuture<'_, Option<Timestamp>>> = None;
    for round in 0_u64.. {
        // A round: whatever rests and is due takes a turn. What is under way already takes another one behind it.
        tending.get_or_insert_with(|| tend(reconciler, &upgrades, &context).boxed_local());
        for one in updates.due(clock.now()) {
            turning.push(turned(one, round, &context, reconciler));
        }
        loop {
            match updates.take_pending(clock.now()).await? {
                Taken::Leave => return Ok(()),
                Taken::Something => break,
                Taken::Nothing => {}
            }
            if updates.wake.is_some_and(|wake| wake <= clock.now()) {
                break;
            }
            let mut rest = pin!(clock.rest(least_rest(updates.in_work()), updates.wake));
            let news = poll_fn(|context| {
                if let Some(Poll::Ready(at)) = tending.as_mut().map(|tending| tending.poll_unpin(context)) {
                    return Poll::Ready(News::Tended(at));
                }
                if let Poll::Ready(Some(turned)) = turning.poll_next_unpin(context) {
                    return Poll::Ready(News::Turned(Box::new(turned)));
                }
                rest.as_mut().poll(context).map(|_| News::Rested)
            });
            match news.await {
                News::Tended(at) => {
                    tending = None;
                    updates.wake = earliest(updates.wake, at);
                }
                News::Turned(turning_over) => {
                    let Turning { one, begun, next } = *turning_over;
                    if let Some(one) = updates.take_back(one, next, begun < round, clock.now()).await? {
                        turning.push(turned(one, round, &context, reconciler));
                    }
                }
                News::Rested => break,
            }
        }
    }
    Ok(())
}

/// Looks after everything beside the updates of node groups; answers when it wants to look again.
async fn tend<R: Reconcile, J: JournalPort, T: Clock, P: Probe>(
    reconciler: &R,
    upgrades: &Upgrades,
    context: &TurnContext<'_, J, T, P>,
) -> Option<Timestamp> {
    let reconciled = reconciler.reconcile(context.clock.now()).await;
    earliest(reconciled, upgrades.tend(reconciler, context).await)
}

/// What happened first.
enum News<C, K> {
    Tended(Option<Timestamp>),
    Turned(Box<Turning<C, K>>),
    Rested,
}

/// A turn that was taken, with its update.
struct Turning<C, K> {
    one: Running<C, K>,
    /// Number of the round in which it was begun.
    begun: u64,
    next: Result<Next, TurnError>,
}

async fn turned<R: Reconcile, J: JournalPort, T: Clock, P: Probe>(
    mut one: Running<R::Cluster, R::Cloud>,
    begun: u64,
    context: &TurnContext<'_, J, T, P>,
    reconciler: &R,
) -> Turning<R::Cluster, R::Cloud> {
    let spec = one.update.recorded.rollout.spec();
    let span = debug_span!("turn", update = %spec.update, cluster = %spec.cluster, group = %spec.group);
    let next = turn(&mut one.update, context, &mut |turned| reconciler.show(turned)).instrument(span).await;
    Turning { one, begun, next }
}

/// An update that is being run.
struct Running<C, K> {
    update: Update<C, K>,
    rests_until: Option<Timestamp>,
}

impl<C: Cluster, K: Cloud> Running<C, K> {
    fn new(update: Update<C, K>) -> Self {
        Self { update, rests_until: None }
    }

    fn id(&self) -> UpdateId {
        self.update.recorded.rollout.spec().update.clone()
    }
}

/// The updates that are being run.
struct Updates<'a, R: Reconcile, J> {
    reconciler: &'a R,
    journal: &'a J,
    upgrades: &'a Upgrades,
    /// Updates whose turn is not under way.
    idle: Vec<Running<R::Cluster, R::Cloud>>,
    /// All that are run, those whose turn is under way among them.
    known: BTreeSet<UpdateId>,
    /// Until when nothing is taken up, after that failed.
    holds_off: Option<Timestamp>,
    /// Number of nodes in work by update, as of its last turn.
    works: BTreeMap<UpdateId, usize>,
    /// When the next round begins at the latest.
    wake: Option<Timestamp>,
}

impl<R: Reconcile, J: JournalPort> Updates<'_, R, J> {
    /// Removes and returns the updates that are due at `now`. Those that have become another's are laid down.
    fn due(&mut self, now: Timestamp) -> Vec<Running<R::Cluster, R::Cloud>> {
        let idle = std::mem::take(&mut self.idle);
        let (ours, others): (Vec<_>, Vec<_>) = idle.into_iter().partition(|one| self.is_ours(one));
        self.idle = ours;
        others.iter().for_each(|one| self.lay_down(&one.id()));
        let rests = |one: &Running<_, _>| one.rests_until.filter(|until| *until > now);
        let (resting, due) = std::mem::take(&mut self.idle).into_iter().partition(|one| rests(one).is_some());
        self.idle = resting;
        self.wake = self.idle.iter().filter_map(rests).min();
        due
    }

    fn is_ours(&self, one: &Running<R::Cluster, R::Cloud>) -> bool {
        self.reconciler.is_ours(&one.update.recorded.rollout.spec().group)
    }

    /// Forgets an update that is run by another process from here on.
    fn lay_down(&mut self, id: &UpdateId) {
        self.works.remove(id);
        self.known.remove(id);
        self.reconciler.laid_down(id);
    }

    /// Takes up the unfinished updates that are ours and are not run yet.
    async fn take_up(&mut self) -> Result<(), JournalError> {
        let listed = self.journal.run(|journal| journal.list()).await??;
        for one in listed.iter().filter(|one| one.outcome.is_none() && self.reconciler.is_ours(&one.group)) {
            if !self.known.contains(&one.update) {
                self.load(one.update.clone()).await?;
            }
        }
        self.reconciler.taken_up(&listed);
        Ok(())
    }

    /// Runs an update of the journal.
    async fn load(&mut self, id: UpdateId) -> Result<(), JournalError> {
        let (recorded, _) = self.journal.run(move |journal| journal.load(&id)).await??;
        if recorded.rollout.end().is_none() {
            self.run(recorded);
        }
        Ok(())
    }

    fn run(&mut self, recorded: Recorded) {
        let one = Running::new(self.update(recorded));
        self.known.insert(one.id());
        self.idle.push(one);
    }

    /// A recorded update with new ports.
    fn update(&self, recorded: Recorded) -> Update<R::Cluster, R::Cloud> {
        let (cluster, cloud) = self.reconciler.sides(recorded.rollout.spec());
        Update::new(recorded, cluster, cloud)
    }

    /// Number of nodes in work in all updates.
    fn in_work(&self) -> usize {
        self.works.values().sum()
    }

    /// Takes an update back after its turn, or returns it when another turn is due at once: facts were recorded in
    /// between, or the world changed while the turn was under way (`is_behind`).
    async fn take_back(
        &mut self,
        mut one: Running<R::Cluster, R::Cloud>,
        next: Result<Next, TurnError>,
        is_behind: bool,
        now: Timestamp,
    ) -> Result<Option<Running<R::Cluster, R::Cloud>>, JournalError> {
        let id = one.id();
        one.rests_until = None;
        match next {
            Ok(Next::Over) => {
                self.works.remove(&id);
                self.known.remove(&id);
                return Ok(None);
            }
            // Not in the middle of an act: a turn waits for the answers to its own.
            Ok(_) | Err(_) if !self.is_ours(&one) => {
                self.lay_down(&id);
                return Ok(None);
            }
            Ok(Next::Again) => return Ok(Some(one)),
            Ok(Next::Rest(_)) if is_behind => return Ok(Some(one)),
            Ok(Next::Rest(until)) => self.wake = earliest(self.wake, until),
            Err(error) => {
                self.read_again(&mut one, &error).await?;
                one.rests_until = Some(now + BROKEN_PAUSE);
                self.wake = earliest(self.wake, one.rests_until);
            }
        }
        self.works.insert(id, one.update.recorded.rollout.work().len());
        self.idle.push(one);
        Ok(None)
    }

    /// After `error`, reads the update from the journal again, as a restart would.
    async fn read_again(
        &self,
        one: &mut Running<R::Cluster, R::Cloud>,
        error: &TurnError,
    ) -> Result<(), JournalError> {
        let id = one.id();
        self.reconciler.broke(&id, error);
        if let Ok((recorded, _)) = self.journal.run(move |journal| journal.load(&id)).await? {
            one.update = self.update(recorded);
        }
        Ok(())
    }

    /// Carries out what was asked for.
    async fn take_pending(&mut self, now: Timestamp) -> Result<Taken, JournalError> {
        let mut taken = Taken::Nothing;
        for pending in self.reconciler.pending() {
            match pending {
                Pending::Leave => return Ok(Taken::Leave),
                Pending::TakeUp if self.holds_off.is_some_and(|until| now < until) => continue,
                Pending::TakeUp => {
                    self.holds_off = None;
                    if let Err(error) = self.take_up().await {
                        self.reconciler.not_taken_up(&error);
                        self.holds_off = Some(now + BROKEN_PAUSE);
                        self.wake = earliest(self.wake, self.holds_off);
                        continue;
                    }
                }
                Pending::Command(command) => {
                    let asked = command.clone();
                    let given = self.journal.run(move |journal| obey(journal, &asked, now)).await?;
                    self.upgrades.rouse(&command.update, now);
                    self.reconciler.answered(&command, given);
                }
                Pending::Upgrade(spec) => {
                    self.upgrades.begin(*spec, now, self.reconciler, self.journal).await?;
                }
                Pending::Update(spec) => {
                    let update = spec.update.clone();
                    match self.journal.run(move |journal| journal.start(*spec, now)).await? {
                        Ok(recorded) => self.run(recorded),
                        // It was begun before a kill, by this process or by another one.
                        Err(StartError::Taken { .. }) if self.known.contains(&update) => {}
                        Err(StartError::Taken { .. }) => self.load(update).await?,
                        Err(error) => self.reconciler.refused(&update, &error),
                    }
                }
            }
            taken = Taken::Something;
        }
        Ok(taken)
    }
}

enum Taken {
    Nothing,
    Something,
    Leave,
}
