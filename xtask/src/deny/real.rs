//! No way from real clusters to the simulator: between crates, and between the modules of the command, which wires both.
//!
//! Who reaches a client of a real cluster or cloud and the simulator too is a bridge, and bridges are few and named.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Graph, Package};
use super::policy::Apart;
use super::rules::matches;
use crate::tidy::modules::{Module, module, named, paths};
use crate::tidy::tree::{File, Tree};

/// Every crate that reaches both and is no bridge, and every bridge that reaches one side at most.
pub(super) fn between_crates(graph: &Graph, apart: &Apart) -> Vec<String> {
    let mut found = Vec::new();
    for package in graph.packages().filter(|package| package.own) {
        let reached = graph.reachable(package, true);
        let one_of = |patterns: &[&str]| {
            let names = reached.values().map(|other| other.name.as_str());
            names.chain([package.name.as_str()]).find(|name| patterns.iter().any(|it| matches(it, name)))
        };
        let is_both = one_of(apart.real).zip(one_of(apart.simulator));
        match (is_both, bridge(package, apart)) {
            (Some((real, simulated)), None) => found.push(format!(
                "{} reaches {real} and {simulated}: what works on real clusters knows no simulator",
                package.name
            )),
            (None, Some(_)) => {
                found.push(format!("{} is no bridge to the simulator any more: remove it", package.name));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    found
}

fn bridge(package: &Package, apart: &Apart) -> Option<&'static str> {
    apart.bridges.iter().find(|(name, _)| *name == package.name).map(|(_, why)| *why)
}

/// Every way from the wiring of real clusters to a module that names the simulator, as a sentence.
pub(super) fn between_modules(tree: &Tree, apart: &Apart) -> Vec<String> {
    let files: Vec<&File> = tree.rust_below(apart.wiring_crate).collect();
    let modules: BTreeSet<Module> = files.iter().map(|file| module(&file.path)).collect();
    let by_module: BTreeMap<Module, &File> = files.iter().map(|file| (module(&file.path), *file)).collect();
    let is_below = |module: &Module, folder: &str| module.first().is_some_and(|first| first == folder);
    let mut before: BTreeMap<Module, Option<Module>> = BTreeMap::new();
    let mut open: Vec<Module> = modules.iter().filter(|it| is_below(it, apart.wiring)).cloned().collect();
    before.extend(open.iter().map(|module| (module.clone(), None)));
    while let Some(next) = open.pop() {
        let Some(file) = by_module.get(&next) else { continue };
        for to in named(file, &next, &modules).into_iter().chain(handed_on(file, &next, &modules)) {
            let is_door = apart.doors.iter().any(|(door, _)| is_below(&to, door));
            if !is_door && !before.contains_key(&to) {
                before.insert(to.clone(), Some(next.clone()));
                open.push(to);
            }
        }
    }
    let reached = before.keys().filter_map(|module| Some((module, by_module.get(module)?)));
    reached
        .filter_map(|(module, file)| {
            let named = simulated(file, apart)?;
            Some(format!("{} names {named}: {}", way(module, &before), apart.why))
        })
        .collect()
}

/// The modules below this one of which it hands something on.
fn handed_on(file: &File, from: &Module, modules: &BTreeSet<Module>) -> Vec<Module> {
    let below = modules.iter().filter(|it| it.len() == from.len() + 1 && it.starts_with(from));
    let below: Vec<_> = below.filter_map(|it| Some((it, format!("{}::", it.last()?)))).collect();
    let starts: Vec<&str> = below.iter().map(|(_, start)| start.as_str()).collect();
    let named = paths(file, &starts);
    let is_named = |start: &str| named.iter().any(|path| path.starts_with(start));
    below.iter().filter(|(_, start)| is_named(start)).map(|(module, _)| (*module).clone()).collect()
}

/// What a file names of the simulator.
fn simulated(file: &File, apart: &Apart) -> Option<String> {
    let roots = apart.simulator.iter().map(|name| format!("{}::", name.replace('-', "_")));
    let roots: Vec<String> = roots.collect();
    paths(file, &roots.iter().map(String::as_str).collect::<Vec<_>>()).into_iter().next()
}

/// The way by which a module was reached, from its beginning.
fn way(to: &Module, before: &BTreeMap<Module, Option<Module>>) -> String {
    let mut way = vec![to.join("/")];
    let mut at = to;
    while let Some(Some(from)) = before.get(at) {
        way.push(from.join("/"));
        at = from;
    }
    way.reverse();
    way.join(" -> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const APART: Apart = Apart {
        real: &["kube"],
        simulator: &["sim"],
        bridges: &[("kwok", "shows instances as nodes")],
        wiring_crate: "crates/x/src/",
        wiring: "real",
        doors: &[("rehearse", "a rehearsal")],
        why: "ask the bridge",
    };

    #[test]
    fn the_wiring_of_real_clusters_reaches_no_simulator_by_any_way() {
        for (files, expected) in [
            (&[("real/a.rs", "use crate::b::C;"), ("b.rs", "use formats::yaml::Doc;")][..], None),
            (&[("real/a.rs", "use sim::session::Session;")], Some("real/a names sim::session::Session")),
            (&[("real/a.rs", "use sim::{shared::Shared, time};")], Some("real/a names sim::shared::Shared")),
            (
                &[
                    ("real/a.rs", "use crate::b::C;"),
                    ("b.rs", "use super::d::e;"),
                    ("d.rs", "fn e(it: sim::world::World) {}"),
                ],
                Some("real/a -> b -> d names sim::world::World"),
            ),
            (
                &[
                    ("real/a.rs", "use crate::f::Told;"),
                    ("f/mod.rs", "mod t; pub(crate) use t::Told;"),
                    ("f/t.rs", "use sim::session::Told;"),
                ],
                Some("real/a -> f -> f/t names sim::session::Told"),
            ),
            (
                &[("real/a.rs", "use crate::rehearse::text;"), ("rehearse/text.rs", "use sim::session::S;")],
                None,
            ),
            (&[("real/a.rs", "fn f() {}"), ("demo/a.rs", "use sim::session::S;")], None),
            (&[("real/a.rs", "#[cfg(test)]\nmod tests { use sim::session::S; }")], None),
        ] {
            let files: Vec<(String, &str)> =
                files.iter().map(|(path, text)| (format!("crates/x/src/{path}"), *text)).collect();
            let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
            let found = between_modules(&Tree::of(&files), &APART);
            let expected: Vec<String> =
                expected.map(|it| format!("{it}: ask the bridge")).into_iter().collect();
            assert_eq!(found, expected, "{files:?}");
        }
    }
}
