//! Output of the plan of an update of a real cluster: the plan, and the result of its rehearsal.

use jiff::SignedDuration;
use replank_core::node_group::spec::Spec;
use replank_engine::messages;
use replank_engine::report::StallJson;
use replank_engine::report::plan::PlanJson;
use replank_kwok::{ClusterPlan, Rehearsed};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::output::plan;
use crate::printer::Printer;
use crate::rehearse::text;

/// Number of rows that are printed of each list.
const ROWS_MAX: usize = 20;

/// A plan with the result of its rehearsal.
#[derive(Debug)]
pub(super) struct PrintedPlan {
    /// The plan as the core projects it, without the rehearsal.
    pub(super) plan: PlanJson,
    met: Result<Met, String>,
    least: SignedDuration,
}

/// Result of the rehearsal.
#[derive(Debug)]
struct Met {
    taken_at: String,
    seed: u64,
    extra_nodes: u32,
    stalls: Vec<StallJson>,
    fits: bool,
    unplaced: Vec<String>,
    assumed: Vec<String>,
    left_out: Vec<String>,
    without: Vec<String>,
    doubts: Vec<(&'static str, bool)>,
}

impl PrintedPlan {
    /// Output of the plan of an update; `least` is the shortest stall that was collected.
    pub(super) fn of(spec: &Spec, planned: &ClusterPlan, least: SignedDuration) -> Self {
        let plan = PlanJson::of(spec, &planned.plan);
        let met = planned.rehearsed.as_ref().map(met).map_err(Clone::clone);
        Self { plan, met, least }
    }

    /// How the command ends: as the worse of the readings that the verdict hangs on.
    pub(super) fn exit(&self) -> Exit {
        let doubted = self.met.as_ref().is_ok_and(|met| met.doubts.iter().any(|(_, succeeds)| !succeeds));
        let exit = Exit::from(&self.plan);
        if doubted { exit.or_worse(Exit::of_plan(false, true)) } else { exit }
    }

    /// Notes for the user that are not in `told`.
    pub(super) fn notes(&self, told: &[String]) -> Vec<String> {
        match &self.met {
            Ok(met) => {
                let assumed = met.assumed.iter().filter(|one| !told.contains(one));
                met.without.iter().chain(assumed).cloned().collect()
            }
            Err(why) => vec![plan::projected(why)],
        }
    }

    /// In short, for a command that goes on: the verdict, and what would hold it up; else why there is none.
    pub(super) fn in_short(&self) -> Vec<String> {
        let Ok(met) = &self.met else { return self.notes(&[]) };
        let stalls: Vec<_> = met.stalls.iter().map(|stall| (stall, String::new())).collect();
        let held = text::held_up(&stalls, self.least.as_secs());
        std::iter::once(format!(
            "rehearsed on the cluster as it was at {}: {}",
            met.taken_at, self.plan.verdict
        ))
        .chain(held)
        .collect()
    }

    /// As JSON.
    pub(super) fn value(&self) -> Value {
        let mut value = json!(self.plan);
        value["projected"] = self.met.as_ref().err().cloned().into();
        value["rehearsal"] = self.met.as_ref().map_or(Value::Null, |met| {
            json!({
                "takenAt": met.taken_at, "seed": met.seed, "extraNodes": met.extra_nodes, "stalls": met.stalls,
                "fits": met.fits, "unplaced": met.unplaced, "assumed": met.assumed, "leftOut": met.left_out,
                "doubts": met.doubts.iter().map(|(condition, succeeds)| {
                    json!({"condition": condition, "succeeds": succeeds})
                }).collect::<Vec<_>>(),
            })
        });
        value
    }

    /// Prints it as text.
    pub(super) fn text(&self, printer: &mut Printer) {
        plan::text(printer, &self.plan);
        let Ok(met) = &self.met else { return };
        printer.line("");
        printer.line(&format!("Rehearsed on the cluster as it was at {}:", met.taken_at));
        printer.line(&format!("  peak      {} extra nodes", met.extra_nodes));
        let stalls: Vec<_> = met.stalls.iter().map(|stall| (stall, String::new())).collect();
        text::held_up(&stalls, self.least.as_secs()).iter().for_each(|line| printer.line(line));
        if met.fits && self.plan.succeeds() {
            printer.line("New nodes have room for all that has to move.");
        }
        for (condition, succeeds) in &met.doubts {
            printer.line(&text::hangs_on(condition, *succeeds));
        }
        printer.list("Not acted on", met.left_out.clone(), ROWS_MAX);
    }
}

fn met(rehearsed: &Rehearsed) -> Met {
    let Rehearsed { run, notes, without, taken_at, doubts, .. } = rehearsed;
    let stalls = run.groups.iter().flat_map(|group| &group.stalls);
    let [.., (_, unplaced)] = messages::unplaced(&run.unplaced);
    Met {
        taken_at: taken_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        seed: run.seed,
        extra_nodes: rehearsed.extra_nodes(),
        stalls: stalls.map(|stall| StallJson::of(stall, run.begun)).collect(),
        fits: run.fits(),
        unplaced,
        assumed: notes.assumed.clone(),
        left_out: notes.left_out.clone(),
        without: without.clone(),
        doubts: doubts.clone(),
    }
}
