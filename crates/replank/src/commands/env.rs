//! `replank env`: prints what a shell needs to talk to a running `replank up`.

use std::path::PathBuf;

use anyhow::Result;
use secrecy::ExposeSecret;

use crate::cli::Env;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::settings;
use crate::up::installation::{self, Installation};

/// Prints the exports.
pub(crate) fn run(flags: &Env, printer: &mut Printer) -> Result<Exit> {
    let directory: Option<PathBuf> = flags.data.clone().or_else(installation::home);
    let found = directory.as_deref().map(Installation::read).transpose()?.flatten();
    let Some(found) = found else {
        return Err(settings::bad("no replank up runs here; start one, or name its --data directory".into()));
    };
    if found.pid.is_none() {
        Printer::complain("warning: this replank up has ended; start it again");
    }
    for (name, value) in exports(&found) {
        printer.line(&format!("export {name}={}", quoted(&value)));
    }
    Ok(Exit::Done)
}

/// Names and values. This is the one place where a secret is printed: whoever asks wants it.
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

/// As a shell reads it.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+=@".contains(c);
    if value.chars().all(plain) { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn values_survive_a_shell() {
        for (value, wanted) in [("a/b+c=", "a/b+c="), ("a b", "'a b'"), ("it's", r"'it'\''s'")] {
            assert_eq!(quoted(value), wanted);
        }
    }
}
