//! All scenarios, run and rehearsed several times, as the page of the docs.

use replank_lab::build::Minor;

use super::compare::{Clock, LEFT_OUT, Times, differences, times};
use super::real::Ship;
use super::rehearsed::rehearse;
use super::scenario::Scenario;
use super::scenarios::all;
use super::told::Told;

/// How often each scenario is run; the middle one counts.
const RUNS: &str = "REPLANK_FIDELITY_RUNS";
/// Only scenarios with this in their names.
const ONLY: &str = "REPLANK_FIDELITY_ONLY";
/// The minor of the control plane; the lab's oldest without it.
const MINOR: &str = "REPLANK_FIDELITY_MINOR";

/// Runs everything and prints the page; fails when something differs.
pub(crate) fn print() {
    let runs = std::env::var(RUNS).map_or(3, |text| text.parse().unwrap());
    let only = std::env::var(ONLY).unwrap_or_default();
    let minor = std::env::var(MINOR).map_or_else(|_| Minor::default(), |text| text.parse().unwrap());
    let mut wrong = Vec::new();
    println!("| Scenario | End | Blockers | Phase: rehearsed, real (s) | Same |\n|---|---|---|---|---|");
    for scenario in all().into_iter().filter(|it| it.name.contains(&only)) {
        let scenario = &Scenario { minor, ..scenario };
        let (foreseen, met) = both(scenario, runs);
        let found = differences(&foreseen, &met, Clock::Quiet);
        println!("{}", row(scenario, &foreseen, &met, found.is_empty()));
        wrong.extend(found.into_iter().map(|it| format!("{}: {it}", scenario.name)));
    }
    println!("\nLeft out of the comparison:\n");
    for (what, why) in LEFT_OUT {
        println!("- {what}: {why}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn both(scenario: &Scenario, runs: usize) -> (Vec<Told>, Vec<Told>) {
    let (mut foreseen, mut met) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let ship = Ship::launch(scenario);
        foreseen.extend(rehearse(&ship, &ship.snapshot(), super::SEEDS));
        met.push(ship.update());
    }
    (foreseen, met)
}

fn row(scenario: &Scenario, foreseen: &[Told], met: &[Told], same: bool) -> String {
    let mut blockers: Vec<String> = Vec::new();
    for blocker in
        met.iter().flat_map(|told| told.blockers.iter().filter(|(_, (long, stops))| *stops || *long >= 4))
    {
        let text = format!("`{}` {}", blocker.0.kind, blocker.0.about);
        if !blockers.contains(&text) {
            blockers.push(text);
        }
    }
    let spans = times(foreseen, met).into_iter().map(|Times { phase, rehearsed: (least, most), real }| {
        let rehearsed = if least == most { least.to_string() } else { format!("{least} to {most}") };
        format!("{phase}: {rehearsed}, {real}")
    });
    let blockers = if blockers.is_empty() { "none".to_owned() } else { blockers.join("<br>") };
    let spans = spans.collect::<Vec<_>>().join("<br>");
    let same = if same { "yes" } else { "no" };
    format!("| {} | {} | {blockers} | {spans} | {same} |", scenario.name, met[0].outcome)
}
