//! Advances the worlds in step with real time, whether an update runs or not.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use replank_engine::clock::{Clock, Elapsed, Rested};
use replank_kubeapi::Live;
use replank_rehearsal::drive::WorldClock;
use replank_rehearsal::pace::Pace;
use replank_world::time::{Span, Time};

use super::clock_log::ClockLog;
use super::clusters::Clusters;

/// Interval between steps when an event of the world is near.
const FRAME: Duration = Duration::from_millis(50);
/// Interval between steps otherwise.
const IDLE_FRAME: Duration = Duration::from_millis(250);

/// Wake-up for the thread of the paced; carries no data.
#[derive(Debug, Default)]
pub(crate) struct WakeUp {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl WakeUp {
    /// Wakes the thread.
    pub(crate) fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.heard.notify_all();
    }

    /// Waits for a wake-up, at most `most`; whether there was one.
    fn wait(&self, most: Duration) -> bool {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.heard.wait_timeout_while(rung, most, |rung| !*rung);
        let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *rung)
    }
}

/// Clock of the reconciler that advances all worlds at a speed.
#[derive(Debug)]
pub(crate) struct PacedClock {
    clock: WorldClock,
    live: Arc<Live>,
    /// Worlds of the other clusters, with the generation of their list.
    others: RefCell<(u64, Vec<(WorldClock, Arc<Live>)>)>,
    clusters: Arc<Clusters>,
    wake_up: Arc<WakeUp>,
    pace: Pace,
    /// Speed as a multiple of real time (0 while it stands still), and the instant and world time since when.
    rate: Cell<(f64, Instant, Time)>,
    /// Log to which the time of the world is written before a client sees it.
    clock_log: Mutex<Option<ClockLog>>,
}

impl PacedClock {
    /// Clock of a world and the other clusters; `clock_log` is the log of the wall-clock map, if it is kept.
    pub(crate) fn new(
        live: Arc<Live>,
        clusters: Arc<Clusters>,
        pace: Pace,
        wake_up: Arc<WakeUp>,
        clock_log: Option<ClockLog>,
    ) -> Self {
        let clock = clock(&live, pace.asked().times);
        let now = live.world().lock().now;
        let rate = Cell::new((pace.asked().rate(), Instant::now(), now));
        let (others, clock_log) = (RefCell::default(), Mutex::new(clock_log));
        Self { clock, live, others, clusters, wake_up, pace, rate, clock_log }
    }

    /// Takes in changes of the speed, and skips of time, that users asked for.
    fn heed(&self) {
        let (rate, at_once) = (self.pace.asked().rate(), self.pace.take_at_once());
        if rate.total_cmp(&self.times()).is_ne() || at_once.0 > 0 {
            self.rate.set((rate, Instant::now(), self.due() + at_once));
        }
    }

    /// Writes the full wall-clock map, if it is kept.
    pub(crate) fn keep_clock_map(&self) {
        if let Some(clock_log) = &mut *self.clock_log.lock().unwrap_or_else(PoisonError::into_inner) {
            clock_log.keep(&self.live.clock_map());
        }
    }

    /// World time that is due now.
    fn due(&self) -> Time {
        let (times, since, at) = self.rate.get();
        at + Span((since.elapsed().as_micros() as f64 * times) as i64)
    }

    fn times(&self) -> f64 {
        self.rate.get().0
    }

    fn advance(&self, until: Time) {
        let wall = Timestamp::now();
        if let Some(clock_log) = &mut *self.clock_log.lock().unwrap_or_else(PoisonError::into_inner) {
            if clock_log.is_long() {
                clock_log.keep(&self.live.clock_map());
            }
            clock_log.note(until, wall);
        }
        self.live.advance_to(until, wall);
        for (_, live) in &self.others.borrow().1 {
            live.advance_to(until, wall);
        }
    }

    /// Takes in clusters that were added or removed.
    fn look_around(&self) {
        let mut known = self.others.borrow_mut();
        let (generation, others) = self.clusters.others_since(known.0);
        known.0 = generation;
        if let Some(others) = others {
            let with_clock = |live: Arc<Live>| (clock(&live, self.times()), live);
            known.1 = others.into_iter().map(with_clock).collect();
        }
    }

    /// Time of the next event in any world that ends a rest.
    fn next(&self, least: SignedDuration, until: Option<Timestamp>) -> Option<Time> {
        let others = self.others.borrow();
        let others = others.1.iter().filter_map(|(clock, _)| clock.rest_until(least, until));
        self.clock.rest_until(least, until).into_iter().chain(others).min()
    }

    fn rested(&self) {
        self.clock.rested();
        self.others.borrow().1.iter().for_each(|(clock, _)| clock.rested());
    }

    /// Time to which the worlds go on for the duration of calls.
    fn owed(&self) -> Option<Time> {
        let others = self.others.borrow();
        let clocks = std::iter::once(&self.clock).chain(others.1.iter().map(|(clock, _)| clock));
        clocks.filter_map(WorldClock::take_owed).max()
    }

    fn now_in_the_world(&self) -> Time {
        self.live.world().lock().now
    }
}

impl Clock for PacedClock {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn within<F: Future>(&self, _limit: SignedDuration, call: F) -> Result<F::Output, Elapsed> {
        // Calls on a world answer at once, so nothing is cut off; what one would have taken passes behind it.
        let answer = call.await;
        if let Some(until) = self.owed() {
            self.advance(until);
        }
        Ok(answer)
    }

    async fn rest(&self, least: SignedDuration, until: Option<Timestamp>) -> Rested {
        self.look_around();
        // Whoever asked for something else than a change and rang no bell is heard after an idle frame.
        let rested = Instant::now();
        loop {
            self.heed();
            let due = self.due();
            let next = self.next(least, until);
            if let Some(next) = next.filter(|next| *next <= due) {
                self.advance(next);
                self.rested();
                return Rested::Awake;
            }
            if due > self.now_in_the_world() {
                self.advance(due);
            }
            let left = next.map_or(IDLE_FRAME, |next| {
                let micros = (next - due).0.max(1) as f64 / self.times();
                Duration::from_micros(micros as u64)
            });
            let frame = if left < IDLE_FRAME { FRAME } else { IDLE_FRAME };
            let rung = self.wake_up.wait(left.clamp(Duration::from_millis(1), frame));
            if rung || rested.elapsed() >= IDLE_FRAME {
                self.rested();
                return Rested::Awake;
            }
        }
    }
}

/// Clock of a world at a speed.
fn clock(live: &Live, times: f64) -> WorldClock {
    let gather = Span(((times * 10_000.0) as i64).max(100_000));
    WorldClock::new(live.world().clone(), gather)
}
