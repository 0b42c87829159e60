//! No cyclic dependencies between the folders of a crate: a folder can be read after those it depends on.
//!
//! A folder is a directory of modules; files of the same folder may use each other, and a folder may use the files that
//! lie beside it in the folder above. Paths in use declarations and in code are followed, tests left out.

use std::collections::{BTreeMap, BTreeSet};

use super::Complaint;
use super::modules::{Module, module, named};
use super::tree::{File, Tree};

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut crates: BTreeMap<&str, Vec<&File>> = BTreeMap::new();
    for file in tree.rust_below("crates/") {
        if let Some((name, rest)) = file.path["crates/".len()..].split_once("/src/")
            && !rest.split('/').any(|part| part.trim_end_matches(".rs") == "tests")
        {
            crates.entry(name).or_default().push(file);
        }
    }
    let mut found = Vec::new();
    for (name, files) in crates {
        for knot in knots(&files) {
            let message = format!("folders lean on each other in a circle: {}", knot.join(", "));
            let first = format!("crates/{name}/src/{}", knot[0]);
            let file = files.iter().find(|file| file.path.starts_with(&first));
            found.push(Complaint::new(file.map_or(&first, |file| &file.path), 1, message));
        }
    }
    found
}

/// Sets of folders that depend on each other cyclically, each sorted.
fn knots(files: &[&File]) -> Vec<Vec<String>> {
    let modules: BTreeSet<Module> = files.iter().map(|file| module(&file.path)).collect();
    let folders: BTreeSet<Module> = files.iter().map(|file| directory(&file.path)).collect();
    let mut leans: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for file in files {
        let from = module(&file.path);
        for to in named(file, &from, &modules) {
            if let Some((one, other)) = apart(folder(&from, &folders), folder(&to, &folders)) {
                leans.entry(one).or_default().insert(other);
            }
        }
    }
    let reach: BTreeMap<&Module, BTreeSet<&Module>> =
        leans.keys().map(|folder| (folder, reached(folder, &leans))).collect();
    let mut seen = BTreeSet::new();
    let mut knots = Vec::new();
    for folder in leans.keys() {
        let is_mutual = |other: &&Module| reach.get(*other).is_some_and(|back| back.contains(folder));
        let knot: Vec<&Module> = reach[folder].iter().copied().filter(is_mutual).collect();
        if knot.len() > 1 && seen.insert(knot.clone()) {
            knots.push(knot.into_iter().map(|folder| folder.join("/")).collect());
        }
    }
    knots
}

/// All direct and indirect dependencies of a folder; itself if it is in a cycle.
fn reached<'a>(from: &Module, leans: &'a BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<&'a Module> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Module> = leans.get(from).into_iter().flatten().collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(leans.get(next).into_iter().flatten());
        }
    }
    found
}

/// Directory of a file.
fn directory(path: &str) -> Module {
    let rest = path.split_once("/src/").map_or(path, |(_, rest)| rest);
    let parts: Vec<&str> = rest.split('/').collect();
    parts[..parts.len() - 1].iter().map(|part| (*part).to_owned()).collect()
}

/// The folder of a module: its own, if it has one, else the one it lies in.
fn folder<'m>(module: &'m [String], folders: &BTreeSet<Module>) -> &'m [String] {
    if folders.contains(module) { module } else { &module[..module.len().saturating_sub(1)] }
}

/// Two folders as the first place where they differ; `None` when one lies in the other.
fn apart(one: &[String], other: &[String]) -> Option<(Module, Module)> {
    let same = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    (same < one.len() && same < other.len()).then(|| (one[..=same].to_vec(), other[..=same].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, &str)> =
            files.iter().map(|(path, text)| (format!("crates/x/src/{path}"), *text)).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        super::complaints(&Tree::of(&files)).into_iter().map(|complaint| complaint.message).collect()
    }

    #[test]
    fn folders_that_lean_on_each_other_are_named() {
        let there = [("a/mod.rs", "mod one;"), ("a/one.rs", "use crate::b::two::Two;"), ("b/mod.rs", "")];
        let back = |text| [("b/two.rs", text), ("c/mod.rs", ""), ("c/d.rs", "fn f() { crate::a::one::g() }")];
        for (text, expected) in [
            ("", vec![]),
            ("use super::mod_of_b;", vec![]),
            ("use crate::a::one::One;", vec!["a, b"]),
            ("use crate::{a::{one, other}, lib};", vec!["a, b"]),
            ("// use crate::a::one::One;", vec![]),
            ("fn f() { crate::c::d::e(); }", vec!["a, b, c"]),
            ("#[cfg(test)]\nmod tests { use crate::a::one::One; }", vec![]),
        ] {
            let files: Vec<_> = there.into_iter().chain(back(text)).collect();
            let expected: Vec<String> = expected
                .into_iter()
                .map(|knot| format!("folders lean on each other in a circle: {knot}"))
                .collect();
            assert_eq!(found(&files), expected, "{text}");
        }
    }

    #[test]
    fn files_of_one_folder_and_the_folder_above_are_no_circle() {
        let files = [
            ("a/mod.rs", "pub mod sub; use sub::deep::Deep;"),
            ("a/one.rs", "use super::two::Two; use super::sub::deep;"),
            ("a/two.rs", "use super::one::One;"),
            ("a/sub/mod.rs", ""),
            ("a/sub/deep.rs", "use crate::a::one::One;"),
        ];
        assert_eq!(found(&files), Vec::<String>::new());
    }
}
