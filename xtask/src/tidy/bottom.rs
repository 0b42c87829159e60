//! The command's modules that all others stand on name none of them: they can be read first and moved alone.

use super::Complaint;
use super::modules::paths;
use super::tree::Tree;

/// Where they lie.
const COMMAND: &str = "crates/replank/src/";
/// Errors, output, signals, threads, faults for tests.
const BOTTOM: [&str; 5] = ["errors", "interrupt", "printer", "probe", "runtime"];

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    for name in BOTTOM {
        let path = format!("{COMMAND}{name}.rs");
        let upwards =
            tree.get(&path).and_then(|file| paths(file, &["crate::", "super::"]).into_iter().next());
        found.extend(
            upwards.map(|up| Complaint::new(&path, 1, format!("{name} is at the bottom, and names {up}"))),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    #[test]
    fn what_all_stand_on_stands_on_nothing() {
        for (path, text, expected) in [
            ("crates/replank/src/interrupt.rs", "use std::io; use signal_hook::flag;", 0),
            ("crates/replank/src/interrupt.rs", "use crate::printer::Printer;", 1),
            ("crates/replank/src/errors.rs", "fn f() { crate::exit::Exit::Done; }", 1),
            ("crates/replank/src/errors.rs", "use super::exit::Exit;", 1),
            ("crates/replank/src/exit.rs", "use crate::errors::BadInput;", 0),
        ] {
            assert_eq!(super::complaints(&Tree::of(&[(path, text)])).len(), expected, "{path} {text}");
        }
    }
}
