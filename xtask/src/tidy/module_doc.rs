//! Every source file opens with `//!`, which says what it contains.

use super::Complaint;
use super::tree::Tree;

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    tree.rust_below("")
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| Complaint::new(&file.path, 1, "the file does not open with `//! ` and what it owns"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    #[test]
    fn the_first_line_counts() {
        for (text, expected) in
            [("//! Owns a.\n", 0), ("\n//! Owns a.\n", 1), ("use a;\n", 1), ("//!\n", 1), ("", 1)]
        {
            assert_eq!(super::complaints(&Tree::of(&[("a.rs", text)])).len(), expected, "{text:?}");
        }
    }
}
