//! The core decides and does nothing else. Its `clippy.toml` bans calls; this rule bans the crates and the words
//! that would let them in.

use super::Complaint;
use super::source::has_path;
use super::tree::Tree;

const MANIFEST: &str = "crates/replank-core/Cargo.toml";
const SOURCES: &str = "crates/replank-core/src/";

const CRATES: [&str; 2] = ["jiff", "thiserror"];

/// What may not be written, and what to do instead.
const BANNED: &[(&str, &str)] = &[
    ("async", "a decision waits for nothing"),
    ("await", "a decision waits for nothing"),
    ("serde", "records and wire forms live in the engine and beyond"),
    ("HashMap", "its order differs from run to run: BTreeMap"),
    ("HashSet", "its order differs from run to run: BTreeSet"),
    ("SystemTime", "time is an argument"),
    ("std::time::Instant", "time is an argument"),
    ("Instant::now", "time is an argument"),
    ("Timestamp::now", "time is an argument"),
    ("Zoned::now", "time is an argument"),
    ("std::env", "settings are arguments"),
    ("std::fs", "the core knows no files"),
    ("std::net", "the core knows no network"),
    ("std::process", "the core starts nothing"),
    ("std::thread", "a decision is one synchronous function"),
    ("println", "the core says what it means in its result"),
];

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    if let Some(manifest) = tree.get(MANIFEST) {
        let mut section = "";
        for (line, text) in manifest.lines() {
            if text.starts_with('[') {
                section = text.trim_matches(['[', ']']);
            }
            if let Some(name) = dependency(section, text).filter(|name| !CRATES.contains(name)) {
                let message = format!("the core may not use {name}, only {}", CRATES.join(" and "));
                found.push(Complaint::new(MANIFEST, line, message));
            }
        }
    }
    for file in tree.rust_below(SOURCES) {
        for (line, code) in file.code_lines() {
            let banned = BANNED.iter().filter(|(path, _)| has_path(&code, path));
            found.extend(
                banned.map(|(path, why)| {
                    Complaint::new(&file.path, line, format!("{path} in the core: {why}"))
                }),
            );
        }
    }
    found
}

/// The crate that this line of a manifest depends on, outside of tests.
fn dependency<'a>(section: &str, text: &'a str) -> Option<&'a str> {
    let kind = |name: &str| matches!(name, "dependencies" | "build-dependencies");
    if let Some(name) = text.trim_matches(['[', ']']).rsplit_once('.').filter(|_| text.starts_with('[')) {
        return name.0.rsplit('.').next().is_some_and(kind).then_some(name.1);
    }
    let entry = section.rsplit('.').next().is_some_and(kind) && !text.starts_with(['[', '#']);
    let name = text.split(['=', '.']).next().unwrap_or_default().trim();
    (entry && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::{MANIFEST, SOURCES};

    #[test]
    fn only_the_listed_crates() {
        for (text, expected) in [
            ("[dependencies]\njiff.workspace = true\nthiserror = \"2\"\n", 0),
            ("[dependencies]\nserde = { version = \"1\" }\n", 1),
            ("[dependencies.serde]\nversion = \"1\"\n", 1),
            ("[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n", 1),
            ("[build-dependencies]\ncc = \"1\"\n", 1),
            ("[dev-dependencies]\nproptest = \"1\"\n", 0),
            ("[dependencies]\n\n# serde is not here\n[lints]\nworkspace = true\n", 0),
        ] {
            assert_eq!(super::complaints(&Tree::of(&[(MANIFEST, text)])).len(), expected, "{text}");
        }
    }

    #[test]
    fn words_of_the_outside_in_code_only() {
        let path = format!("{SOURCES}a.rs");
        for (text, expected) in [
            ("pub async fn a() {}", 1),
            ("use std::collections::{BTreeMap, HashMap};", 1),
            ("let now = jiff::Timestamp::now();", 1),
            ("use std::fs::File;", 1),
            ("//! Knows no async, no serde and no HashMap.", 0),
            ("let text = \"async\"; let asynchronous = 1;", 0),
        ] {
            assert_eq!(super::complaints(&Tree::of(&[(&path, text)])).len(), expected, "{text}");
        }
    }
}
