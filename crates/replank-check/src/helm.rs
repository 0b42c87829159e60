//! Releases of Helm 3 and 4 in storage: base64 of gzipped JSON, in Secrets encoded once more (Helm:
//! `pkg/storage/driver`).

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::object::text;

/// Type of Secrets with releases.
pub const SECRET_TYPE: &str = "helm.sh/release.v1";
/// Prefix of their names.
const NAME: &str = "sh.helm.release.v1.";
/// Largest release when decompressed. At most 1 MiB is stored, and YAML is rarely compressed to less than a fiftieth.
const BYTES_MAX: u64 = 64 << 20;
/// Magic number of gzip. Very old releases are not compressed (Helm: `decodeRelease`).
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];

/// A release, as far as it decides what is in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Namespace of the release.
    pub namespace: String,
    /// Name of the release.
    pub name: String,
    /// Revision, from 1.
    pub revision: u32,
    /// Status, such as `deployed`.
    pub status: String,
    /// Its objects, as YAML.
    pub manifest: String,
    /// Its hooks, each with its name and its objects as YAML.
    pub hooks: Vec<(String, String)>,
}

/// Why a release cannot be read. Nothing of its content is repeated, since it may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// The object has no key `release`.
    #[error("it has no key `release`")]
    Empty,
    /// The value of its key `release` cannot be decoded.
    #[error("its key `release` is no base64")]
    Base64,
    /// What was decoded is not compressed as Helm compresses it.
    #[error("it cannot be unpacked: {0}")]
    Gzip(std::io::ErrorKind),
    /// Larger than 64 MiB when decompressed.
    #[error("it has more than {} MiB when unpacked", BYTES_MAX >> 20)]
    Large,
    /// Not the JSON of a release.
    #[error("its JSON is not that of a release (line {line}, column {column})")]
    Json {
        /// Line of the error, from 1.
        line: usize,
        /// Column of the error, from 1.
        column: usize,
    },
}

/// The members that are read; charts and values are skipped.
#[derive(Deserialize)]
struct Stored {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
    version: u32,
    #[serde(default)]
    info: Status,
    #[serde(default)]
    manifest: String,
    #[serde(default)]
    hooks: Option<Vec<Hook>>,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct Hook {
    #[serde(default)]
    name: String,
    #[serde(default)]
    manifest: String,
}

/// Whether an object is a Secret or `ConfigMap` with a release.
pub fn is_release(object: &Value) -> bool {
    match text(object, &["kind"]) {
        "Secret" => text(object, &["type"]) == SECRET_TYPE,
        "ConfigMap" => {
            text(object, &["metadata", "labels", "owner"]) == "helm"
                && text(object, &["metadata", "name"]).starts_with(NAME)
        }
        _ => false,
    }
}

/// Reads the release in a Secret or `ConfigMap`.
pub fn read(object: &Value) -> Result<Release, ReadError> {
    let stored = object["data"]["release"].as_str().ok_or(ReadError::Empty)?;
    let once = |text: &[u8]| STANDARD.decode(text.trim_ascii()).map_err(|_| ReadError::Base64);
    let inner = if text(object, &["kind"]) == "Secret" {
        once(stored.as_bytes())?
    } else {
        stored.as_bytes().to_vec()
    };
    let packed = once(&inner)?;
    let json = if packed.starts_with(&GZIP) { unpacked(&packed)? } else { packed };
    let wrong = |error: serde_json::Error| ReadError::Json { line: error.line(), column: error.column() };
    let stored: Stored = serde_json::from_slice(&json).map_err(wrong)?;
    let own =
        |named: String, path: &[&str]| if named.is_empty() { text(object, path).to_owned() } else { named };
    Ok(Release {
        namespace: own(stored.namespace, &["metadata", "namespace"]),
        name: own(stored.name, &["metadata", "labels", "name"]),
        revision: stored.version,
        status: own(stored.info.status, &["metadata", "labels", "status"]),
        manifest: stored.manifest,
        hooks: stored.hooks.unwrap_or_default().into_iter().map(|hook| (hook.name, hook.manifest)).collect(),
    })
}

fn unpacked(packed: &[u8]) -> Result<Vec<u8>, ReadError> {
    let mut json = Vec::with_capacity(packed.len() * 4);
    let read = GzDecoder::new(packed).take(BYTES_MAX + 1).read_to_end(&mut json);
    read.map_err(|error| ReadError::Gzip(error.kind()))?;
    if json.len() as u64 > BYTES_MAX { Err(ReadError::Large) } else { Ok(json) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;

    fn packed(bytes: &[u8]) -> String {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(bytes).unwrap();
        STANDARD.encode(gzip.finish().unwrap())
    }

    fn release() -> Value {
        json!({
            "name": "web", "namespace": "shop", "version": 3, "info": {"status": "deployed", "notes": "x"},
            "manifest": "---\nkind: A\n", "hooks": [{"name": "job", "manifest": "kind: B\n", "events": ["pre-upgrade"]}],
            "apply_method": "ssa", "chart": {"templates": [{"data": "x"}]},
        })
    }

    #[test]
    fn secrets_and_config_maps_hold_the_same() {
        let inner = packed(release().to_string().as_bytes());
        let secret =
            json!({"kind": "Secret", "type": SECRET_TYPE, "data": {"release": STANDARD.encode(&inner)}});
        let labels = json!({"owner": "helm"});
        let map = json!({
            "kind": "ConfigMap", "metadata": {"name": "sh.helm.release.v1.web.v3", "labels": labels}, "data": {"release": inner},
        });
        for object in [secret, map] {
            assert!(is_release(&object));
            let read = read(&object).unwrap();
            assert_eq!((read.namespace.as_str(), read.name.as_str(), read.revision), ("shop", "web", 3));
            assert_eq!(read.hooks, [("job".to_owned(), "kind: B\n".to_owned())]);
            assert_eq!(read.manifest, "---\nkind: A\n");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_without_its_content() {
        let bomb = packed(&vec![b' '; (BYTES_MAX + 2) as usize]);
        let cut = STANDARD.encode(&STANDARD.decode(packed(b"{\"version\": 1}")).unwrap()[..20]);
        for (release, wanted) in [
            (None, "it has no key `release`"),
            (Some("*".to_owned()), "its key `release` is no base64"),
            (Some(packed(b"secret words")), "its JSON is not that of a release (line 1, column 1)"),
            (Some(cut), "it cannot be unpacked: unexpected end of file"),
            (Some(bomb), "it has more than 64 MiB when unpacked"),
        ] {
            let stored = release.map(|release| STANDARD.encode(release));
            let secret = json!({"kind": "Secret", "type": SECRET_TYPE, "data": {"release": stored}});
            assert_eq!(read(&secret).unwrap_err().to_string(), wanted);
        }
    }
}
