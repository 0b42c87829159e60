//! What to do next with an update that is declared. A function of what is wished for and what is; nothing is done here.

use jiff::Timestamp;
use replank_core::node_group::rollout::GiveBack;
use replank_engine::commands::{CommandKind, Stays, TargetAfter};
use replank_service::maintenance::Opening;

use crate::api::AtWindowEnd;
use crate::approval::Consent;

/// What the object asks for, as far as a decision about it depends on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own, as the object has them")]
pub(crate) struct Wished {
    /// Whether it may begin.
    pub(crate) approved: bool,
    /// Whether a person agrees to it, where one has to.
    pub(crate) consent: Consent,
    /// Whether no further node is to be picked.
    pub(crate) paused: bool,
    /// Whether it is to end.
    pub(crate) cancelled: bool,
    /// Whether force is allowed, by the object and its policy.
    pub(crate) force: bool,
    /// Whether the object is being deleted.
    pub(crate) is_going: bool,
}

/// When it may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) opening: Opening,
    pub(crate) at_end: AtWindowEnd,
    /// Whether it may begin though it would not end in time.
    pub(crate) may_overrun: bool,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Not begun.
    Open {
        /// Its plan: how long it takes and whether it would succeed; `None` before it was planned.
        plan: Option<Planned>,
        /// Whether another update of the group is under way.
        busy: bool,
    },
    /// Begun, and no turn was seen yet.
    Begun,
    /// Under way, with what was asked of it so far.
    Runs { paused: Option<GiveBack>, cancelled: bool, forced: bool },
    /// Ended.
    Over,
}

/// What the decision needs of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) seconds: i64,
    pub(crate) succeeds: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing; why not.
    Rest(Why),
    /// Find out what it would do.
    Plan,
    /// Hand it to the service, which starts the update.
    Begin,
    /// Ask it for something.
    Ask(CommandKind),
    /// Take the finalizer off, so that the object can go.
    LetGo,
}

impl Step {
    /// What is done, in a word; `None` when nothing is.
    pub(crate) fn words(self) -> Option<&'static str> {
        match self {
            Self::Rest(_) => None,
            Self::Plan => Some("a plan"),
            Self::Begin => Some("its beginning"),
            Self::Ask(CommandKind::Pause { .. }) => Some("a pause"),
            Self::Ask(CommandKind::Resume) => Some("going on after a pause"),
            Self::Ask(CommandKind::Cancel { .. }) => Some("cancelling"),
            Self::Ask(CommandKind::Force) => Some("allowing force"),
            Self::LetGo => Some("letting the object go"),
        }
    }
}

/// Why nothing is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It has ended.
    Ended,
    /// It was cancelled before it began.
    NeverBegan,
    /// It waits for approval.
    Unapproved,
    /// It waits for a person who may approve its plan.
    NoConsent(Consent),
    /// It was paused before it began.
    Held,
    /// Another update of the group is under way.
    Busy,
    /// No window is open.
    Shut,
    /// The window that is open ends before the update would.
    TooLong { seconds: i64, left: i64 },
    /// The plan says that it would not succeed.
    WouldFail,
    /// It runs as it should.
    Runs,
}

/// What to do next.
pub(crate) fn next(wished: Wished, progress: Progress, allowed: Allowed, now: Timestamp) -> Step {
    match progress {
        Progress::Over | Progress::Open { .. } if wished.is_going => Step::LetGo,
        Progress::Over => Step::Rest(Why::Ended),
        Progress::Begun => Step::Rest(Why::Runs),
        Progress::Open { .. } if wished.cancelled => Step::Rest(Why::NeverBegan),
        Progress::Open { plan: None, .. } => Step::Plan,
        Progress::Open { plan: Some(plan), busy } => begin(wished, plan, busy, allowed, now),
        Progress::Runs { paused, cancelled, forced } => steer(wished, paused, cancelled, forced, allowed),
    }
}

