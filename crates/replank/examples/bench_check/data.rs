//! Files as a platform team has them: applications of five objects each, and releases of Helm as Secrets.

use std::io::Write as _;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::Outcome;

const APPLICATION: &str = include_str!("application.yaml");
const FILES: usize = 100;
/// Applications of a file; each has [`OBJECTS`] objects.
const APPLICATIONS: usize = 20;
const OBJECTS: usize = 5;
const RELEASES: usize = 500;
/// Every tenth budget is in policy/v1beta1.
const OLD_EVERY: usize = 10;
/// How many findings there are.
pub(crate) const PLANTED: usize = FILES * APPLICATIONS / OLD_EVERY + RELEASES / OLD_EVERY;

/// Writes them and says how many bytes they have.
pub(crate) fn write(directory: &Path) -> Outcome<usize> {
    assert_eq!(FILES * APPLICATIONS * OBJECTS, 10_000, "as many objects as are told");
    std::fs::create_dir_all(directory)?;
    let mut bytes = 0;
    for file in 0..FILES {
        let first = file * APPLICATIONS;
        let text: String = (first..first + APPLICATIONS).map(|index| application("web", index)).collect();
        bytes += text.len();
        std::fs::write(directory.join(format!("applications-{file:03}.yaml")), text)?;
    }
    let mut text = String::new();
    for index in 0..RELEASES {
        text += &release(index)?;
    }
    bytes += text.len();
    std::fs::write(directory.join("releases.yaml"), text)?;
    Ok(bytes)
}

/// A Deployment, a Service, a `ConfigMap`, a budget and a role.
fn application(name: &str, index: usize) -> String {
    let version = if index.is_multiple_of(OLD_EVERY) { "v1beta1" } else { "v1" };
    APPLICATION
        .replace("NAMESPACE", &format!("team-{}", index % 50))
        .replace("NAME", &format!("{name}-{index}"))
        .replace("VERSION", version)
}

fn release(index: usize) -> Outcome<String> {
    let (name, namespace) = (format!("release-{index}"), format!("team-{}", index % 50));
    let release = json!({
        "name": name, "namespace": namespace, "version": 1, "info": {"status": "deployed"},
        "manifest": application("release", index),
        "chart": {"metadata": {"name": "web", "version": "1.0.0"}, "templates": [{"name": "all", "data": "e30=".repeat(500)}]},
    });
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(release.to_string().as_bytes())?;
    let stored = STANDARD.encode(STANDARD.encode(packed.finish()?));
    Ok(format!(
        "---\napiVersion: v1\nkind: Secret\ntype: helm.sh/release.v1\nmetadata:\n  name: sh.helm.release.v1.{name}.v1\n  \
         namespace: {namespace}\n  labels: {{owner: helm, name: {name}, status: deployed, version: \"1\"}}\ndata:\n  \
         release: {stored}\n"
    ))
}
