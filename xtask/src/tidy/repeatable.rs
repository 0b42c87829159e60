//! The same seed gives the same output: the embedded world uses no clock and no random numbers of the machine.

use super::Complaint;
use super::modules::WORLD;
use super::source::has_path;
use super::tree::Tree;

const BANNED: &[(&str, &str)] = &[
    ("SystemTime", "time is the world's"),
    ("Instant::now", "time is the world's"),
    ("Timestamp::now", "time is the world's"),
    ("Zoned::now", "time is the world's"),
    ("RandomState", "chance comes from the seed"),
    ("thread_rng", "chance comes from the seed"),
    ("getrandom", "chance comes from the seed"),
    ("rand::rng", "chance comes from the seed"),
    ("rand::random", "chance comes from the seed"),
    ("new_v4", "identifiers come from the seed"),
    ("now_v7", "identifiers come from the seed"),
    ("std::thread", "threads run in an order of their own"),
];

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    for file in WORLD.iter().flat_map(|directory| tree.rust_below(directory)) {
        for (line, code) in file.code_lines() {
            let banned = BANNED.iter().filter(|(path, _)| has_path(&code, path));
            found.extend(
                banned.map(|(path, why)| {
                    Complaint::new(&file.path, line, format!("{path} in the world: {why}"))
                }),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    #[test]
    fn clocks_and_chance_of_the_machine() {
        for (path, text, expected) in [
            ("crates/replank-world/src/a.rs", "let t = std::time::Instant::now();", 1),
            ("crates/replank-world/src/a.rs", "let id = Uuid::new_v4();", 1),
            ("crates/replank-world/src/a.rs", "let i = Instant::nowhere();", 0),
            ("crates/replank-harness/examples/bench.rs", "let t = Instant::now();", 0),
        ] {
            assert_eq!(super::complaints(&Tree::of(&[(path, text)])).len(), expected, "{path} {text}");
        }
    }
}
