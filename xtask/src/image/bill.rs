//! The bill of materials of an image (`CycloneDX` 1.5): every crate that is built into the program, and every library
//! beside it. It has neither time nor number, so that the same image has the same bill.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::libraries::Library;
use crate::workspace::{cargo, output};

/// The bill for the program and these libraries.
pub(super) fn of(libraries: &[Library]) -> Result<String> {
    let host = host()?;
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", host.as_str()];
    let metadata = serde_json::from_str(&output(cargo(&arguments))?).context("`cargo metadata`")?;
    Ok(format!("{:#}\n", bill(&metadata, libraries)?))
}

/// The platform of this machine, in the words of rustc.
fn host() -> Result<String> {
    let told = output({
        let mut rustc = std::process::Command::new("rustc");
        rustc.arg("-vV");
        rustc
    })?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}

fn bill(metadata: &Value, libraries: &[Library]) -> Result<Value> {
    let built = built(metadata)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let mut components = BTreeMap::new();
    let mut own = Value::Null;
    for package in
        packages.iter().filter(|package| package["id"].as_str().is_some_and(|id| built.contains(id)))
    {
        let (name, version) = (text(package, "name"), text(package, "version"));
        let url = format!("pkg:cargo/{name}@{version}");
        let kind = if name == "replank" { "application" } else { "library" };
        let mut component = json!({
            "type": kind, "name": name, "version": version, "purl": url, "bom-ref": url,
        });
        if let Some(license) = package["license"].as_str() {
            component["licenses"] = json!([{"expression": license.replace('/', " OR ")}]);
        }
        if name == "replank" {
            own = component;
        } else {
            components.insert(url, component);
        }
    }
    for (name, version) in libraries.iter().filter_map(|library| library.package.as_ref()) {
        let url = format!("pkg:deb/debian/{name}@{}", version.replace('+', "%2B"));
        let component =
            json!({"type": "library", "name": name, "version": version, "purl": url, "bom-ref": url});
        components.insert(url, component);
    }
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": components.into_values().collect::<Vec<_>>(),
    }))
}

/// What is built into the program: everything that it depends on but for tests and for building.
fn built(metadata: &Value) -> Result<BTreeSet<String>> {
    let nodes = metadata["resolve"]["nodes"].as_array().context("nothing is resolved")?;
    let by_id: BTreeMap<&str, &Value> =
        nodes.iter().filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let is_replank = |package: &&Value| package["name"] == "replank";
    let root = metadata["packages"].as_array().and_then(|all| all.iter().find(is_replank));
    let root = root.and_then(|root| root["id"].as_str()).context("there is no crate replank")?;
    let (mut seen, mut next) = (BTreeSet::new(), vec![root]);
    while let Some(id) = next.pop() {
        if !seen.insert(id.to_owned()) {
            continue;
        }
        let arrows = by_id.get(id).and_then(|node| node["deps"].as_array()).into_iter().flatten();
        let used = arrows.filter(|arrow| {
            arrow["dep_kinds"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
        });
        next.extend(used.filter_map(|arrow| arrow["pkg"].as_str()));
    }
    Ok(seen)
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_tests_alone_is_not_in_it() {
        let package =
            |name: &str| json!({"id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0"});
        let arrow = |to: &str, kind: Value| json!({"pkg": to, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "packages": [package("replank"), package("used"), package("deeper"), package("tested"), package("builds")],
            "resolve": {"nodes": [
                {"id": "replank", "deps": [arrow("used", Value::Null), arrow("tested", "dev".into()), arrow("builds", "build".into())]},
                {"id": "used", "deps": [arrow("deeper", Value::Null)]},
                {"id": "deeper", "deps": []}, {"id": "tested", "deps": []}, {"id": "builds", "deps": []},
            ]},
        });
        let found = bill(&metadata, &[]).unwrap();
        let names: Vec<&str> =
            found["components"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["deeper", "used"]);
        assert_eq!(found["metadata"]["component"]["name"], "replank");
        assert_eq!(found["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
    }
}
