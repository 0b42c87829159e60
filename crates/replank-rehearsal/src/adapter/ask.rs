//! Calls from the engine to the world: injected faults, and the classification of answers.

use replank_core::observed::{Answer, Refused};
use replank_engine::ports::ReadError;

use replank_world::act::Act;
use replank_world::fault::{Call, Verdict};
use replank_world::refusal::Refusal;
use replank_world::time::Time;
use replank_world::world::World;

/// What an observation shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The present state.
    New,
    /// The same as the last observation.
    Old,
}

/// Whether a side can be observed now. A stale observation shows what the last one did, while that is recent
/// enough.
pub(super) fn reading(world: &mut World, call: Call, last_at: Option<Time>) -> Result<Reading, ReadError> {
    match verdict(world, call, "") {
        Verdict::Pass | Verdict::Crash => Ok(Reading::New),
        Verdict::Fail { code, message } => Err(ReadError(format!("{code}: {message}"))),
        Verdict::Throttle(seconds) => {
            Err(ReadError(format!("429: too many requests, retry after {seconds} s")))
        }
        Verdict::Delay(_) | Verdict::LoseAnswer => Err(ReadError("no answer within the deadline".into())),
        Verdict::Stale(behind) => match last_at {
            Some(last_at) if world.now - last_at < behind => Ok(Reading::Old),
            _ => Ok(Reading::New),
        },
    }
}

/// The verdict of the fault rules on a call. Their counters are logged before the call is made.
fn verdict(world: &mut World, call: Call, object: &str) -> Verdict {
    let verdict = world.faults.verdict(call, object, world.now);
    if world.faults.take_news()
        && let Some(log) = &world.log
    {
        log.note_faults(&world.faults.counts());
    }
    verdict
}

/// Carries a command out, subject to the fault rules, and classifies the answer.
pub(super) fn ask(world: &mut World, call: Call, object: &str, act: Act) -> Answer {
    match verdict(world, call, object) {
        Verdict::Fail { code, message } => classify(&Refusal::new(code, "", message)),
        Verdict::Throttle(seconds) => Answer::NotYet(Refused::Throttled { retry_after_seconds: seconds }),
        Verdict::Delay(by) => {
            let later = Act::Later { by_micros: by.0, act: Box::new(act) };
            // What the world says when it arrives, nobody hears.
            let _under_way = world.act(later);
            Answer::CannotTell("no answer within the deadline".into())
        }
        Verdict::LoseAnswer => {
            // It happens, or is refused; nobody hears of it.
            let _unheard = world.act(act);
            Answer::CannotTell("the connection was lost before the answer".into())
        }
        Verdict::Pass | Verdict::Stale(_) | Verdict::Crash => match world.act(act) {
            Ok(()) => Answer::Done,
            Err(refusal) => classify(&refusal),
        },
    }
}

/// What a refusal means for the engine (Kubernetes: answers of the eviction subresource and of patches).
fn classify(refusal: &Refusal) -> Answer {
    let message = refusal.to_string();
    let by_budget = refusal.causes.iter().any(|(reason, _)| *reason == "DisruptionBudget");
    let refused = match (refusal.code, refusal.retry_after_seconds) {
        (404, _) => return Answer::Done,
        // Auto Scaling's way to say that the instance is gone.
        (400, _) if message.starts_with("Instance Id not found") => return Answer::Done,
        (429, Some(retry_after_seconds)) if by_budget => Refused::BudgetUnsynced { retry_after_seconds },
        (429, _) if by_budget => Refused::Budget { message },
        (429, seconds) => Refused::Throttled { retry_after_seconds: seconds.unwrap_or(1) },
        (500, _) if message.contains("more than one PodDisruptionBudget") => {
            Refused::ManyBudgets { budgets: Vec::new() }
        }
        (409, _) => Refused::Changed { message },
        (403, _) if message.starts_with("admission webhook") => {
            Refused::Webhook { webhook: message.split('"').nth(1).unwrap_or("").to_owned(), message }
        }
        (400 | 401 | 403 | 422, _) => return Answer::Impossible(message),
        _ => Refused::Other { message },
    };
    Answer::NotYet(refused)
}
