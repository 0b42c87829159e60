//! The status of an update, from what is known of it. Texts and lists are bounded, since they stand in an object.

use std::sync::Arc;

use jiff::Timestamp;
use replank_engine::messages;
use replank_engine::report::plan::PlanJson;
use replank_engine::report::wire::ReportJson;

use crate::api::{
    Condition, ConditionStatus, ConditionType, FoundWait, NodeCounts, NodeGroupUpdateStatus, PlanSummary,
    UpdateOutcome,
};
use crate::approval::{APPROVED_BY, APPROVED_PLAN, Consent, NAME, SUBRESOURCE};
use crate::decide::Why;

/// Most waits, problems, nodes and findings that a status names.
const NAMED_MAX: usize = 20;
/// Longest text, in characters.
const TEXT_MAX: usize = 1024;

/// What is known of an update.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Situation {
    /// It cannot be begun as it is declared; why not.
    Refused(String),
    /// It is being planned.
    Planning,
    /// It is not begun; why not.
    Open(Why),
    /// It is begun, and its first turn is to come.
    Begun,
    /// It is under way.
    Runs(Arc<ReportJson>),
    /// It has ended.
    Over(Ended),
}

/// The end of an update.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ended {
    pub(crate) outcome: UpdateOutcome,
    pub(crate) at: Option<String>,
    /// Why it failed, if it did.
    pub(crate) why: Option<String>,
    /// Its last report, where this process saw it.
    pub(crate) report: Option<Arc<ReportJson>>,
}

/// What else a status says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    pub(crate) generation: Option<i64>,
    pub(crate) plan: Option<PlanSummary>,
    pub(crate) policy: Option<String>,
    pub(crate) window: Option<String>,
    pub(crate) update: Option<String>,
    /// Name of this replica, if there are several.
    pub(crate) replica: Option<String>,
    /// Who approved its plan.
    pub(crate) approved_by: Option<String>,
}

/// A word for the phase, the reason of the conditions, and a sentence.
struct Words {
    phase: &'static str,
    message: String,
}

/// The status as of `now`; `before` is the one that stands in the object.
pub(crate) fn of(
    situation: &Situation,
    beside: Beside,
    before: &NodeGroupUpdateStatus,
    now: Timestamp,
) -> NodeGroupUpdateStatus {
    let words = words(situation, beside.window.as_deref(), beside.plan.as_ref());
    let (report, ended) = match situation {
        Situation::Runs(report) => (Some(report), None),
        Situation::Over(ended) => (ended.report.as_ref(), Some(ended)),
        Situation::Refused(_) | Situation::Planning | Situation::Open(_) | Situation::Begun => (None, None),
    };
    let message = bounded(&words.message);
    let conditions = conditions(situation, words.phase, &message, beside.generation, now);
    let is_over = ended.is_some();
    NodeGroupUpdateStatus {
        observed_generation: beside.generation,
        phase: Some(words.phase.to_owned()),
        message: Some(message),
        conditions: crate::api::timed(conditions, &before.conditions),
        replica: beside.replica.filter(|_| matches!(situation, Situation::Begun | Situation::Runs(_))),
        update: beside.update.or_else(|| before.update.clone()),
        started_at: report.map(|it| time(it.started_at.0)).or_else(|| before.started_at.clone()),
        ended_at: ended.and_then(|it| it.at.clone()).or_else(|| before.ended_at.clone()),
        outcome: ended.map(|it| it.outcome),
        nodes: report.map(|report| counts(report)).or(before.nodes),
        waits: report.filter(|_| !is_over).map(|report| waits(report)).unwrap_or_default(),
        problems: report.map(|report| problems(report)).unwrap_or_default(),
        policy: beside.policy,
        window: beside.window,
        plan: beside.plan,
        approved_by: beside.approved_by,
    }
}

fn words(situation: &Situation, window: Option<&str>, plan: Option<&PlanSummary>) -> Words {
    let said = |phase, message: &str| Words { phase, message: message.to_owned() };
    match situation {
        Situation::Refused(why) => said("Refused", why),
        Situation::Planning => said("Planning", "What it would do is being found out; nothing is changed."),
        Situation::Open(why) => open(*why, window, plan),
        Situation::Begun => said("Running", "It is begun; its first turn is to come."),
        Situation::Runs(report) => runs(report),
        Situation::Over(ended) => {
            let (phase, message) = match ended.outcome {
                UpdateOutcome::Succeeded => ("Succeeded", "Every node was replaced."),
                UpdateOutcome::Failed => ("Failed", "It failed."),
                UpdateOutcome::Cancelled => ("Cancelled", "It was cancelled."),
            };
            said(phase, ended.why.as_deref().unwrap_or(message))
        }
    }
}

