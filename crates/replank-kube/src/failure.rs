//! What went wrong between us and the API server, in words a person can act on.

use std::error::Error as _;

use kube::core::Status;

/// The error in one line, with the way out where there is one.
pub(crate) fn of(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => said(status),
        other => {
            let text = chain(other);
            if text.contains("exec") && text.contains("auth") {
                format!("{text}; does the command in the kubeconfig's user work by hand?")
            } else if text.contains("UnknownIssuer") || text.contains("certificate") {
                format!(
                    "{text}; is this the right cluster, and is its certificate authority in the kubeconfig?"
                )
            } else {
                text
            }
        }
    }
}

/// What the server said, with the way out where there is one.
pub(crate) fn said(status: &Status) -> String {
    let message = if status.message.is_empty() { &status.reason } else { &status.message };
    match status.code {
        401 => {
            format!("{message} (401): the credentials are wrong or have expired; renew them and try again")
        }
        403 if !by_webhook(status) => {
            format!("{message} (403): apply the roles that `replank rbac` prints, and bind them to this user")
        }
        code => format!("{message} ({code})"),
    }
}

/// Whether an admission webhook said it (Kubernetes: `admission webhook "NAME" denied the request`, and
/// `failed calling webhook "NAME"` when it cannot be asked).
pub(crate) fn by_webhook(status: &Status) -> bool {
    webhook(&status.message).is_some()
}

/// The name of the webhook in such a message.
pub(crate) fn webhook(message: &str) -> Option<&str> {
    let begins = ["admission webhook \"", "failed calling webhook \""];
    let rest = begins.iter().find_map(|begin| message.split_once(begin).map(|(_, rest)| rest))?;
    rest.split('"').next()
}

/// An error with everything it was caused by, without what repeats.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        let said = it.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = it.source();
    }
    text
}

/// The status behind an error, if the server answered at all.
pub(crate) fn status(error: &kube::Error) -> Option<&Status> {
    match error {
        kube::Error::Api(status) => Some(status),
        other => other.source().and_then(|source| source.downcast_ref::<kube::Error>()).and_then(status),
    }
}