/// Whether an update that is planned begins.
fn begin(wished: Wished, plan: Planned, busy: bool, allowed: Allowed, now: Timestamp) -> Step {
    if !wished.approved {
        return Step::Rest(Why::Unapproved);
    }
    match wished.consent {
        Consent::NotNeeded | Consent::Given => {}
        lacks @ (Consent::Missing | Consent::OfAnother | Consent::Unproven | Consent::TooOld) => {
            return Step::Rest(Why::NoConsent(lacks));
        }
    }
    if wished.paused {
        return Step::Rest(Why::Held);
    }
    if busy {
        return Step::Rest(Why::Busy);
    }
    if !plan.succeeds {
        return Step::Rest(Why::WouldFail);
    }
    match allowed.opening {
        Opening::Closed { .. } => Step::Rest(Why::Shut),
        Opening::Always => Step::Begin,
        Opening::Open { until } => {
            let left = until.duration_since(now).as_secs();
            let fits = plan.seconds <= left || allowed.may_overrun || allowed.at_end == AtWindowEnd::GoOn;
            if fits { Step::Begin } else { Step::Rest(Why::TooLong { seconds: plan.seconds, left }) }
        }
    }
}

/// What to ask of an update under way.
fn steer(wished: Wished, paused: Option<GiveBack>, cancelled: bool, forced: bool, allowed: Allowed) -> Step {
    if wished.cancelled || wished.is_going {
        // Old nodes that are left stay, later launches use the image from before: as `replank cancel` does it.
        let cancel =
            CommandKind::Cancel { in_work: GiveBack::No, target: TargetAfter::Restored, stays: Stays::Old };
        return if cancelled { Step::Rest(Why::Runs) } else { Step::Ask(cancel) };
    }
    let shut = matches!(allowed.opening, Opening::Closed { .. });
    let stops = match (wished.paused, shut, allowed.at_end) {
        (_, true, AtWindowEnd::GiveBack) => Some(GiveBack::Yes),
        (true, _, _) | (_, true, AtWindowEnd::FinishNodes) => Some(GiveBack::No),
        (false, true, AtWindowEnd::GoOn) | (false, false, _) => None,
    };
    match (stops, paused) {
        (Some(in_work), None) => Step::Ask(CommandKind::Pause { in_work }),
        // Nodes that are finished may be given back later; given back, there is nothing left to finish.
        (Some(GiveBack::Yes), Some(GiveBack::No)) => Step::Ask(CommandKind::Pause { in_work: GiveBack::Yes }),
        (None, Some(_)) => Step::Ask(CommandKind::Resume),
        (Some(_), Some(_)) | (None, None) if wished.force && !forced => Step::Ask(CommandKind::Force),
        (Some(_), Some(_)) | (None, None) => Step::Rest(Why::Runs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISHED: Wished = Wished {
        approved: true,
        consent: Consent::NotNeeded,
        paused: false,
        cancelled: false,
        force: false,
        is_going: false,
    };
    const ALWAYS: Allowed =
        Allowed { opening: Opening::Always, at_end: AtWindowEnd::FinishNodes, may_overrun: false };
    const SHUT: Allowed = Allowed { opening: Opening::Closed { opens: None, frozen: false }, ..ALWAYS };
    const RUNS: Progress = Progress::Runs { paused: None, cancelled: false, forced: false };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn planned(seconds: i64, succeeds: bool) -> Progress {
        Progress::Open { plan: Some(Planned { seconds, succeeds }), busy: false }
    }

    #[test]
    fn it_begins_once_it_is_planned_approved_and_allowed() {
        let ready = planned(600, true);
        let ends = |until| Allowed { opening: Opening::Open { until: at(until) }, ..ALWAYS };
        for (name, wished, progress, allowed, wanted) in [
            ("no plan", WISHED, Progress::Open { plan: None, busy: false }, ALWAYS, Step::Plan),
            ("ready", WISHED, ready, ALWAYS, Step::Begin),
            ("unapproved", Wished { approved: false, ..WISHED }, ready, ALWAYS, Step::Rest(Why::Unapproved)),
            (
                "no consent",
                Wished { consent: Consent::Missing, ..WISHED },
                ready,
                ALWAYS,
                Step::Rest(Why::NoConsent(Consent::Missing)),
            ),
            ("consent", Wished { consent: Consent::Given, ..WISHED }, ready, ALWAYS, Step::Begin),
            ("paused", Wished { paused: true, ..WISHED }, ready, ALWAYS, Step::Rest(Why::Held)),
            ("cancelled", Wished { cancelled: true, ..WISHED }, ready, ALWAYS, Step::Rest(Why::NeverBegan)),
            ("shut", WISHED, ready, SHUT, Step::Rest(Why::Shut)),
            ("fits", WISHED, ready, ends(600), Step::Begin),
            ("late", WISHED, ready, ends(599), Step::Rest(Why::TooLong { seconds: 600, left: 599 })),
            ("may overrun", WISHED, ready, Allowed { may_overrun: true, ..ends(599) }, Step::Begin),
            ("goes on", WISHED, ready, Allowed { at_end: AtWindowEnd::GoOn, ..ends(599) }, Step::Begin),
            ("would fail", WISHED, planned(600, false), ALWAYS, Step::Rest(Why::WouldFail)),
            ("going", Wished { is_going: true, ..WISHED }, ready, ALWAYS, Step::LetGo),
        ] {
            assert_eq!(next(wished, progress, allowed, at(0)), wanted, "{name}");
        }
    }

    #[test]
    fn a_window_that_ends_pauses_it_and_the_next_one_resumes_it() {
        let steps = |wished, paused, allowed| {
            next(wished, Progress::Runs { paused, cancelled: false, forced: false }, allowed, at(0))
        };
        let pause = |in_work| Step::Ask(CommandKind::Pause { in_work });
        assert_eq!(steps(WISHED, None, SHUT), pause(GiveBack::No));
        assert_eq!(steps(WISHED, Some(GiveBack::No), SHUT), Step::Rest(Why::Runs));
        assert_eq!(steps(WISHED, Some(GiveBack::No), ALWAYS), Step::Ask(CommandKind::Resume));
        let gives = Allowed { at_end: AtWindowEnd::GiveBack, ..SHUT };
        assert_eq!(steps(WISHED, None, gives), pause(GiveBack::Yes));
        assert_eq!(steps(WISHED, Some(GiveBack::No), gives), pause(GiveBack::Yes));
        assert_eq!(steps(WISHED, None, Allowed { at_end: AtWindowEnd::GoOn, ..SHUT }), Step::Rest(Why::Runs));
        let held = Wished { paused: true, ..WISHED };
        assert_eq!(steps(held, Some(GiveBack::No), ALWAYS), Step::Rest(Why::Runs));
    }

    #[test]
    fn an_object_that_goes_ends_its_update_first() {
        let going = Wished { is_going: true, ..WISHED };
        let Step::Ask(CommandKind::Cancel { .. }) = next(going, RUNS, SHUT, at(0)) else {
            panic!("it is cancelled")
        };
        let cancelled = Progress::Runs { paused: None, cancelled: true, forced: false };
        assert_eq!(next(going, cancelled, ALWAYS, at(0)), Step::Rest(Why::Runs));
        assert_eq!(next(going, Progress::Over, ALWAYS, at(0)), Step::LetGo);
    }

    #[test]
    fn force_is_asked_for_once() {
        let forces = Wished { force: true, ..WISHED };
        assert_eq!(next(forces, RUNS, ALWAYS, at(0)), Step::Ask(CommandKind::Force));
        let forced = Progress::Runs { paused: None, cancelled: false, forced: true };
        assert_eq!(next(forces, forced, ALWAYS, at(0)), Step::Rest(Why::Runs));
    }
}
