//! A test that is not run says why.

use super::Complaint;
use super::tree::Tree;

/// Spelt in two parts so that this file keeps its own rule.
const BARE: &str = concat!("#[", "ignore]");

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    for file in tree.rust_below("") {
        let bare = file.code_lines().into_iter().filter(|(_, code)| code.replace(' ', "").contains(BARE));
        found.extend(
            bare.map(|(line, _)| Complaint::new(&file.path, line, "an ignored test without a reason")),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::BARE;

    #[test]
    fn a_reason_is_enough() {
        let reasoned = BARE.replace(']', " = \"needs a cluster\"]");
        for (text, expected) in [(BARE, 1), ("#[ ignore ]", 1), (reasoned.as_str(), 0), ("// #[ignore]", 0)] {
            assert_eq!(super::complaints(&Tree::of(&[("a.rs", text)])).len(), expected, "{text}");
        }
    }
}
