//! The layout of an image on disk (OCI image layout 1.0): blobs by their digests, and an index that names the manifest.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

use super::layer::{Layer, digest};
use super::{BUNDLE, PROGRAM};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The file by which a directory is known as a layout.
const KNOWN_BY: &str = "oci-layout";

/// A layout that is being written.
pub(super) struct Layout {
    into: PathBuf,
    layers: Vec<Value>,
    inner: Vec<String>,
}

impl Layout {
    /// An empty one in a directory. What is there goes, but only if it is a layout.
    pub(super) fn empty(into: &Path) -> Result<Self> {
        if into.exists() {
            if !into.join(KNOWN_BY).is_file() {
                bail!(
                    "--output {}: something is there that is no image; name another directory",
                    into.display()
                );
            }
            fs::remove_dir_all(into).with_context(|| format!("cannot replace {}", into.display()))?;
        }
        fs::create_dir_all(into.join("blobs/sha256"))
            .with_context(|| format!("cannot make {}", into.display()))?;
        let layout = Self { into: into.to_owned(), layers: Vec::new(), inner: Vec::new() };
        layout.write(KNOWN_BY, &json!({"imageLayoutVersion": "1.0.0"}))?;
        Ok(layout)
    }

    /// Adds a layer on top.
    pub(super) fn add(&mut self, layer: Layer) -> Result<()> {
        let packed = layer.packed()?;
        self.layers.push(self.blob(LAYER, &packed.bytes)?);
        self.inner.push(packed.inner);
        Ok(())
    }

    /// Writes what the layers are; answers with the digest of the manifest.
    pub(super) fn end(self, version: &str, seconds: u64, user: &str) -> Result<String> {
        let labels = json!({
            "org.opencontainers.image.title": "replank",
            "org.opencontainers.image.description": "Replaces every node of a Kubernetes node group",
            "org.opencontainers.image.version": version,
            "org.opencontainers.image.licenses": "Apache-2.0",
        });
        let config = json!({
            "architecture": architecture()?,
            "os": "linux",
            "created": moment(seconds)?,
            "config": {
                "User": format!("{user}:{user}"),
                "Entrypoint": [format!("/{PROGRAM}")],
                "Env": [format!("SSL_CERT_FILE=/{BUNDLE}"), "HOME=/tmp", "PATH=/usr/bin"],
                "WorkingDir": "/",
                "Labels": labels,
            },
            "rootfs": {"type": "layers", "diff_ids": self.inner},
        });
        let config = self.blob(CONFIG, config.to_string().as_bytes())?;
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": self.layers,
            "annotations": labels,
        });
        let mut named = self.blob(MANIFEST, manifest.to_string().as_bytes())?;
        let found = named["digest"].as_str().unwrap_or_default().to_owned();
        named["annotations"] = json!({"org.opencontainers.image.ref.name": version});
        self.write("index.json", &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [named]}))?;
        Ok(found)
    }

    /// Writes a blob; answers with what describes it.
    fn blob(&self, kind: &str, bytes: &[u8]) -> Result<Value> {
        let named = digest(bytes);
        let path = self.into.join("blobs").join(named.replace(':', "/"));
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(json!({"mediaType": kind, "digest": named, "size": bytes.len()}))
    }

    fn write(&self, name: &str, value: &Value) -> Result<()> {
        let path = self.into.join(name);
        fs::write(&path, value.to_string()).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The machine, in the words of Go, as OCI has them.
fn architecture() -> Result<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("amd64"),
        "aarch64" => Ok("arm64"),
        other => bail!("images are made on x86_64 and aarch64, and this machine is {other}"),
    }
}

/// A time as RFC 3339 has it.
fn moment(seconds: u64) -> Result<String> {
    let given = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(given.with_context(|| format!("SOURCE_DATE_EPOCH: {seconds} is no time"))?.to_string())
}
