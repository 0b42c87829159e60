//! The packages and arrows that cargo resolved, read from `cargo metadata`.

use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Why one package depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Part of what is built for use; build scripts count as such.
    Use,
    /// Only tests, examples and benches.
    Test,
}

/// One version of one package.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    /// The SPDX expression of the manifest.
    pub(super) license: Option<String>,
    /// True for the crates of this repository.
    pub(super) own: bool,
    /// Whether it was released to a registry, which never changes a version; a branch of git is no release.
    pub(super) released: bool,
    arrows: BTreeSet<(Kind, String)>,
}

/// Packages by cargo's identifier.
#[derive(Debug)]
pub(super) struct Graph(BTreeMap<String, Package>);

impl Graph {
    pub(super) fn parse(json: &Value) -> Result<Self> {
        let mut packages = BTreeMap::new();
        for package in list(json, "packages")? {
            let read = Package {
                name: text(package, "name")?,
                version: text(package, "version")?,
                license: package["license"].as_str().map(str::to_owned),
                own: package["source"].is_null(),
                released: package["source"].as_str().is_some_and(|source| source.starts_with("registry+")),
                arrows: BTreeSet::new(),
            };
            packages.insert(text(package, "id")?, read);
        }
        for node in list(&json["resolve"], "nodes")? {
            let id = text(node, "id")?;
            let package = packages.get_mut(&id).with_context(|| format!("node {id} is no package"))?;
            for arrow in list(node, "deps")? {
                let target = text(arrow, "pkg")?;
                let kinds = list(arrow, "dep_kinds")?.iter().map(|kind| match kind["kind"].as_str() {
                    Some("dev") => Kind::Test,
                    _ => Kind::Use,
                });
                package.arrows.extend(kinds.map(|kind| (kind, target.clone())));
            }
        }
        Ok(Self(packages))
    }

    /// Drops every package of another name and version than these, and the arrows to it.
    pub(super) fn keep(&mut self, built: &BTreeSet<(String, String)>) {
        let dropped: BTreeSet<String> = self
            .0
            .iter()
            .filter(|(_, package)| !built.contains(&(package.name.clone(), package.version.clone())))
            .map(|(id, _)| id.clone())
            .collect();
        self.0.retain(|id, _| !dropped.contains(id));
        for package in self.0.values_mut() {
            package.arrows.retain(|(_, target)| !dropped.contains(target));
        }
    }

    pub(super) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.0.values()
    }

    /// What the package names in its manifest.
    pub(super) fn direct(&self, package: &Package, kind: Kind) -> Vec<&Package> {
        package.arrows.iter().filter(|(k, _)| *k == kind).filter_map(|(_, id)| self.0.get(id)).collect()
    }

    /// Everything that the package brings in, by whatever way; with the tests of the package itself or without.
    pub(super) fn reachable<'a>(
        &'a self,
        package: &'a Package,
        with_tests: bool,
    ) -> BTreeMap<&'a str, &'a Package> {
        let mut found = BTreeMap::new();
        let mut open: Vec<&str> = Vec::new();
        let first = package.arrows.iter().filter(|(kind, _)| with_tests || *kind == Kind::Use);
        open.extend(first.map(|(_, id)| id.as_str()));
        while let Some(id) = open.pop() {
            let Some(next) = self.0.get(id) else { continue };
            if found.insert(id, next).is_none() {
                open.extend(
                    next.arrows.iter().filter(|(kind, _)| *kind == Kind::Use).map(|(_, id)| id.as_str()),
                );
            }
        }
        found
    }

    /// The packages that name this one in their manifest.
    pub(super) fn users(&self, of: &Package) -> Vec<String> {
        let uses = |package: &&Package| {
            let mut targets = package.arrows.iter().filter_map(|(_, id)| self.0.get(id));
            targets.any(|target| std::ptr::eq(target, of))
        };
        self.packages().filter(uses).map(|package| format!("{} {}", package.name, package.version)).collect()
    }
}

fn list<'a>(json: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    json[key].as_array().with_context(|| format!("cargo metadata has no list `{key}`"))
}

fn text(json: &Value, key: &str) -> Result<String> {
    json[key].as_str().map(str::to_owned).with_context(|| format!("cargo metadata has no text `{key}`"))
}
