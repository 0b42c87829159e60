//! The version of an add-on (EKS: `CreateAddon`, `UpdateAddon`): which there is for a cluster, and an update to it.

use replank_core::version::Minor;
use serde_json::{Map, Value};

use crate::catalogue::{addon_versions, addons, default_addon};
use crate::records::{Change, Key, Kind, Owner, Param, Update, UpdateStatus};
use crate::refusal::{Refusal, RefusalKind};
use crate::service::{now, seconds};

/// The version that is asked for, or the default one; it has to be there for the cluster's minor.
pub fn version(
    change: &Change<'_>,
    cluster: &str,
    name: &str,
    asked: Option<&str>,
) -> Result<String, Refusal> {
    let record =
        change.get(&Key::new(Kind::Cluster, "", cluster)).ok_or_else(|| Refusal::no_cluster(cluster))?;
    let minor = record["version"].as_str().and_then(Minor::parse).unwrap_or(Minor(0));
    if !addons().iter().any(|row| row.addon == name) {
        return Err(Refusal::invalid(format!("Addon {name} is not supported")));
    }
    match (asked, default_addon(name, minor)) {
        (Some(version), _) if addon_versions(name, minor).contains(&version) => Ok(version.to_owned()),
        (None, Some(default)) => Ok(default.version.to_owned()),
        (Some(_), _) => Err(Refusal::invalid("Addon version specified is not supported")),
        (None, None) => {
            Err(Refusal::invalid(format!("Addon {name} is not supported in {minor} kubernetes version")))
        }
    }
}

/// Lays members over the record of an add-on and records the update that does so, by the id `id`. Its version was
/// checked with [`version`].
pub fn change_addon(
    change: &mut Change<'_>,
    cluster: &str,
    name: &str,
    members: Map<String, Value>,
    params: Vec<Param>,
    id: &str,
) -> Result<Update, Refusal> {
    let key = Key::new(Kind::Addon, cluster, name);
    let missing =
        || Refusal::new(RefusalKind::NotFound, format!("No addon: {name} found in cluster: {cluster}"));
    let mut addon = change.get(&key).ok_or_else(missing)?;
    for (member, value) in members {
        addon[member.as_str()] = value;
    }
    addon["modifiedAt"] = seconds(now()).into();
    change.put(key, addon);
    let begun = Update::begun(id, "AddonUpdate", params);
    let done = Update { status: UpdateStatus::Successful, ..begun.clone() };
    done.put(change, cluster, Owner::Addon(name.to_owned()));
    Ok(begun)
}
