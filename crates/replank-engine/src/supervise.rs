//! The loop of a server: it takes up updates whenever they are asked for, turns each until it is over, and goes on.
//!
//! [`run`](mod@crate::run) ends with its updates; this ends when it is told to. One update that cannot go on does not
//! stop the others. A restart calls this again with the journal as it is: what is unfinished goes on.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::UpdateId;
use replank_core::node_group::decide::least_rest;
use replank_core::node_group::spec::Spec;

use crate::clock::{Clock, Rested};
use crate::commands::{self, Command, CommandError};
use crate::journal::{Journal, JournalError, StartError};
use crate::ports::{Cloud, Cluster};
use crate::probe::Probe;
use crate::turn::{Next, Settings, TurnContext, TurnError, Turned, Update, turn};

/// How long an update that broke off rests before it is read from the journal again.
const BROKEN_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// Who the updates are run for.
pub trait Household {
    /// The Kubernetes side of an update.
    type Cluster: Cluster;
    /// The cloud side of an update.
    type Cloud: Cloud;

    /// The two sides for a group.
    fn sides(&mut self, spec: &Spec) -> (Self::Cluster, Self::Cloud);
    /// What was asked for since the last call. Called before every rest.
    fn orders(&mut self) -> Vec<Order>;
    /// Looks after what is no update, between the turns; answers when it wants to look again.
    fn tend(&mut self, now: Timestamp) -> impl Future<Output = Option<Timestamp>>;
    /// Shows a turn.
    fn show(&mut self, turned: &Turned<'_>);
    /// An update that was ordered could not be begun.
    fn refused(&mut self, update: &UpdateId, error: &StartError);
    /// A command was taken, or not.
    fn answered(&mut self, command: &Command, answer: Result<(), CommandError>);
    /// An update broke off; it is tried again after a pause.
    fn broke(&mut self, update: &UpdateId, error: &TurnError);
}

/// What a household may ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// An update. One that is in the journal already goes on.
    Begin(Box<Spec>),
    /// Something of an update.
    Command(Command),
    /// To end; updates stay in the journal as they are.
    Leave,
}

/// Runs updates until told to leave. Begins with those that the journal has unfinished.
pub async fn supervise<H: Household, T: Clock, P: Probe>(
    house: &mut H,
    journal: &mut Journal,
    clock: &mut T,
    probe: &P,
    settings: Settings,
) -> Result<(), JournalError> {
    let mut running = Vec::new();
    for recorded in journal.unfinished()? {
        let (cluster, cloud) = house.sides(recorded.rollout.spec());
        running.push(Running { update: Update::new(recorded, cluster, cloud), rests_until: None });
    }
    loop {
        let mut wake = house.tend(clock.now()).await;
        for one in &mut running {
            let now = clock.now();
            if let Some(until) = one.rests_until.filter(|until| *until > now) {
                wake = earliest(wake, Some(until));
                continue;
            }
            one.rests_until = None;
            let mut context = TurnContext { journal, clock: &*clock, probe, settings };
            match turn(&mut one.update, &mut context, &mut |turned| house.show(turned)).await {
                Ok(Next::Again) => wake = Some(now),
                Ok(Next::Rest(until)) => wake = earliest(wake, until),
                Ok(Next::Over) => {}
                Err(error) => {
                    one.read_again(house, journal, &error);
                    let until = now + BROKEN_PAUSE;
                    (one.rests_until, wake) = (Some(until), earliest(wake, Some(until)));
                }
            }
        }
        running.retain(|one| !one.update.is_over());
        match take_orders(house, journal, &mut running, clock.now()) {
            Taken::Nothing => {}
            Taken::Something => continue,
            Taken::Leave => return Ok(()),
        }
        if wake.is_some_and(|wake| wake <= clock.now()) {
            continue;
        }
        // A clock that is stuck is one that waits for orders alone.
        let in_work = running.iter().map(|one| one.update.recorded.rollout.work().len()).sum();
        match clock.rest(least_rest(in_work), wake).await {
            Rested::Awake | Rested::Stuck => {}
        }
    }
}

/// An update under way.
struct Running<C, K> {
    update: Update<C, K>,
    rests_until: Option<Timestamp>,
}

impl<C: Cluster, K: Cloud> Running<C, K> {
    /// Reads the update anew, as a restart would, after `error` broke it off.
    fn read_again<H>(&mut self, house: &mut H, journal: &Journal, error: &TurnError)
    where
        H: Household<Cluster = C, Cloud = K>,
    {
        let id = self.update.recorded.rollout.spec().update.clone();
        house.broke(&id, error);
        if let Ok((recorded, _)) = journal.load(&id) {
            let (cluster, cloud) = house.sides(recorded.rollout.spec());
            self.update = Update::new(recorded, cluster, cloud);
        }
    }
}

enum Taken {
    Nothing,
    Something,
    Leave,
}

fn take_orders<H: Household>(
    house: &mut H,
    journal: &mut Journal,
    running: &mut Vec<Running<H::Cluster, H::Cloud>>,
    now: Timestamp,
) -> Taken {
    let mut taken = Taken::Nothing;
    for order in house.orders() {
        match order {
            Order::Leave => return Taken::Leave,
            Order::Command(command) => {
                let answer = commands::give(journal, &command, now).map(drop);
                house.answered(&command, answer);
            }
            Order::Begin(spec) => {
                let update = spec.update.clone();
                let (cluster, cloud) = house.sides(&spec);
                match journal.start(*spec, now) {
                    Ok(recorded) => running
                        .push(Running { update: Update::new(recorded, cluster, cloud), rests_until: None }),
                    // It was begun before a kill, and is among those that run.
                    Err(StartError::Taken { .. }) => {}
                    Err(error) => house.refused(&update, &error),
                }
            }
        }
        taken = Taken::Something;
    }
    taken
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}
