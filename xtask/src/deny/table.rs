//! The one table of the crates, in ARCHITECTURE.md: a row for every crate that cargo knows, with what it owns and what
//! it must never know, and no other row. CONTRIBUTING.md refers to it and keeps none of its own.

use std::collections::BTreeSet;

use super::graph::Graph;
use crate::tidy::tree::{File, Tree};

const MAP: &str = "ARCHITECTURE.md";
const GUIDE: &str = "CONTRIBUTING.md";
/// The head of the table.
const HEAD: &str = "| Crate | Owns | Must never know |";
/// How the guide refers to it.
const REFERENCE: &str = "(ARCHITECTURE.md#crates)";

/// Every difference between the table and the crates, as a sentence.
pub(super) fn violations(tree: &Tree, graph: &Graph) -> Vec<String> {
    let crates: BTreeSet<&str> =
        graph.packages().filter(|package| package.own).map(|package| package.name.as_str()).collect();
    let text = |path| tree.get(path).map_or("", |file: &File| &file.text);
    let rows = rows(text(MAP));
    let mut found = Vec::new();
    for name in &crates {
        match rows.iter().filter(|row| row.name == *name).count() {
            1 => {}
            0 => found.push(format!("{MAP}: crate {name} has no row in the table of the crates")),
            several => {
                found.push(format!("{MAP}: crate {name} has {several} rows in the table of the crates"));
            }
        }
    }
    for row in &rows {
        if !crates.contains(row.name) {
            found.push(format!(
                "{MAP}: the table of the crates has a row for {}, which is no crate",
                row.name
            ));
        }
        if row.owns.is_empty() || row.never.is_empty() {
            found.push(format!(
                "{MAP}: the row of {} does not say what it owns and must never know",
                row.name
            ));
        }
    }
    let guide = text(GUIDE);
    if !guide.contains(REFERENCE) {
        found.push(format!("{GUIDE}: does not refer to the table of the crates by {REFERENCE}"));
    }
    let second = |line: &&str| {
        line.starts_with("| `crates/") || crates.iter().any(|it| line.starts_with(&format!("| `{it}`")))
    };
    if let Some(line) = guide.lines().find(second) {
        found.push(format!("{GUIDE}: `{line}` tells of a crate a second time: the table is in {MAP}"));
    }
    found
}

/// A row of the table.
struct Row<'t> {
    name: &'t str,
    owns: &'t str,
    never: &'t str,
}

fn rows(map: &str) -> Vec<Row<'_>> {
    let table = map.lines().skip_while(|line| *line != HEAD).skip(2).take_while(|line| line.starts_with('|'));
    table
        .filter_map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            let name = cells.next()?.trim_matches('`');
            Some(Row {
                name,
                owns: cells.next().unwrap_or_default(),
                never: cells.next().unwrap_or_default(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::graph::Graph;
    use super::*;

    fn graph(names: &[&str]) -> Graph {
        let packages = names.iter().map(|name| {
            serde_json::json!({"id": name, "name": name, "version": "1", "license": null, "source": null})
        });
        let packages: Vec<_> = packages.collect();
        Graph::parse(&serde_json::json!({"packages": packages, "resolve": {"nodes": []}})).unwrap()
    }

    #[test]
    fn the_table_tells_of_every_crate_and_of_nothing_else() {
        let head = format!("{HEAD}\n| --- | --- | --- |\n");
        let guide = format!("[the table]{REFERENCE}");
        let (one, two) = ("| `a` | this | that |\n", "| `b` | this | - |\n");
        for (rows, guide, expected) in [
            (format!("{one}{two}\n| `c` | elsewhere | x |"), guide.clone(), None),
            (one.to_owned(), guide.clone(), Some("crate b has no row")),
            (format!("{one}{two}{two}"), guide.clone(), Some("crate b has 2 rows")),
            (
                format!("{one}{two}| `gone` | x | y |"),
                guide.clone(),
                Some("a row for gone, which is no crate"),
            ),
            (format!("{one}| `b` | this |  |"), guide.clone(), Some("the row of b does not say")),
            (format!("{one}{two}"), String::new(), Some("CONTRIBUTING.md: does not refer")),
            (format!("{one}{two}"), format!("{guide}\n| `crates/a` | x |"), Some("a second time")),
            (format!("{one}{two}"), format!("{guide}\n| `b` | x |"), Some("a second time")),
        ] {
            let map = format!("{head}{rows}");
            let tree = Tree::of(&[(MAP, &map), (GUIDE, &guide)]);
            let found = violations(&tree, &graph(&["a", "b"]));
            match expected {
                None => assert_eq!(found, Vec::<String>::new()),
                Some(expected) => {
                    assert!(found.len() == 1 && found[0].contains(expected), "{expected}: {found:?}");
                }
            }
        }
    }
}
