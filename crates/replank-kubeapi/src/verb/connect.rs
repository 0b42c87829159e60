//! Subresources that need a running container: embedded clusters have none, and the error says so.

use std::sync::Arc;

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::Live;
use crate::wire::answer::Answer;

/// Whether this is such a subresource.
pub(super) fn refuses(subresource: &str) -> bool {
    matches!(
        subresource.split('/').next(),
        Some(
            "log" | "exec" | "attach" | "portforward" | "proxy" | "ephemeralcontainers" | "resize" | "token"
        )
    )
}

/// `log`, `exec`, `attach`, `portforward`, `proxy`, `ephemeralcontainers`, `resize`; and `token` of service accounts.
pub(super) fn connect(live: &Arc<Live>, asked: &Asked, what: &str) -> Result<Answer, StatusError> {
    live.look(|view| asked.shown(view))?;
    let why = match what.split('/').next().unwrap_or_default() {
        "token" => {
            "no process runs in it that could use a token, so it makes none; clients use the kubeconfig of \
             `replank env`, or `aws eks get-token`"
        }
        "log" => "a pod here has a life but no containers, so it has no logs",
        "exec" | "attach" | "ephemeralcontainers" => {
            "a pod here has a life but no containers, so it runs no processes"
        }
        "resize" => "a pod here has a life but no containers, so there is nothing to resize while it runs",
        _ => "a pod here has a life but no containers, so it opens no connections",
    };
    let message =
        format!("{} \"{}\": this cluster is embedded in replank: {why}", asked.resource.plural, asked.name());
    Err(StatusError::new(501, "NotImplemented", message).about(&asked.resource, asked.name()))
}
