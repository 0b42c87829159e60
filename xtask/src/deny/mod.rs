//! The dependency policy, checked on what cargo resolved. Knows the table in `policy` and the graph, no network.
//!
//! Not `cargo-deny`: its `bans`, `licenses` and `sources` are the rules here, over the same `cargo metadata` and with the
//! same reader of SPDX expressions (`spdx`); the layers of our own crates are not in it, so the policy would stand in two
//! places. It is 173 crates (0.20.2) to build in each clean run of the tests, where this takes 0.6 s of a processor. What it
//! has and we lack, `advisories`, needs a database from outside; whoever has one runs `cargo deny check advisories` beside.

mod graph;
mod page;
mod policy;
mod real;
mod rules;
mod shape;
mod table;

use crate::tidy::tree::Tree;
use crate::workspace::{cargo, output, root};
use anyhow::{Context, Result, bail};
use graph::Graph;
use policy::POLICY;

/// Checks the resolved graph of the workspace against the policy.
pub(crate) fn run() -> Result<()> {
    let graph = read()?;
    let found = violations(&graph)?;
    for violation in &found {
        println!("{violation}");
    }
    if !found.is_empty() {
        bail!("{} violations; the policy with its reasons is xtask/src/deny/policy.rs", found.len());
    }
    println!("the policy holds for {} packages", graph.packages().count());
    Ok(())
}

/// What is wrong with the graph, with the modules of the command, and with the table that tells of the crates.
fn violations(graph: &Graph) -> Result<Vec<String>> {
    let tree = Tree::read(&root())?;
    let mut found = rules::violations(graph, &POLICY);
    found.extend(real::between_modules(&tree, &POLICY.apart));
    found.extend(table::violations(&tree, graph));
    Ok(found)
}

/// Prints the policy as a page.
pub(crate) fn describe() -> Result<()> {
    print!("{}", page::page(&POLICY)?);
    Ok(())
}

/// Covers every platform, not only the one this runs on. `cargo metadata` also shows optional packages that a weak
/// feature names and nobody switches on; what `cargo tree` does not print is built nowhere and left out.
fn read() -> Result<Graph> {
    let text = output(cargo(&["metadata", "--format-version", "1", "--locked"]))?;
    let json = serde_json::from_str(&text).context("cargo metadata printed something that is not JSON")?;
    let tree = ["tree", "--workspace", "--locked", "--target", "all", "--prefix", "none", "--format", "{p}"];
    let tree = output(cargo(&tree))?;
    let built = tree.lines().filter_map(|line| {
        let (name, rest) = line.split_once(" v")?;
        Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
    });
    let built = built.collect();
    let mut graph = Graph::parse(&json)?;
    graph.keep(&built);
    Ok(graph)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_workspace_keeps_the_policy() {
        let found = super::violations(&super::read().unwrap()).unwrap();
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }
}
