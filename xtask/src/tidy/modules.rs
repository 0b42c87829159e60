//! Modules of a crate, and what a file of it names: paths in use declarations and in code.

use std::collections::BTreeSet;

use super::tree::File;

/// Sources of the crates of the embedded world.
pub(super) const WORLD: [&str; 5] = [
    "crates/replank-world/src/",
    "crates/replank-formats/src/",
    "crates/replank-components/src/",
    "crates/replank-rehearsal/src/",
    "crates/replank-harness/src/",
];

/// A module by the names on the way to it; none is the root.
pub(crate) type Module = Vec<String>;

/// Module path of a file.
pub(crate) fn module(path: &str) -> Module {
    let rest = path.split_once("/src/").map_or(path, |(_, rest)| rest).trim_end_matches(".rs");
    let mut parts: Module = rest.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

/// Modules of the same crate that a file names.
pub(crate) fn named(file: &File, from: &Module, modules: &BTreeSet<Module>) -> Vec<Module> {
    let paths = paths(file, &["crate::", "super::", "self::"]);
    let mut found: Vec<Module> = paths.iter().filter_map(|path| resolve(path, from, modules)).collect();
    found.sort();
    found.dedup();
    found
}

/// The paths in a file that begin with one of these words (`replank_world::`), those of one word after those of another;
/// groups in braces are told apart, tests left out.
pub(crate) fn paths(file: &File, starts: &[&str]) -> Vec<String> {
    let code: String = file.code_lines().into_iter().map(|(_, line)| line + "\n").collect();
    let code = code.split("mod tests {").next().unwrap_or_default();
    let mut paths = Vec::new();
    for (at, _) in starts.iter().flat_map(|start| code.match_indices(start)) {
        let before = code[..at].chars().next_back();
        if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':') {
            paths.extend(expand("", &code[at..]));
        }
    }
    paths
}

/// Paths that start here: one, or those of a group in braces.
fn expand(before: &str, text: &str) -> Vec<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(text.len());
    let path = format!("{before}{}", &text[..end]);
    let (true, Some(inner)) = (path.ends_with("::"), text[end..].strip_prefix('{')) else {
        return vec![path];
    };
    let (mut depth, mut start, mut paths) = (0_u32, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                paths.extend(expand(&path, inner[start..at].trim()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    paths
}

/// Innermost module of this crate in a path.
fn resolve(path: &str, from: &Module, modules: &BTreeSet<Module>) -> Option<Module> {
    let mut at = from.clone();
    let mut parts = path.split("::").filter(|part| !part.is_empty()).peekable();
    match parts.next()? {
        "crate" => at.clear(),
        "super" => {
            at.pop();
            while parts.next_if_eq(&"super").is_some() {
                at.pop();
            }
        }
        _ => {}
    }
    for part in parts {
        at.push(part.to_owned());
        if !modules.contains(&at) {
            at.pop();
            break;
        }
    }
    modules.contains(&at).then_some(at).filter(|module| !module.is_empty())
}
