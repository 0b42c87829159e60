//! Names of types and files have no endings that fit everything, such as manager or helper.

use super::Complaint;
use super::tree::Tree;

const EMPTY_ENDINGS: [&str; 9] =
    ["Manager", "Helper", "Helpers", "Util", "Utils", "Handler", "Data", "Info", "Impl"];

const EMPTY_FILES: [&str; 7] = ["util", "utils", "helper", "helpers", "common", "misc", "manager"];

const TYPE_WORDS: [&str; 4] = ["struct", "enum", "trait", "type"];

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    for file in tree.rust_below("") {
        let mut parts = file.path.trim_end_matches(".rs").split('/');
        if let Some(part) = parts.find(|part| EMPTY_FILES.contains(part)) {
            found.push(Complaint::new(
                &file.path,
                1,
                format!("a file named {part} says nothing: find the noun"),
            ));
        }
        for (line, code) in file.code_lines() {
            if let Some(name) =
                declared(&code).filter(|name| EMPTY_ENDINGS.iter().any(|end| name.ends_with(end)))
            {
                found.push(Complaint::new(&file.path, line, format!("the ending of {name} says nothing")));
            }
        }
    }
    found
}

/// The name of the type that this line declares.
fn declared(code: &str) -> Option<&str> {
    let mut words = code.split_whitespace().skip_while(|word| word.starts_with("pub") || *word == "crate)");
    let declares = words.next().is_some_and(|word| TYPE_WORDS.contains(&word));
    let name = declares.then(|| words.next())??;
    name.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    #[test]
    fn endings_and_file_names() {
        for (path, text, expected) in [
            ("a.rs", "pub(crate) struct PodManager<T> {", 1),
            ("a.rs", "    type Data = u8;", 1),
            ("a.rs", "enum Handler {", 1),
            ("a.rs", "struct Pod { data: Data }", 0),
            ("a.rs", "// struct PodManager", 0),
            ("a.rs", "struct Information;", 0),
            ("utils.rs", "", 1),
            ("common/mod.rs", "", 1),
            ("uncommon.rs", "", 0),
        ] {
            assert_eq!(super::complaints(&Tree::of(&[(path, text)])).len(), expected, "{path} {text}");
        }
    }
}
