//! `DescribeAddonVersions` and `DescribeAddonConfiguration`, from the data file.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{EksError, Exception, Input, addon_schema, page};
use replank_service::catalogue::{AddonVersion, addons, cluster_version, default_addon};

/// `DescribeAddonVersions`, versions newest first.
pub(super) fn versions(input: &Input) -> Result<Value, EksError> {
    let listed = |name: &str, value: &str| {
        let wanted = input.texts(name);
        wanted.is_empty() || wanted.contains(&value)
    };
    let asked = input.given("addonName");
    if let Some(name) = asked.filter(|name| !addons().iter().any(|row| row.addon == *name)) {
        let said = format!("Addon {name} is not supported");
        return Err(EksError::new(Exception::ResourceNotFound, said).about("addonName", name));
    }
    let minor = input.given("kubernetesVersion");
    if let Some(minor) = minor {
        cluster_version(minor)?;
    }
    if !listed("publishers", "eks") || !listed("owners", "aws") {
        return Ok(json!({ "addons": [] }));
    }
    let mut by_addon: BTreeMap<&str, Vec<&AddonVersion>> = BTreeMap::new();
    for row in addons() {
        let wanted = asked.is_none_or(|name| name == row.addon)
            && minor.is_none_or(|minor| minor == row.minor.to_string())
            && listed("types", row.kind);
        if wanted {
            by_addon.entry(row.addon).or_default().push(row);
        }
    }
    let all: Vec<(&str, Value)> =
        by_addon.into_iter().map(|(name, rows)| (name, shown(name, &rows))).collect();
    let (all, token) = page::page(all, |(name, _)| name, input)?;
    let all: Vec<Value> = all.into_iter().map(|(_, shown)| shown).collect();
    Ok(page::output("addons", all.into(), token))
}

fn shown(name: &str, rows: &[&AddonVersion]) -> Value {
    let mut versions: Vec<&str> = Vec::new();
    for row in rows.iter().rev() {
        if !versions.contains(&row.version) {
            versions.push(row.version);
        }
    }
    let versions = versions.into_iter().map(|version| {
        let fits = rows.iter().filter(|row| row.version == version);
        let compatibilities = fits.map(|row| {
            let default = default_addon(name, row.minor).is_some_and(|default| default.version == version);
            json!({ "clusterVersion": row.minor.to_string(), "platformVersions": ["*"], "defaultVersion": default })
        });
        json!({
            "addonVersion": version,
            "architecture": ["amd64", "arm64"],
            "computeTypes": ["ec2"],
            "compatibilities": compatibilities.collect::<Vec<_>>(),
            "requiresConfiguration": false,
            "requiresIamPermissions": name == "vpc-cni",
        })
    });
    json!({
        "addonName": name,
        "type": rows.first().map_or("", |row| row.kind),
        "addonVersions": versions.collect::<Vec<_>>(),
        "publisher": "eks",
        "owner": "aws",
        "defaultNamespace": "kube-system",
    })
}

/// `DescribeAddonConfiguration`.
pub(super) fn configuration(input: &Input) -> Result<Value, EksError> {
    let (name, version) = (input.text("addonName"), input.text("addonVersion"));
    if !addons().iter().any(|row| row.addon == name && row.version == version) {
        let said = format!("Addon {name} has no version {version}");
        return Err(EksError::new(Exception::ResourceNotFound, said).about("addonName", name));
    }
    let schema = addon_schema::of(name);
    Ok(json!({ "addonName": name, "addonVersion": version, "configurationSchema": schema.to_string() }))
}
