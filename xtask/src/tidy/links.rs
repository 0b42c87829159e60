//! Links between our pages lead to an existing file, and to an existing heading when they name one.

use super::Complaint;
use super::tree::{File, Tree};

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    for page in tree.own_files().filter(|file| file.is_page()) {
        for (line, text) in prose(page) {
            for target in targets(&text).filter(|target| !is_outside(target)) {
                let wrong = broken(tree, page, target);
                found.extend(
                    wrong.map(|why| Complaint::new(&page.path, line, format!("link to {target}: {why}"))),
                );
            }
        }
    }
    found
}

/// The lines outside of code blocks, without what stands between backticks.
fn prose(page: &File) -> Vec<(usize, String)> {
    let mut in_block = false;
    let mut lines = Vec::new();
    for (line, text) in page.lines() {
        if text.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            lines.push((line, text.split('`').step_by(2).collect::<Vec<_>>().join("")));
        }
    }
    lines
}

/// What `](...)` and `[name]: ...` point at.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let inline = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let by_name =
        text.starts_with('[').then(|| text.split_once("]: ")).flatten().map(|(_, target)| target.trim());
    inline.chain(by_name)
}

fn is_outside(target: &str) -> bool {
    ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

/// Why the target cannot be reached from the page.
fn broken(tree: &Tree, page: &File, target: &str) -> Option<String> {
    let (path, heading) = match target.split_once('#') {
        Some((path, heading)) => (path, Some(heading)),
        None => (target, None),
    };
    let Some(place) = resolve(&page.path, path) else {
        return Some("leads out of the repository".to_owned());
    };
    if !tree.has(&place) {
        return Some("no such file".to_owned());
    }
    let heading = heading?;
    let file = tree.get(&place).filter(|file| file.is_page())?;
    let known = prose_headings(file).any(|known| known == heading);
    (!known).then(|| format!("{place} has no heading #{heading}"))
}

/// The path from the root; None when it leaves the root. An empty path is the page itself.
fn resolve(from: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(from.to_owned());
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Headings in the form that links to them have.
fn prose_headings(file: &File) -> impl Iterator<Item = String> {
    let mut in_block = false;
    file.text.lines().filter_map(move |line| {
        in_block ^= line.trim_start().starts_with("```");
        let title = line.trim_start_matches('#');
        (!in_block && title.starts_with(' ') && title.len() < line.len()).then(|| anchor(title.trim()))
    })
}

fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    #[test]
    fn files_and_headings() {
        for (text, expected) in [
            ("[a](guide/first.md) and [b](./guide/first.md#why-it-waits) and [c](guide)", 0),
            ("[a](guide/gone.md)", 1),
            ("[a](guide/first.md#gone)", 1),
            ("[a](#own-title)\n\n# Own `title`!", 0),
            ("[a](../../outside.md)", 1),
            ("[a](../README.md) ![b](guide/first.md \"title\")", 0),
            ("[a]: guide/gone.md", 1),
            ("[a](https://example.org/x) and `[a](gone.md)`\n```\n[a](gone.md)\n```", 0),
        ] {
            let tree = Tree::of(&[
                ("docs/page.md", text),
                ("docs/guide/first.md", "# First\n\n## Why it waits\n"),
                ("README.md", ""),
            ]);
            let found = super::complaints(&tree);
            assert_eq!(found.len(), expected, "{text}: {found:?}");
        }
    }
}
