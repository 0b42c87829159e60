//! The rules of this repository that neither the compiler nor clippy checks. One file for each rule; a rule gets the
//! tree of texts and answers with complaints.

mod architecture;
mod bottom;
mod circles;
mod core_purity;
mod decisions;
mod docstrings;
mod ignored_tests;
mod length;
mod links;
mod module_doc;
pub(crate) mod modules;
mod names;
mod places;
mod repeatable;
pub(crate) mod source;
mod stories;
pub(crate) mod tree;
mod unfinished;

use crate::workspace::root;
use anyhow::{Result, bail};
use std::fmt;
use tree::Tree;

/// A violation of a rule, with its place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Complaint {
    path: String,
    /// Counted from 1.
    line: usize,
    message: String,
}

impl Complaint {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.message)
    }
}

type Rule = fn(&Tree) -> Vec<Complaint>;

/// Every rule with its name.
const RULES: &[(&str, Rule)] = &[
    ("length", length::complaints),
    ("module-doc", module_doc::complaints),
    ("docstrings", docstrings::complaints),
    ("names", names::complaints),
    ("unfinished", unfinished::complaints),
    ("ignored-tests", ignored_tests::complaints),
    ("places", places::complaints),
    ("core-purity", core_purity::complaints),
    ("repeatable", repeatable::complaints),
    ("decisions", decisions::complaints),
    ("bottom", bottom::complaints),
    ("circles", circles::complaints),
    ("stories", stories::complaints),
    ("architecture", architecture::complaints),
    ("links", links::complaints),
];

/// Applies every rule to the repository.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::read(&root())?;
    let found = apply(&tree);
    for (rule, complaint) in &found {
        println!("{complaint} [{rule}]");
    }
    if !found.is_empty() {
        bail!("{} complaints; the rules are described in xtask/src/tidy", found.len());
    }
    println!("{} rules hold in {} files", RULES.len(), tree.files().count());
    Ok(())
}

fn apply(tree: &Tree) -> Vec<(&'static str, Complaint)> {
    let mut found = Vec::new();
    for (name, rule) in RULES {
        found.extend(rule(tree).into_iter().map(|complaint| (*name, complaint)));
    }
    found
}

#[cfg(test)]
mod tests;
