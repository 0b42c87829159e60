//! The wall time at which each moment of virtual time passed.
//!
//! Virtual time drives the world, users and clients read wall time. The map remembers the speed of the one
//! against the other over time, so that a past event keeps its wall time and none is in the future. It reads no
//! clock: the loop that advances time notes both.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::time::Time;

/// How many anchors are kept. One is needed for each change of speed, and a busy machine adds jitter; beyond this
/// number every other one of the older half is dropped.
const ANCHORS_MAX: usize = 4096;

/// An anchor within this many microseconds of the line between its neighbours is left out.
const STRAIGHT_MICROS: i64 = 1_000;

/// A piecewise linear map from virtual time to wall time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WallClockMap {
    /// Pairs of virtual and wall time in microseconds since the Unix epoch; rising, never empty.
    anchors: Vec<(i64, i64)>,
}

impl WallClockMap {
    /// A map with one anchor. Before it both times are taken to run equally fast.
    pub fn new(world: Time, wall: Timestamp) -> Self {
        Self { anchors: vec![(world.0, wall.as_microsecond())] }
    }

    /// Notes that the world reached `world` at the wall time `wall`. Neither runs backwards: an earlier value
    /// counts as the one noted last.
    pub fn note(&mut self, world: Time, wall: Timestamp) {
        let last = self.last();
        let new = (world.0.max(last.0), wall.as_microsecond().max(last.1));
        if new == last {
            return;
        }
        if let [.., before, middle] = self.anchors[..]
            && between(before, new, middle.0).abs_diff(middle.1) <= STRAIGHT_MICROS.unsigned_abs()
        {
            self.anchors.pop();
        }
        self.anchors.push(new);
        if self.anchors.len() > ANCHORS_MAX {
            let mut at = 0;
            self.anchors.retain(|_| {
                at += 1;
                at > ANCHORS_MAX / 2 || at % 2 == 1
            });
        }
    }

    /// The wall time at which the world was at `world`; for a moment not reached yet, the wall time noted last.
    pub fn wall(&self, world: Time) -> Timestamp {
        let after = self.anchors.partition_point(|(virtually, _)| *virtually < world.0);
        let micros = match (after.checked_sub(1).map(|before| self.anchors[before]), self.anchors.get(after))
        {
            (Some(before), Some(after)) => between(before, *after, world.0),
            (None, Some(first)) => first.1.saturating_sub(first.0.saturating_sub(world.0)),
            (_, None) => self.last().1,
        };
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The virtual and wall time noted last.
    pub fn now(&self) -> (Time, Timestamp) {
        let (world, wall) = self.last();
        (Time(world), Timestamp::from_microsecond(wall).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    fn last(&self) -> (i64, i64) {
        self.anchors.last().copied().unwrap_or_default()
    }
}

/// The wall time of `world` on the line between two anchors.
fn between(before: (i64, i64), after: (i64, i64), world: i64) -> i64 {
    let (run, rise) = (i128::from(after.0 - before.0), i128::from(after.1 - before.1));
    if run == 0 {
        return before.1;
    }
    before.1 + (rise * i128::from(world - before.0) / run) as i64
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{ANCHORS_MAX, WallClockMap};
    use crate::time::Time;

    fn calendar(anchors: &[(i64, i64)]) -> WallClockMap {
        let wall = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        let mut calendar = WallClockMap::new(Time(anchors[0].0 * 1_000_000), wall(anchors[0].1));
        for (world, at) in &anchors[1..] {
            calendar.note(Time(world * 1_000_000), wall(*at));
        }
        calendar
    }

    #[test]
    fn moments_lie_on_the_lines_between_anchors() {
        // 60 times real time, a pause, a jump, and real time.
        let anchors = [(1000, 50), (1600, 60), (1600, 70), (5600, 70), (5610, 80)];
        for (world, wall) in [
            (900, -50), // before the first anchor: as fast as the wall
            (1000, 50),
            (1300, 55),
            (1600, 60), // a pause: the moment itself is when the world came there
            (1601, 70),
            (5600, 70),
            (5605, 75),
            (5610, 80),
            (9999, 80), // never in the future
        ] {
            let found = calendar(&anchors).wall(Time(world * 1_000_000));
            assert_eq!(found.as_second(), wall, "{world}");
        }
    }

    #[test]
    fn nothing_goes_backwards() {
        let calendar = calendar(&[(100, 10), (50, 20), (200, 5)]);
        let walls: Vec<_> = (90..210).map(|at| calendar.wall(Time(at * 1_000_000))).collect();
        assert!(walls.is_sorted(), "{walls:?}");
        assert_eq!(calendar.now(), (Time(200_000_000), Timestamp::from_second(20).unwrap()));
    }

    #[test]
    fn a_steady_pace_needs_two_anchors_and_a_jittering_one_stays_bounded() {
        let steady: Vec<_> = (0..10_000).map(|tick| (tick * 60, tick)).collect();
        assert_eq!(calendar(&steady).anchors.len(), 2);
        let jitter: Vec<_> = (0..20_000).map(|tick| (tick * 60 + (tick * 7919) % 50, tick)).collect();
        let calendar = calendar(&jitter);
        assert!(calendar.anchors.len() <= ANCHORS_MAX);
        let late = calendar.wall(Time(19_990 * 60 * 1_000_000));
        assert!((19_988..=19_990).contains(&late.as_second()), "{late}");
        let early = calendar.wall(Time(100 * 60 * 1_000_000)).as_second();
        assert!((0..2_000).contains(&early), "{early}");
    }
}