fn open(why: Why, window: Option<&str>, plan: Option<&PlanSummary>) -> Words {
    let verdict = plan.map(|plan| plan.verdict.as_str()).unwrap_or_default();
    let (phase, message) = match why {
        Why::Ended | Why::Runs => ("Running", String::new()),
        Why::NeverBegan => ("Cancelled", "It was cancelled before it began; nothing was changed.".to_owned()),
        Why::Unapproved => (
            "AwaitingApproval",
            format!("Planned, and nothing is changed. {verdict} approved: true begins it."),
        ),
        Why::NoConsent(lacks) => ("AwaitingApproval", consent(lacks, plan)),
        Why::Held => ("Paused", "It is paused before it began; paused: false lets it begin.".to_owned()),
        Why::Busy => {
            ("Waiting", "Another update of this node group is under way; it begins after that.".to_owned())
        }
        Why::Shut => {
            ("Waiting", format!("Its policy lets it act in windows only: {}.", window.unwrap_or("closed")))
        }
        Why::TooLong { seconds, left } => (
            "Waiting",
            format!(
                "It would take {} and the window is open for {} more; it begins in a longer one. mayOverrun of the policy \
                 lets it begin all the same.",
                span(seconds),
                span(left)
            ),
        ),
        Why::WouldFail => ("Refused", format!("Not begun, since the plan says how it would end. {verdict}")),
    };
    Words { phase, message }
}

/// What is missing of a person's approval, and how it is given.
fn consent(lacks: Consent, plan: Option<&PlanSummary>) -> String {
    let (verdict, of) = plan.map_or(("", ""), |plan| (plan.verdict.as_str(), plan.of.as_str()));
    let how = format!(
        "Somebody who may update {SUBRESOURCE} approves it: kubectl annotate ngu NAME --overwrite {APPROVED_PLAN}={of} \
         {APPROVED_BY}=THEIR-NAME"
    );
    match lacks {
        Consent::NotNeeded | Consent::Given => String::new(),
        Consent::Missing => {
            format!("Planned, and nothing is changed. {verdict} Its policy wants a person. {how}")
        }
        Consent::OfAnother => {
            format!("What was approved is another plan: what is asked for has changed since. {verdict} {how}")
        }
        Consent::Unproven => format!(
            "Its policy wants the approval of a person, and nothing in the cluster makes sure who gives it: the \
             ValidatingAdmissionPolicy {NAME} and its binding are not there as this version ships them. Apply them: replank \
             crds --approval | kubectl apply -f -"
        ),
        Consent::TooOld => format!(
            "Its policy wants the approval of a person, and this object is older than the ValidatingAdmissionPolicy {NAME} \
             (and ten seconds), so anybody may have written one into it. Make the object anew"
        ),
    }
}

fn runs(report: &ReportJson) -> Words {
    let counts = &report.counts;
    let all = counts.old + counts.replaced;
    let phase = match (&report.wishes.cancelled, &report.wishes.paused) {
        (Some(_), _) => "Cancelling",
        (None, Some(_)) => "Paused",
        (None, None) => "Running",
    };
    let waits = match report.waits.first() {
        Some(wait) => format!(" {}", wait.text),
        None => String::new(),
    };
    Words {
        phase,
        message: format!("{} of {all} nodes replaced, {} in work.{waits}", counts.replaced, counts.in_work),
    }
}

/// The four conditions, as kstatus reads them: Reconciling while it goes on by itself, Stalled when only a person can
/// help, Ready when there is nothing left to do.
fn conditions(
    situation: &Situation,
    reason: &str,
    message: &str,
    generation: Option<i64>,
    now: Timestamp,
) -> Vec<Condition> {
    use ConditionStatus::{False, True, Unknown};
    let (ready, reconciling, stalled, succeeded) = match situation {
        Situation::Refused(_) | Situation::Open(Why::WouldFail) => (False, False, True, Unknown),
        Situation::Planning | Situation::Begun | Situation::Runs(_) => (False, True, False, Unknown),
        Situation::Open(Why::NeverBegan) => (True, False, False, False),
        Situation::Open(_) => (False, False, False, Unknown),
        Situation::Over(ended) => match ended.outcome {
            UpdateOutcome::Succeeded => (True, False, False, True),
            UpdateOutcome::Cancelled => (True, False, False, False),
            UpdateOutcome::Failed => (False, False, True, False),
        },
    };
    let all = [
        (ConditionType::Ready, ready),
        (ConditionType::Reconciling, reconciling),
        (ConditionType::Stalled, stalled),
        (ConditionType::Succeeded, succeeded),
    ];
    let condition = |(kind, status)| Condition {
        kind,
        status,
        reason: reason.to_owned(),
        message: message.to_owned(),
        last_transition_time: time(now),
        observed_generation: generation,
    };
    all.into_iter().map(condition).collect()
}

