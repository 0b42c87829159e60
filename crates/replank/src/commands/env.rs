//! `replank env`: prints the environment variables that clients of a running `replank up` need.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use secrecy::ExposeSecret;

use crate::cli::Env;
use crate::errors;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::up::installation::{self, Installation, quoted};

/// How long `--wait` waits.
const UP_WITHIN: Duration = Duration::from_secs(30);
/// Pause between two looks for a server.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// Prints the exports.
pub(crate) fn run(flags: &Env, printer: &mut Printer) -> Result<Exit> {
    let mut found = meant(flags)?;
    let begun = Instant::now();
    while flags.wait && found.as_ref().is_none_or(|told| told.pid.is_none()) && begun.elapsed() < UP_WITHIN {
        thread::sleep(LOOKS_EVERY);
        found = meant(flags)?;
    }
    let Some(found) = found else {
        return Err(errors::bad("no replank up runs here; start one, or name its --data directory".into()));
    };
    if found.pid.is_none() {
        Printer::complain("warning: this replank up has ended; start it again");
    }
    for (name, value) in exports(&found) {
        printer.line(&format!("export {name}={}", quoted(&value)));
    }
    Ok(Exit::Done)
}

/// The `replank up` that the flags mean, if it was ever started.
fn meant(flags: &Env) -> Result<Option<Installation>> {
    match (&flags.data, &flags.endpoint_url) {
        (Some(data), _) => Installation::read(data),
        (None, Some(url)) => Ok(installation::running().into_iter().find(|told| told.endpoint == *url)),
        (None, None) => installation::meant(),
    }
}

/// Names and values of the variables. The only place where a secret is printed, since the user asks for it.
fn exports(found: &Installation) -> Vec<(&'static str, String)> {
    let mut exports = vec![
        ("AWS_ENDPOINT_URL", found.endpoint.clone()),
        ("AWS_ACCESS_KEY_ID", found.access_key.clone()),
        ("AWS_SECRET_ACCESS_KEY", found.secret_key.expose_secret().to_owned()),
        ("AWS_REGION", found.region.clone()),
        ("AWS_DEFAULT_REGION", found.region.clone()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("EKS_CLUSTER_NAME", found.cluster.clone()),
        ("EKS_DEFAULT_MNG_NAME", found.nodegroup.clone()),
    ];
    if !found.kubeconfig.as_os_str().is_empty() {
        exports.push(("KUBECONFIG", found.kubeconfig.display().to_string()));
    }
    exports
}
