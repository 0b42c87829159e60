//! Who may come in and how: kubeconfigs, for users by certificate and for service accounts by token.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::pki::Pair;

/// A way in: a kubeconfig whose one context has the name of the lab.
#[derive(Clone, Debug)]
pub struct Access {
    /// The kubeconfig.
    pub kubeconfig: PathBuf,
    /// The bearer token, where it is one.
    pub token: Option<String>,
}

/// What every kubeconfig of a lab says.
pub(crate) struct Door {
    pub(crate) name: String,
    pub(crate) server: String,
    /// The file with the certificate of the authority.
    pub(crate) authority: PathBuf,
}

impl Door {
    /// A kubeconfig with a certificate.
    pub(crate) fn certificate(&self, [certificate, key]: &[PathBuf; 2]) -> Value {
        self.config(&json!({"client-certificate": certificate, "client-key": key}))
    }

    /// A kubeconfig with a token.
    pub(crate) fn token(&self, token: &str) -> Value {
        self.config(&json!({"token": token}))
    }

    fn config(&self, user: &Value) -> Value {
        let name = &self.name;
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": name,
            "clusters": [{"name": name, "cluster": {"server": self.server, "certificate-authority": self.authority}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "users": [{"name": name, "user": user}],
        })
    }
}

/// Writes a certificate and its key.
pub(crate) fn write_pair([certificate, key]: &[PathBuf; 2], pair: &Pair) -> Result<()> {
    write(certificate, &pair.certificate)?;
    write(key, &pair.key)
}

/// Writes a file that only its owner may read, in one step: a reader sees the old or the new one.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let part = path.with_extension("part");
    let written = || -> std::io::Result<()> {
        let mut file = fs::File::create(&part)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        fs::rename(&part, path)
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}
