//! Policy has one home. A function that decides outside of the core is a second policy in the making.

use super::Complaint;
use super::source::has_path;
use super::tree::Tree;

const ELSEWHERE: [&str; 3] = ["crates/replank-engine/src/", "crates/replank-sim/src/", "crates/replank/src/"];

/// Names under which the core answers what to do next, how many at once, and whether a pod may go.
const OF_THE_CORE: [&str; 4] = ["fn decide", "fn batch_size", "fn surge_increment", "fn parallelism"];

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    for file in ELSEWHERE.iter().flat_map(|directory| tree.rust_below(directory)) {
        for (line, code) in file.code_lines() {
            let second = OF_THE_CORE.iter().find(|name| has_path(&code, name));
            let say = |name: &&str| Complaint::new(&file.path, line, format!("`{name}` belongs to the core"));
            found.extend(second.map(say));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    #[test]
    fn only_the_core_decides() {
        for (path, text, expected) in [
            ("crates/replank-core/src/decide/mod.rs", "pub fn decide(", 0),
            ("crates/replank-engine/src/turn.rs", "fn decide(", 1),
            ("crates/replank-engine/src/turn.rs", "let decision = decide(&rollout);", 0),
            ("crates/replank-sim/src/a.rs", "fn decide_nothing(", 0),
        ] {
            assert_eq!(super::complaints(&Tree::of(&[(path, text)])).len(), expected, "{path} {text}");
        }
    }
}
