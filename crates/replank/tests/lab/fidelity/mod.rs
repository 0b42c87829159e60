//! Is the rehearsal true? Each scenario is set up on a real control plane, a snapshot is taken, the update is
//! rehearsed on it, and then it is run for real; what came of both is compared.
//!
//! Four scenarios run with the other tests, and two on the next minor. `cargo xtask fidelity` runs all of them several times
//! on two minors and prints the tables of `docs/reference/fidelity.md`.

mod compare;
mod exported;
mod job_ends;
mod real;
mod rehearsed;
mod scenario;
mod scenarios;
mod table;
mod told;

use compare::{Clock, differences};
use replank_lab::build::Minor;
use scenario::Scenario;
use std::time::{Duration, Instant};

/// How many seeds give the range of a rehearsal.
const SEEDS: u32 = 8;
/// The scenario on which the guide's pipelines run too, since it has volumes.
const WITH_VOLUMES: &str = "zone-bound volumes";

fn holds(name: &str) {
    holds_on(Minor::default(), name);
}

fn holds_on(minor: Minor, name: &str) {
    let mut scenario = Scenario { minor, ..Scenario::find(name) };
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
    assert!(found.is_empty(), "{name} on {minor}: {found:#?}");
}

#[test]
fn tight_budgets_come_out_as_rehearsed_on_the_next_minor() {
    holds_on(Minor::V1_35, "tight budgets");
}

#[test]
fn jobs_come_out_as_rehearsed_on_the_next_minor() {
    holds_on(Minor::V1_35, "Jobs");
}

#[test]
fn jobs_end_as_the_findings_about_their_pods_say() {
    let ship = real::Ship::launch(&job_ends::scenario());
    let findings = rehearsed::findings(&ship, &ship.snapshot());
    assert_eq!(ship.update().outcome, "succeeded");
    let told = || job_ends::differences(&findings, &ship.jobs());
    // The controller may still be about to say it.
    let until = Instant::now() + Duration::from_mins(1);
    while !told().is_empty() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(told(), Vec::<String>::new());
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
