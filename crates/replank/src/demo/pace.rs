//! Virtual time in step with real time.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use replank_engine::clock::{Clock, Elapsed, Rested};
use replank_rehearsal::adapter::Shared;
use replank_rehearsal::drive::WorldClock;
use replank_world::time::Span;

/// Number of times per second of real time that a watched world is advanced.
const FRAMES_PER_SECOND: u32 = 20;

/// Speed of virtual time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Speed {
    /// As fast as the machine can.
    Max,
    /// Multiple of real time.
    Times(f64),
}

impl Speed {
    /// Parses `max`, `real` or a factor such as `60x`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let times = match text {
            "max" => return Ok(Self::Max),
            "real" => Some(1.0),
            factor => factor.strip_suffix('x').unwrap_or(factor).parse().ok(),
        };
        match times.filter(|times: &f64| times.is_finite() && *times > 0.0) {
            Some(times) => Ok(Self::Times(times)),
            None => Err(format!("--speed {text}: not a speed; give max, real, or a factor such as 60x")),
        }
    }
}

/// Display that is called between two steps of the world, and may ask for a turn at once.
pub(crate) trait Viewer {
    /// Current speed.
    fn speed(&self) -> Speed;
    /// Whether a user is there, who can still act when nothing else will happen.
    fn is_attended(&self) -> bool;
    /// Shows the world; whether the user asked for something.
    fn look(&mut self) -> bool;
}

/// Clock that advances the world at a speed.
#[derive(Debug)]
pub(crate) struct Paced<W> {
    clock: WorldClock,
    world: Shared,
    watch: RefCell<W>,
    /// Whether only a user can still change anything, as far as the session knows.
    stuck: Rc<Cell<bool>>,
}

impl<W: Viewer> Paced<W> {
    /// Clock for `world` that calls `watch`; changes within `gather` wake the engine once.
    pub(crate) fn new(world: Shared, gather: Span, stuck: Rc<Cell<bool>>, watch: W) -> Self {
        let clock = WorldClock::new(world.clone(), gather);
        Self { clock, world, watch: RefCell::new(watch), stuck }
    }
}

impl<W: Viewer> Clock for Paced<W> {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn within<F: Future>(&self, limit: SignedDuration, call: F) -> Result<F::Output, Elapsed> {
        self.clock.within(limit, call).await
    }

    async fn rest(&self, least: SignedDuration, until: Option<Timestamp>) -> Rested {
        let somebody_may_act = {
            let watch = self.watch.borrow();
            watch.is_attended() && watch.speed() != Speed::Max
        };
        if self.stuck.get() && !somebody_may_act {
            return Rested::Stuck;
        }
        let Some(target) = self.clock.rest_until(least, until) else { return Rested::Stuck };
        loop {
            let Speed::Times(times) = self.watch.borrow().speed() else {
                self.world.lock().advance_to(target);
                self.clock.rested();
                self.watch.borrow_mut().look();
                return Rested::Awake;
            };
            let frame = Duration::from_secs(1) / FRAMES_PER_SECOND;
            let step = Span((frame.as_micros() as f64 * times) as i64);
            let now = self.world.lock().now;
            let left = target - now;
            // A step that would overshoot waits only for the rest of its frame.
            let share = (left.0 as f64 / step.0.max(1) as f64).clamp(0.0, 1.0);
            std::thread::sleep(frame.mul_f64(share));
            self.world.lock().advance_to(target.min(now + step));
            if self.watch.borrow_mut().look() || left.0 <= step.0 {
                self.clock.rested();
                return Rested::Awake;
            }
        }
    }
}