fn counts(report: &ReportJson) -> NodeCounts {
    let counts = &report.counts;
    NodeCounts {
        old: counts.old,
        in_work: counts.in_work,
        ready: counts.ready,
        joining: counts.joining,
        replaced: counts.replaced,
    }
}

fn waits(report: &ReportJson) -> Vec<FoundWait> {
    let told = report.waits.iter().map(|wait| FoundWait {
        text: bounded(&wait.text),
        advice: wait.advice.as_deref().map(bounded),
        node: wait.node.clone(),
        since: wait.since.map(|since| time(since.0)),
    });
    told.take(NAMED_MAX).collect()
}

fn problems(report: &ReportJson) -> Vec<String> {
    let told = report.problems.iter().map(|it| bounded(&format!("{} {}", it.text, it.advice)));
    told.take(NAMED_MAX).collect()
}

/// A plan as a status has it; `of` marks the wishes that it is made of.
pub(crate) fn summary(plan: &PlanJson, projected: Option<&str>, of: &str, at: Timestamp) -> PlanSummary {
    PlanSummary {
        of: of.to_owned(),
        made_at: time(at),
        release: plan.release.clone(),
        version: plan.version.clone(),
        nodes: plan.order.len() as u32,
        first: plan.order.iter().take(NAMED_MAX).cloned().collect(),
        seconds: plan.seconds,
        peak: plan.peak,
        evictions: plan.evictions,
        findings: plan.findings.iter().map(|it| bounded(&it.text)).take(NAMED_MAX).collect(),
        succeeds: plan.succeeds(),
        verdict: bounded(&plan.verdict),
        projected: projected.map(bounded),
    }
}

/// A text that is no longer than a status takes.
pub(crate) fn bounded(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

/// A time as Kubernetes writes it: whole seconds.
pub(crate) fn time(at: Timestamp) -> String {
    format!("{at:.0}")
}

fn span(seconds: i64) -> String {
    messages::span(jiff::SignedDuration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(situation: &Situation, before: &NodeGroupUpdateStatus, second: i64) -> NodeGroupUpdateStatus {
        let beside = Beside { generation: Some(2), ..Beside::default() };
        of(situation, beside, before, Timestamp::from_second(second).unwrap())
    }

    fn holds(status: &NodeGroupUpdateStatus) -> Vec<ConditionStatus> {
        status.conditions.iter().map(|condition| condition.status).collect()
    }

    #[test]
    fn conditions_are_those_that_kstatus_reads() {
        use ConditionStatus::{False, True, Unknown};
        let ended = |outcome| Situation::Over(Ended { outcome, at: None, why: None, report: None });
        for (situation, wanted) in [
            (Situation::Planning, [False, True, False, Unknown]),
            (Situation::Open(Why::Unapproved), [False, False, False, Unknown]),
            (Situation::Refused("no".into()), [False, False, True, Unknown]),
            (ended(UpdateOutcome::Succeeded), [True, False, False, True]),
            (ended(UpdateOutcome::Failed), [False, False, True, False]),
            (ended(UpdateOutcome::Cancelled), [True, False, False, False]),
        ] {
            let status = status(&situation, &NodeGroupUpdateStatus::default(), 0);
            assert_eq!(holds(&status), wanted, "{situation:?}");
            assert_eq!(status.observed_generation, Some(2));
        }
    }

    #[test]
    fn what_did_not_change_is_the_same_status() {
        let first = status(&Situation::Open(Why::Unapproved), &NodeGroupUpdateStatus::default(), 0);
        assert_eq!(status(&Situation::Open(Why::Unapproved), &first, 60), first);
        let message = first.message.unwrap();
        assert!(message.contains("approved: true begins it"), "{message}");
    }

    #[test]
    fn a_long_text_is_cut() {
        let why = "x".repeat(100_000);
        let status = status(&Situation::Refused(why), &NodeGroupUpdateStatus::default(), 0);
        assert_eq!(status.message.map(|text| text.len()), Some(TEXT_MAX));
    }
}
