//! How long evictions take, as measured on a real control plane (1.34.4, two cores).
//!
//! Without any budget in the cluster each occupies its connection for 100 ms, so the connections decide; with
//! budgets the conflicting writes of their status do.

use replank_world::time::Span;

/// Connections, and evictions a second over them: without a budget in the cluster, and with 30.
const MEASURED: [(usize, i64, i64); 4] = [(1, 10, 58), (8, 80, 99), (32, 290, 151), (64, 450, 151)];

/// What one more eviction adds to a turn that keeps this many connections busy.
pub(super) fn pause(connections: usize, has_budgets: bool) -> Span {
    let row = MEASURED.iter().rev().find(|(least, ..)| *least <= connections).unwrap_or(&MEASURED[0]);
    let per_second = if has_budgets { row.2 } else { row.1 };
    Span(1_000_000 / per_second)
}

#[cfg(test)]
mod tests {
    use super::pause;

    #[test]
    fn connections_decide_until_budgets_do() {
        for (connections, has_budgets, per_second) in [
            (1, false, 10),
            (7, false, 10),
            (8, false, 80),
            (32, false, 290),
            (200, false, 450),
            (1, true, 58),
            (32, true, 151),
            (64, true, 151),
        ] {
            let pause = pause(connections, has_budgets);
            assert_eq!(1_000_000 / pause.0, per_second, "{connections}, {has_budgets}");
        }
    }
}
