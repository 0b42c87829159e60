//! The map of the code names places that exist.

use super::Complaint;
use super::tree::{File, Tree};

const MAP: &str = "ARCHITECTURE.md";

const ENDINGS: [&str; 9] = [".rs", ".md", ".toml", ".story", ".snap", ".yaml", ".sql", ".json", ".lock"];

/// Signs of a pattern or an expression rather than of one place.
const NO_PATH: [char; 9] = ['*', '{', '<', '(', ':', '=', '$', '"', '\\'];

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    for (line, text) in tree.get(MAP).into_iter().flat_map(File::lines) {
        for name in quoted(text).filter(|name| is_path(tree, name) && !exists(tree, name)) {
            found.push(Complaint::new(MAP, line, format!("`{name}` does not exist")));
        }
    }
    found
}

/// The words between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// A name is taken for a path when it ends as a file does, or begins or ends as a directory of ours does.
fn is_path(tree: &Tree, name: &str) -> bool {
    let plain = !name.starts_with('-') && !name.contains(NO_PATH) && !name.contains(char::is_whitespace);
    let first = name.split('/').next().unwrap_or_default();
    let known_top = name.contains('/') && (tree.has(first) || first == "crates");
    plain && (known_top || name.ends_with('/') || ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

/// A path counts from the root, or is the end of exactly such a path: `decide/drain.rs`.
fn exists(tree: &Tree, name: &str) -> bool {
    let tail = format!("/{}", name.trim_end_matches('/'));
    let below = format!("{tail}/");
    tree.has(name) || tree.paths().any(|path| path.ends_with(&tail) || path.contains(&below))
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::MAP;

    #[test]
    fn paths_are_told_from_other_quotes() {
        for (text, expected) in [
            ("`crates/a/src/lib.rs` and `crates/a/` and `crates/a`", 0),
            ("`src/lib.rs` and `lib.rs`", 0),
            ("`crates/b/src/lib.rs`", 1),
            ("`crates/b`", 1),
            ("`old.rs` then `gone/`", 2),
            ("`decide(&rollout)` and `shop/cart-0` and `pods/eviction` and `crates/*/src`", 0),
            ("crates/b/src/lib.rs without quotes", 0),
        ] {
            let tree = Tree::of(&[(MAP, text), ("crates/a/src/lib.rs", "")]);
            assert_eq!(super::complaints(&tree).len(), expected, "{text}");
        }
    }
}
