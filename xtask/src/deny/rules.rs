//! The rules of the policy over a graph: bans, versions, licenses, sources, layers. An exception that nothing needs is a
//! violation too, so that the policy says no more than it has to.

use super::graph::{Graph, Kind, Package};
use super::policy::{Layer, Policy};
use super::real;
use spdx::{Expression, ParseMode};
use std::collections::{BTreeMap, BTreeSet};

/// Every violation as a sentence.
pub(super) fn violations(graph: &Graph, policy: &Policy) -> Vec<String> {
    let mut found = banned(graph, policy);
    found.extend(versions(graph, policy));
    found.extend(licenses(graph, policy));
    found.extend(real::between_crates(graph, &policy.apart));
    found.extend(unreleased(graph));
    for package in graph.packages().filter(|package| package.own) {
        found.extend(unnamed(graph, package, policy));
        match policy.layers.iter().find(|layer| layer.name == package.name) {
            Some(layer) => found.extend(layer_kept(graph, package, layer, policy)),
            None => found.push(format!("{}: the policy has no layer for this crate of ours", package.name)),
        }
    }
    found
}

fn banned(graph: &Graph, policy: &Policy) -> Vec<String> {
    let reason = |package: &Package| policy.banned.iter().find(|(name, _)| *name == package.name);
    let named = graph.packages().filter_map(|package| Some((package, reason(package)?)));
    named
        .map(|(package, (name, why))| {
            format!("{name} is banned ({why}); brought in by {}", graph.users(package).join(", "))
        })
        .collect()
}

fn unnamed(graph: &Graph, package: &Package, policy: &Policy) -> Vec<String> {
    let mut named = graph.direct(package, Kind::Use);
    named.extend(graph.direct(package, Kind::Test));
    let reason = |other: &Package| policy.unnamed.iter().find(|(name, _)| *name == other.name);
    let wrong = named.iter().filter_map(|other| reason(other));
    wrong.map(|(name, why)| format!("{} may not name {name}: {why}", package.name)).collect()
}

fn versions(graph: &Graph, policy: &Policy) -> Vec<String> {
    let mut by_name: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in graph.packages() {
        by_name.entry(&package.name).or_default().push(package);
    }
    let several: BTreeSet<&str> =
        by_name.iter().filter(|(_, v)| v.len() > 1).map(|(name, _)| *name).collect();
    let excepted: BTreeSet<&str> = policy.several_versions.iter().map(|(name, _)| *name).collect();
    let mut found = Vec::new();
    for name in several.difference(&excepted) {
        let users = by_name[name].iter().map(|p| format!("{} for {}", p.version, graph.users(p).join(", ")));
        found.push(format!("{name} comes in several versions: {}", users.collect::<Vec<_>>().join("; ")));
    }
    for name in excepted.difference(&several) {
        found.push(format!("{name} comes in one version: remove its exception"));
    }
    found
}

fn licenses(graph: &Graph, policy: &Policy) -> Vec<String> {
    let foreign = graph.packages().filter(|package| !package.own);
    foreign
        .filter_map(|package| match &package.license {
            None => Some(format!("{} {} names no license", package.name, package.version)),
            Some(license) if allowed(license, policy.licenses) => None,
            Some(license) => Some(format!("{} {} is under {license}", package.name, package.version)),
        })
        .collect()
}

/// Whether an SPDX expression can be met by these licenses; also in the old form with a slash for `OR`.
fn allowed(expression: &str, licenses: &[&str]) -> bool {
    let read = Expression::parse_mode(expression, ParseMode::LAX);
    read.is_ok_and(|read| read.evaluate(|wanted| licenses.contains(&&*wanted.to_string())))
}

/// A package that is no release can change under its name.
fn unreleased(graph: &Graph) -> Vec<String> {
    let foreign = graph.packages().filter(|package| !package.own && !package.released);
    foreign
        .map(|package| {
            let users = graph.users(package).join(", ");
            format!("{} {} is no release of a registry; brought in by {users}", package.name, package.version)
        })
        .collect()
}

fn layer_kept(graph: &Graph, package: &Package, layer: &Layer, policy: &Policy) -> Vec<String> {
    let mut found = Vec::new();
    let (used, tested) = (graph.direct(package, Kind::Use), graph.direct(package, Kind::Test));
    let for_tests = |other: &Package| policy.for_tests.iter().any(|(name, _)| *name == other.name);
    let excepted = |other: &Package| {
        policy.in_tests.iter().any(|(user, name, _)| *user == package.name && *name == other.name)
    };
    let in_tests = tested.iter().filter(|other| !for_tests(other) && !excepted(other));
    for other in used.iter().chain(in_tests).filter(|other| other.own && other.name != package.name) {
        if !layer.below.contains(&other.name.as_str()) {
            found.push(format!("{} may not use {}: {}", layer.name, other.name, layer.why));
        }
    }
    for other in used.iter().filter(|other| !other.own) {
        if layer.only.is_some_and(|only| !only.contains(&other.name.as_str())) {
            found.push(format!("{} may not name {}: {}", layer.name, other.name, layer.why));
        }
    }
    let reached: BTreeSet<&str> =
        graph.reachable(package, true).into_values().map(|other| other.name.as_str()).collect();
    for name in reached.into_iter().filter(|name| layer.never.iter().any(|never| matches(never, name))) {
        found.push(format!("{} may never know {name}: {}", layer.name, layer.why));
    }
    found
}

pub(super) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests;
