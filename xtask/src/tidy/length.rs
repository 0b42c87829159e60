//! No source file is longer than 400 lines. The length of functions is checked by clippy.

use super::Complaint;
use super::tree::Tree;

const LINES_MAX: usize = 400;

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let long = |lines: usize| format!("{lines} lines, at most {LINES_MAX}: find the two files in it");
    tree.rust_below("")
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(file, lines)| Complaint::new(&file.path, LINES_MAX + 1, long(lines)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    #[test]
    fn counts_every_line() {
        for (lines, expected) in [(400, 0), (401, 1)] {
            let tree = Tree::of(&[("a.rs", &"x\n".repeat(lines)), ("b.md", &"x\n".repeat(999))]);
            assert_eq!(super::complaints(&tree).len(), expected, "{lines} lines");
        }
    }
}
