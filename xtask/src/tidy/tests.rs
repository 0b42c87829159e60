//! The repository keeps its own rules, and each rule sees a violation planted in a directory on disk.

use super::tree::Tree;
use super::{RULES, apply};
use crate::workspace::root;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

#[test]
fn the_repository_is_tidy() {
    let tree = Tree::read(&root()).unwrap();
    let found: Vec<String> = apply(&tree).iter().map(|(rule, c)| format!("{c} [{rule}]")).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// One violation of each rule; the name of the rule comes first.
fn violations() -> Vec<(&'static str, &'static str, String)> {
    let doc = "//! Doc.\n";
    vec![
        ("length", "crates/a/src/long.rs", format!("{doc}{}", "// line\n".repeat(400))),
        ("module-doc", "crates/a/src/bare.rs", "fn a() {}\n".to_owned()),
        ("docstrings", "crates/a/src/said.rs", format!("{doc}/// Its pod.\nstruct Pod {{}}\n")),
        ("names", "crates/a/src/name.rs", format!("{doc}struct Pod{} {{}}\n", "Manager")),
        ("unfinished", "crates/a/src/half.rs", format!("{doc}fn a() {{ {}!() }}\n", "todo")),
        ("ignored-tests", "crates/a/src/slow.rs", format!("{doc}#[{}]\nfn a() {{}}\n", "ignore")),
        ("places", "notes.md", format!("see /{}/notes\n", "work")),
        ("core-purity", "crates/replank-core/src/lib.rs", format!("{doc}async fn a() {{}}\n")),
        ("repeatable", "crates/replank-world/src/a.rs", format!("{doc}fn a() {{ Instant::now(); }}\n")),
        ("decisions", "crates/replank-engine/src/a.rs", format!("{doc}pub fn decide() {{}}\n")),
        ("bottom", "crates/replank/src/errors.rs", format!("{doc}use crate::exit::Exit;\n")),
        ("circles", "crates/a/src/one/mod.rs", format!("{doc}use crate::two::B;\n")),
        ("stories", "crates/replank-harness/stories/lonely.story", "a story\n".to_owned()),
        ("architecture", "ARCHITECTURE.md", "`crates/nowhere/src/lib.rs`\n".to_owned()),
        ("links", "README.md", "[gone](docs/gone.md)\n".to_owned()),
    ]
}

#[test]
fn each_rule_sees_its_violation_on_disk() {
    let directory = Scratch::new();
    for (_, path, text) in violations() {
        directory.write(path, &text);
    }
    // A circle takes two.
    directory.write("crates/a/src/two/mod.rs", "//! Doc.\nuse crate::one::A;\n");
    let tree = Tree::read(&directory.0).unwrap();
    let found: BTreeSet<(&str, String)> =
        apply(&tree).into_iter().map(|(rule, complaint)| (rule, complaint.path)).collect();
    let planted: BTreeSet<(&str, String)> =
        violations().into_iter().map(|(rule, path, _)| (rule, path.to_owned())).collect();
    assert_eq!(found, planted);
    let covered: BTreeSet<&str> = planted.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(covered.len(), RULES.len(), "every rule has a planted violation");
}

/// A directory of its own that is removed when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let directory = std::env::temp_dir().join(format!("replank-tidy-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
