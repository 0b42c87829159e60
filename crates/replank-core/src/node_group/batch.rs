//! The numbers of an update: batch size, increment and ceiling. Nothing else works them out.

use crate::node_group::spec::{Batch, Increment};

/// Most nodes that are replaced at once, whatever the share says (EKS: quota of 100).
pub const BATCH_QUOTA: u32 = 100;

/// How many nodes may be in work at once: `updateConfig` applied to `desired` (the original desired size), at most
/// [`BATCH_QUOTA`], at most the `old` nodes there are, at least one. A percentage is rounded down; EKS does not publish
/// its rounding.
pub fn batch(batch: Batch, desired: u32, old: u32) -> u32 {
    let wanted = match batch {
        Batch::Count(count) => count,
        Batch::Percent(percent) => (u64::from(desired) * u64::from(percent) / 100) as u32,
    };
    wanted.clamp(1, BATCH_QUOTA).min(old.max(1))
}

/// What [`increment`] and [`ceiling`] depend on, counted at the end of Setup.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Number of zones the group may launch in.
    pub zones: u32,
    /// Members that are not terminating.
    pub members: u32,
    /// Members in the zone that has most.
    pub fullest_zone: u32,
    /// Whether some zone has old nodes and no new node that serves.
    pub zone_without_new: bool,
    /// By how much desired already exceeds the original size, because an earlier update raised it and could not restore
    /// it.
    pub raised: u32,
}

/// Most extra nodes that a scale up asks for (EKS guide: up to twice the zones, or the batch when that is larger).
pub fn ceiling(layout: &Layout, batch: u32) -> u32 {
    (2 * layout.zones).max(batch)
}

/// How many extra nodes the scale up asks for, on top of those in `layout.raised`.
///
/// With [`Increment::Smallest`]: the smallest number that is certain to put a new node into every zone when the group
/// balances its zones, that is when every zone reaches one node more than the fullest has now. Never less than the
/// batch. When every zone with old nodes has a new one already (a repeated update), the batch is enough.
pub fn increment(rule: Increment, layout: &Layout, batch: u32) -> u32 {
    let ceiling = ceiling(layout, batch);
    let wanted = match rule {
        Increment::Ceiling => ceiling,
        Increment::Smallest if layout.zone_without_new => {
            let balanced = layout.zones * (layout.fullest_zone + 1);
            balanced.saturating_sub(layout.members).min(2 * layout.zones).max(batch)
        }
        Increment::Smallest => batch,
    };
    assert!(wanted <= ceiling, "increment {wanted} above ceiling {ceiling}");
    wanted.saturating_sub(layout.raised)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(counts: &[u32]) -> Layout {
        Layout {
            zones: counts.len() as u32,
            members: counts.iter().sum(),
            fullest_zone: counts.iter().copied().max().unwrap_or(0),
            zone_without_new: true,
            raised: 0,
        }
    }

    #[test]
    fn the_increment_follows_the_published_figures() {
        // Zones, batch, smallest, ceiling: the table of EKS guide figures and field reports.
        let rows: &[(&[u32], u32, u32, u32)] = &[
            (&[1, 1, 1, 1, 1], 1, 5, 10),
            (&[2, 2, 1, 1, 1], 1, 8, 10),
            (&[1, 1, 1, 1, 1], 10, 10, 10),
            (&[4, 4, 4, 4, 4], 20, 20, 20),
            (&[1, 0, 0], 1, 5, 6),
            (&[1, 1, 0], 1, 4, 6),
            (&[1, 1, 1], 1, 3, 6),
            (&[2, 2, 2], 1, 3, 6),
            (&[4, 3, 3], 4, 5, 6),
            (&[8], 1, 1, 2),
            (&[100, 100, 100], 99, 99, 99),
        ];
        for (counts, batch, smallest, top) in rows {
            let layout = layout(counts);
            assert_eq!(
                increment(Increment::Smallest, &layout, *batch),
                *smallest,
                "{counts:?} batch {batch}"
            );
            assert_eq!(increment(Increment::Ceiling, &layout, *batch), *top, "{counts:?} batch {batch}");
            assert_eq!(ceiling(&layout, *batch), *top, "{counts:?} batch {batch}");
        }
    }

    #[test]
    fn a_retry_asks_only_for_what_is_left() {
        let retry = Layout { zone_without_new: false, raised: 0, ..layout(&[2, 2, 2]) };
        assert_eq!(increment(Increment::Smallest, &retry, 1), 1);
        assert_eq!(increment(Increment::Smallest, &Layout { raised: 3, ..retry }, 1), 0);
    }

    #[test]
    fn batches_round_down_and_stay_in_their_limits() {
        let rows = [
            (Batch::Count(1), 3, 3, 1),
            (Batch::Count(250), 300, 300, 100),
            (Batch::Count(5), 3, 3, 3),
            (Batch::Percent(33), 300, 300, 99),
            (Batch::Percent(33), 500, 500, 100),
            (Batch::Percent(1), 3, 3, 1),
            (Batch::Percent(50), 5, 5, 2),
            (Batch::Percent(100), 3, 0, 1),
        ];
        for (rule, desired, old, wanted) in rows {
            assert_eq!(batch(rule, desired, old), wanted, "{rule:?} of {desired}, {old} old");
        }
    }
}
