//! A snapshot file in place of a cluster, and what is missing in it.

use std::fs;
use std::path::Path;

use anyhow::Result;
use replank_check::version::Version;
use replank_check::{Item, Origin};
use replank_formats::snapshot;

use super::Looked;
use crate::errors::bad;

/// What snapshots leave out, so that a missing finding is not taken for a good sign.
const LEFT_OUT: &str = "a snapshot has no managed fields, Helm releases, roles, services, webhooks, CRDs, APIServices and \
    ConfigMaps: what they would tell was not looked at; check the cluster itself, or its manifests with -f";

/// Reads a snapshot file.
pub(super) fn read(file: &Path, looked: &mut Looked) -> Result<()> {
    let wrong = |why: String| bad(format!("--snapshot {}: {why}", file.display()));
    let bytes = fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let taken = snapshot::read(&bytes).map_err(|error| wrong(error.to_string()))?;
    looked.at.push(format!("{} objects of a snapshot taken at {}", taken.objects.len(), taken.taken_at));
    looked.unseen.push(LEFT_OUT.to_owned());
    looked.subject.cluster = Version::parse(&taken.server);
    let live = taken.objects.into_iter().map(|object| Item { object, origin: Origin::Live });
    looked.subject.items.extend(live);
    Ok(())
}
