//! The API server's response to an action, as one of the core's four answers.

use kube::core::Status;
use replank_core::observed::{Answer, Refused};

use crate::failure;

/// The answer for a request that failed.
pub(super) fn of(error: &kube::Error) -> Answer {
    match failure::status(error) {
        Some(status) => said(status),
        // It may have arrived.
        None => Answer::CannotTell(failure::of(error)),
    }
}

/// The answer for an error status (Kubernetes: eviction subresource, preconditions, API priority and fairness,
/// admission webhooks).
pub(super) fn said(status: &Status) -> Answer {
    let message = failure::said(status);
    let details = status.details.as_ref();
    let budget = details.and_then(|it| it.causes.iter().find(|cause| cause.reason == "DisruptionBudget"));
    let retry_after_seconds = details.map_or(0, |it| it.retry_after_seconds);
    let refused = match status.code {
        _ if failure::by_webhook(status) => Refused::Webhook {
            webhook: failure::webhook(&status.message).unwrap_or_default().to_owned(),
            message: status.message.clone(),
        },
        404 => return Answer::Done,
        429 => match budget {
            Some(_) if retry_after_seconds > 0 => Refused::BudgetUnsynced { retry_after_seconds },
            Some(cause) => Refused::Budget { message: cause.message.clone() },
            None => Refused::Throttled { retry_after_seconds: retry_after_seconds.max(1) },
        },
        500 if status.message.contains("more than one PodDisruptionBudget") => {
            Refused::ManyBudgets { budgets: Vec::new() }
        }
        409 => Refused::Changed { message: status.message.clone() },
        400 | 405 | 413 | 415 | 422 => return Answer::Impossible(message),
        // Credentials are renewed, rights are granted, a server comes back.
        _ => Refused::Other { message },
    };
    Answer::NotYet(refused)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: serde_json::Value) -> Answer {
        said(&serde_json::from_value(status).unwrap())
    }

    #[test]
    fn a_full_budget_an_unsynced_one_and_flow_control_are_told_apart() {
        let cause = json!({"reason": "DisruptionBudget", "message": "The disruption budget web needs 2 healthy pods and has 2 currently"});
        let full = json!({
            "status": "Failure", "code": 429, "reason": "TooManyRequests",
            "message": "Cannot evict pod as it would violate the pod's disruption budget.", "details": {"causes": [cause]},
        });
        let needs = "The disruption budget web needs 2 healthy pods and has 2 currently".to_owned();
        assert_eq!(answer(full), Answer::NotYet(Refused::Budget { message: needs }));
        let unsynced = json!({
            "status": "Failure", "code": 429, "reason": "TooManyRequests", "message": "Cannot evict pod.",
            "details": {"retryAfterSeconds": 10, "causes": [{"reason": "DisruptionBudget", "message": "still being processed"}]},
        });
        assert_eq!(answer(unsynced), Answer::NotYet(Refused::BudgetUnsynced { retry_after_seconds: 10 }));
        let flow = json!({
            "status": "Failure", "code": 429, "reason": "TooManyRequests",
            "message": "Too many requests, please try again later.", "details": {"retryAfterSeconds": 1},
        });
        assert_eq!(answer(flow), Answer::NotYet(Refused::Throttled { retry_after_seconds: 1 }));
    }

    #[test]
    fn a_webhook_is_named_and_missing_rights_may_come() {
        let denied = "admission webhook \"guard.example.com\" denied the request: not today";
        let by_webhook =
            answer(json!({"status": "Failure", "code": 403, "reason": "Forbidden", "message": denied}));
        let webhook = "guard.example.com".to_owned();
        assert_eq!(by_webhook, Answer::NotYet(Refused::Webhook { webhook, message: denied.to_owned() }));
        let rights = answer(json!({
            "status": "Failure", "code": 403, "reason": "Forbidden",
            "message": "pods \"web-1\" is forbidden: User \"system:serviceaccount:a:b\" cannot create resource \"pods/eviction\"",
        }));
        assert!(
            matches!(rights, Answer::NotYet(Refused::Other { message }) if message.contains("replank rbac"))
        );
    }

    #[test]
    fn a_pod_that_is_gone_left_and_a_namesake_is_another_one() {
        let gone = json!({"status": "Failure", "code": 404, "reason": "NotFound", "message": "pods \"web-1\" not found"});
        assert_eq!(answer(gone), Answer::Done);
        let other = "Operation cannot be fulfilled: UID in precondition: a, UID in object meta: b";
        let namesake = json!({"status": "Failure", "code": 409, "reason": "Conflict", "message": other});
        assert_eq!(answer(namesake), Answer::NotYet(Refused::Changed { message: other.to_owned() }));
    }
}
