//! What would need a container that runs: there is none in an embedded cluster, and that is said plainly.

use std::sync::Arc;

use crate::asked::Asked;
use crate::failure::Failure;
use crate::live::Live;
use crate::wire::answer::Answer;

/// `log`, `exec`, `attach`, `portforward`, `proxy`.
pub(super) fn connect(live: &Arc<Live>, asked: &Asked, what: &str) -> Result<Answer, Failure> {
    live.look(|view| asked.shown(view))?;
    let doing = match what {
        "log" => "has no logs",
        "exec" | "attach" => "runs no processes",
        _ => "opens no connections",
    };
    let message = format!(
        "{} \"{}\": this cluster is embedded in replank: a pod here has a life but no containers, so it {doing}",
        asked.resource.plural,
        asked.name()
    );
    Err(Failure::new(501, "NotImplemented", message).about(&asked.resource, asked.name()))
}
