//! Kubeconfigs: for users by client certificate, for service accounts by token.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::pki::Pair;

/// A kubeconfig with one context, named as the lab.
#[derive(Clone, Debug)]
pub struct Access {
    /// Path of the kubeconfig.
    pub kubeconfig: PathBuf,
    /// Bearer token, for service accounts.
    pub token: Option<String>,
}

/// What all kubeconfigs of a lab have in common.
pub(crate) struct Door {
    pub(crate) name: String,
    pub(crate) server: String,
    /// Path of the certificate authority's certificate.
    pub(crate) authority: PathBuf,
}

impl Door {
    /// A kubeconfig with a client certificate.
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

/// Writes a file for its owner only, atomically.
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
