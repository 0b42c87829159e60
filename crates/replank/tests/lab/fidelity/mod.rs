//! Is the rehearsal true? Each scenario is set up on a real control plane, a snapshot is taken, the update is
//! rehearsed on it, and then it is run for real; what came of both is compared.
//!
//! Four scenarios run with the other tests, and two more on the newer control plane. `cargo xtask fidelity` runs all of them several times and prints the table
//! of `docs/reference/fidelity.md`.

mod compare;
mod exported;
mod real;
mod rehearsed;
mod scenario;
mod scenarios;
mod table;
mod told;

use compare::{Clock, differences};
use scenario::Scenario;

/// How many seeds give the range of a rehearsal.
const SEEDS: u32 = 8;
/// The scenario on which the guide's pipelines run too, since it has volumes.
const WITH_VOLUMES: &str = "zone-bound volumes";

fn holds(name: &str) {
    let mut scenario = Scenario::find(name);
    if scenario.patience == scenario::PATIENCE {
        // Nothing is to run out of it, on a slow machine either.
        scenario.patience *= 10;
    }
    let ship = real::Ship::launch(&scenario);
    if name == WITH_VOLUMES {
        exported::pipes_of_the_guide(&ship);
    }
    let snapshot = ship.snapshot();
    let foreseen = rehearsed::rehearse(&ship, &snapshot, SEEDS);
    let met = ship.update();
    // Other tests run beside this one: the hands of a real clock are not to be trusted to the second then.
    let found = differences(&foreseen, &[met], Clock::Busy);
    assert!(found.is_empty(), "{name}: {found:#?}");
}

#[test]
fn tight_budgets_come_out_as_rehearsed() {
    holds("tight budgets");
}

#[test]
fn a_budget_at_zero_comes_out_as_rehearsed() {
    holds("a budget at zero");
}

#[test]
fn zone_bound_volumes_come_out_as_rehearsed() {
    holds(WITH_VOLUMES);
}

#[test]
fn unequal_zones_come_out_as_rehearsed() {
    holds("unequal zones");
}

#[test]
#[ignore = "takes the better part of an hour: cargo xtask fidelity"]
fn all() {
    table::print();
}
