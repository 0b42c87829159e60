//! The version of an add-on (EKS: `CreateAddon`, `UpdateAddon`): which there is for a cluster, and an update to it.

use replank_core::version::Minor;
use serde_json::{Map, Value};

use crate::catalogue::{addon_versions, addons, default_addon};
use crate::ports::clusters::Conflicts;
use crate::records::{self, AddOnMove, Change, Key, Kind, Owner, Param, PendingOperation, Update};
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

/// Key of the pending move of an add-on's software.
pub(crate) fn pending_key(cluster: &str, name: &str) -> Key {
    Key::new(Kind::PendingOperation, cluster, &format!("add-on {name}"))
}

/// Tag of the image that a version of an add-on runs: of kube-proxy the one without a shell, up to the minor where EKS
/// gave that up (EKS: managing kube-proxy).
pub(crate) fn tag(name: &str, version: &str, minor: Minor) -> String {
    if name == "kube-proxy" && minor.0 < 34 {
        version.replacen("-eksbuild", "-minimal-eksbuild", 1)
    } else {
        version.to_owned()
    }
}

/// Begins an update of an add-on that sets these members of its record, by the id `id`. Its version was checked with
/// [`version`]. Whoever called has to wake the reconciler, which lets the software follow and then the record.
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
    if change.get(&pending_key(cluster, name)).is_some() {
        let said = format!("Addon {name} of cluster {cluster} has an update in progress");
        return Err(Refusal::new(RefusalKind::InUse, said).of_cluster(cluster));
    }
    let given = |kind: &str| params.iter().find(|param| param.kind == kind).map(|param| param.value.as_str());
    let moving = AddOnMove {
        cluster: cluster.into(),
        add_on: name.into(),
        version: members.get("addonVersion").and_then(Value::as_str).unwrap_or_default().into(),
        update: Some(id.to_owned()),
        conflicts: match given("ResolveConflicts") {
            Some("OVERWRITE") => Conflicts::Overwrite,
            Some("PRESERVE") => Conflicts::Preserve,
            _ => Conflicts::Refuse,
        },
        members,
    };
    change.put(pending_key(cluster, name), records::written(&PendingOperation::AddOnVersion(moving)));
    addon["status"] = "UPDATING".into();
    addon["modifiedAt"] = seconds(now()).into();
    change.put(key, addon);
    let begun = Update::begun(id, "AddonUpdate", params);
    begun.clone().put(change, cluster, Owner::Addon(name.to_owned()));
    Ok(begun)
}
