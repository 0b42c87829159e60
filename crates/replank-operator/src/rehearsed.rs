//! The result of a rehearsal, and the status of the snapshot that it stands in. Lists and texts are bounded.

use jiff::Timestamp;
use replank_engine::report::plan::PlanJson;
use replank_service::ports::planner::{Planned, Rehearsal};
use serde_json::{Value, json};

use crate::api::{
    Condition, ConditionStatus, ConditionType, Doubt, FoundStall, PhaseDuration, PlanSummary, ReportPlace,
    Snapshot, SnapshotStatus, timed,
};
use crate::status::{bounded, summary, time};

/// Most entries of a list in a status.
const NAMED_MAX: usize = 20;
/// Phase of one that could not be rehearsed.
pub(crate) const REFUSED: &str = "Refused";
const REHEARSED: &str = "Rehearsed";

/// What a rehearsal came to, or why there was none.
pub(crate) type Result = std::result::Result<Box<One>, String>;

/// A rehearsal as a status has it, and the whole of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct One {
    /// Without what belongs to the object.
    shown: SnapshotStatus,
    plan: PlanSummary,
    pub(crate) report: Value,
}

/// Whether nothing is left to be done for a snapshot.
pub(crate) fn is_over(snapshot: &Snapshot) -> bool {
    let status = snapshot.status.as_ref();
    let phase = status.and_then(|it| it.phase.as_deref());
    phase.is_some_and(|phase| [REFUSED, REHEARSED].contains(&phase))
}

/// The result for `status`; `of` marks the wishes that it is made of.
pub(crate) fn of(plan: &PlanJson, planned: Planned, of: &str, at: Timestamp) -> Result {
    let Some(rehearsal) = planned.rehearsal else {
        let why = planned.projected.unwrap_or_default();
        return Err(format!("It was not rehearsed: {why}"));
    };
    let phases = plan.phases.iter();
    let phases = phases.map(|it| PhaseDuration { phase: it.name().to_owned(), seconds: it.seconds });
    let report = json!({"plan": plan, "rehearsal": rehearsal});
    let Rehearsal { taken_at, objects, stalls, extra_nodes, refused, unplaced, notes, doubts, .. } =
        rehearsal;
    let mut stalls = stalls;
    stalls.sort_by_key(|stall| (!stall.stops, std::cmp::Reverse(stall.seconds)));
    let stall = |stall: &replank_engine::report::StallJson| FoundStall {
        what: bounded(&stall.what),
        advice: stall.advice.as_deref().map(bounded),
        minute: stall.minute,
        seconds: stall.seconds,
        stops: stall.stops,
    };
    let doubt = |(condition, succeeds): (String, bool)| Doubt { condition, succeeds };
    let texts = |texts: Vec<String>| texts.iter().map(|it| bounded(it)).take(NAMED_MAX).collect();
    let shown = SnapshotStatus {
        taken_at: Some(time(taken_at)),
        objects,
        phases: phases.collect(),
        extra_nodes: Some(extra_nodes),
        refused_evictions: Some(refused),
        stalls: stalls.iter().map(stall).take(NAMED_MAX).collect(),
        unplaced: texts(unplaced),
        doubts: doubts.into_iter().map(doubt).collect(),
        notes: texts(notes),
        ..SnapshotStatus::default()
    };
    Ok(Box::new(One { shown, plan: summary(plan, None, of, at), report }))
}

/// The status of a snapshot as of `now`; without a result it is being rehearsed.
pub(crate) fn status(
    snapshot: &Snapshot,
    result: Option<&Result>,
    report: Option<ReportPlace>,
    now: Timestamp,
) -> SnapshotStatus {
    use ConditionStatus::{False, True, Unknown};
    let before = snapshot.status.clone().unwrap_or_default();
    let (phase, message, holds) = match result {
        None => {
            let said = "The cluster is read, and the update rehearsed on it; nothing is changed.";
            ("Rehearsing", said.to_owned(), [False, True, False, Unknown])
        }
        Some(Err(why)) => (REFUSED, why.clone(), [False, False, True, Unknown]),
        Some(Ok(one)) => {
            (REHEARSED, one.plan.verdict.clone(), [True, False, False, one.plan.succeeds.into()])
        }
    };
    let (generation, message) = (snapshot.metadata.generation, bounded(&message));
    let kinds =
        [ConditionType::Ready, ConditionType::Reconciling, ConditionType::Stalled, ConditionType::Succeeded];
    let condition = |(kind, status)| Condition {
        kind,
        status,
        reason: phase.to_owned(),
        message: message.clone(),
        last_transition_time: time(now),
        observed_generation: generation,
    };
    let conditions = kinds.into_iter().zip(holds).map(condition).collect();
    let (shown, plan) = match result {
        Some(Ok(one)) => (one.shown.clone(), Some(one.plan.clone())),
        Some(Err(_)) | None => (SnapshotStatus::default(), None),
    };
    SnapshotStatus {
        observed_generation: generation,
        phase: Some(phase.to_owned()),
        conditions: timed(conditions, &before.conditions),
        message: Some(message),
        plan,
        report,
        ..shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SnapshotSpec;

    #[test]
    fn one_that_is_refused_waits_for_a_person_and_is_over() {
        use ConditionStatus::{False, True, Unknown};
        let mut snapshot =
            Snapshot::new("s", SnapshotSpec { node_group: "g".into(), ..SnapshotSpec::default() });
        let at = Timestamp::from_second(9).unwrap();
        let holds =
            |status: &SnapshotStatus| status.conditions.iter().map(|it| it.status).collect::<Vec<_>>();
        let begun = status(&snapshot, None, None, at);
        assert_eq!(holds(&begun), [False, True, False, Unknown]);
        assert!(!is_over(&snapshot));
        let refused = status(&snapshot, Some(&Err("no such group".into())), None, at);
        assert_eq!(holds(&refused), [False, False, True, Unknown]);
        assert_eq!(refused.message.as_deref(), Some("no such group"));
        snapshot.status = Some(refused);
        assert!(is_over(&snapshot));
    }
}
