//! No markers for later work, no macros for missing code, and no copies of sources that no build reads.

use super::Complaint;
use super::tree::Tree;

/// Spelt in two parts so that this file keeps its own rule.
const MARKERS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
const MACROS: [&str; 2] = [concat!("to", "do!"), concat!("unimplement", "ed!")];

/// Endings of what stands beside Rust in a `src`: data and pages that are embedded.
const EMBEDDED: [&str; 14] =
    ["css", "csv", "html", "js", "json", "jsonl", "md", "py", "rs", "sh", "svg", "txt", "types", "yaml"];

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    for file in tree.own_files() {
        if file.path.contains("/src/") && !EMBEDDED.iter().any(|ending| has_ending(&file.path, ending)) {
            let message = "nothing builds a file of this ending: delete it, or name the ending here";
            found.push(Complaint::new(&file.path, 1, message.to_owned()));
        }
        for (line, text) in file.lines() {
            let marker = MARKERS.iter().find(|marker| has_word(text, marker));
            found.extend(
                marker.map(|marker| Complaint::new(&file.path, line, format!("{marker}: finish it"))),
            );
        }
        if !file.is_rust() {
            continue;
        }
        for (line, code) in file.code_lines() {
            let stub = MACROS.iter().find(|stub| code.contains(*stub));
            found.extend(stub.map(|stub| Complaint::new(&file.path, line, format!("{stub}() is no code"))));
        }
    }
    found
}

fn has_ending(path: &str, ending: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, last)| last == ending)
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::{MACROS, MARKERS};

    #[test]
    fn markers_anywhere_macros_in_code_and_copies_beside_it() {
        for (path, text, expected) in [
            ("a.md", format!("- {}: later", MARKERS[0]), 1),
            ("a.rs", format!("// {}(x) later", MARKERS[1]), 1),
            ("a.rs", format!("fn a() {{ {}() }}", MACROS[0]), 1),
            ("a.rs", format!("fn a() {{ {}(\"b\") }}", MACROS[1]), 1),
            ("a.rs", format!("// the macro {} is not used", MACROS[0]), 0),
            ("a.md", format!("{}Ss", MARKERS[0]), 0),
            ("crates/a/src/lib.full", String::new(), 1),
            ("crates/a/src/lib.rs", String::new(), 0),
            ("crates/a/tests/calm.story", String::new(), 0),
            ("samples/third_party/a.yaml", format!("# {} theirs", MARKERS[0]), 0),
        ] {
            assert_eq!(super::complaints(&Tree::of(&[(path, &text)])).len(), expected, "{path} {text}");
        }
    }
}
