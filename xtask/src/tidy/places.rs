//! Texts speak of the project alone: no paths of one machine, no addresses of package registries, no pictographs.

use super::Complaint;
use super::tree::Tree;

/// Directories of a machine; spelt in two parts so that this file keeps its own rule.
const MACHINE: [&str; 4] =
    [concat!("/wo", "rk"), concat!("/ro", "ot"), concat!("/home", "/"), concat!("/Us", "ers/")];

const REGISTRIES: [&str; 7] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("proxy.golang", ".org"),
    concat!("rubygems", ".org"),
];

/// Cargo writes the address of the registry into the lock file.
const EXEMPT: [&str; 1] = ["Cargo.lock"];

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    for file in tree.own_files().filter(|file| !EXEMPT.contains(&file.path.as_str())) {
        for (line, text) in file.lines() {
            let mut say = |message: String| found.push(Complaint::new(&file.path, line, message));
            if let Some(place) = MACHINE.iter().find(|place| names_path(text, place)) {
                say(format!("`{place}` is a path of one machine"));
            }
            if let Some(host) = REGISTRIES.iter().find(|host| text.contains(*host)) {
                say(format!("{host} is the address of a package registry"));
            }
            if let Some(sign) = text.chars().find(|c| is_pictograph(*c)) {
                say(format!("U+{:X} is a pictograph: use words", u32::from(sign)));
            }
        }
    }
    found
}

/// True when `place` stands in the text as the beginning of an absolute path.
fn names_path(text: &str, place: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}' | '/');
    text.match_indices(place).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + place.len()..].chars().next();
        let ends =
            place.ends_with('/') || !after.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        ends && !before.is_some_and(in_word)
    })
}

fn is_pictograph(c: char) -> bool {
    matches!(u32::from(c), 0x1F000..=0x1FAFF | 0xFE0F)
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::{MACHINE, REGISTRIES};

    #[test]
    fn paths_of_a_machine_registries_and_pictographs() {
        let (work, host) = (MACHINE[0], REGISTRIES[0]);
        for (text, expected) in [
            (format!("see {work}/design"), 1),
            (format!("`{work}`"), 1),
            (format!("cd {}", MACHINE[1]), 1),
            (format!("{}me/a", MACHINE[2]), 1),
            (format!("{work}loads and {work}-shop"), 0),
            (format!("frame{work}/a"), 0),
            (format!("https://{host}/crates/kube"), 1),
            ("done \u{1F389}".to_owned(), 1),
            ("done \u{2713}".to_owned(), 0),
        ] {
            assert_eq!(super::complaints(&Tree::of(&[("a.md", &text)])).len(), expected, "{text}");
        }
        assert_eq!(super::complaints(&Tree::of(&[("Cargo.lock", host)])), []);
    }
}
