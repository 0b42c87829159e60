//! A docstring of one line tells more than the name of its item does, and is not a question word.

use super::Complaint;
use super::tree::Tree;

/// Words that tell nothing beside a name.
const EMPTY: [&str; 27] = [
    "a", "all", "an", "and", "by", "every", "for", "in", "is", "it", "its", "of", "on", "one", "our", "that",
    "the", "their", "them", "these", "they", "this", "those", "to", "whether", "with", "are",
];
/// Words that only ask.
const QUESTIONS: [&str; 14] = [
    "from", "how", "long", "many", "not", "often", "since", "what", "when", "where", "which", "who", "whose",
    "why",
];

/// What may stand between the attributes of an item and its name.
const KEYWORDS: [&str; 14] = [
    "async", "const", "crate", "enum", "fn", "in", "mod", "pub", "static", "struct", "super", "trait",
    "type", "unsafe",
];

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    for file in tree.own_files().filter(|file| file.is_rust()) {
        let lines: Vec<&str> = file.lines().map(|(_, line)| line.trim()).collect();
        let code: Vec<String> =
            file.code_lines().into_iter().map(|(_, code)| code.trim().to_owned()).collect();
        for (index, text) in lines.iter().enumerate().filter_map(|(index, line)| Some((index, doc(line)?))) {
            let is_single = !(index > 0 && lines[index - 1].starts_with("///"))
                && lines.get(index + 1).is_some_and(|next| !next.starts_with("///"));
            let Some(name) = is_single.then(|| item(&code[index + 1..])).flatten() else { continue };
            let what = fault(text, name);
            found.extend(what.map(|what| Complaint::new(&file.path, index + 1, what)));
        }
    }
    found
}

/// The text of a docstring's line.
fn doc(line: &str) -> Option<&str> {
    line.strip_prefix("/// ")
}

/// What is wrong with the docstring `text` over an item of that name.
fn fault(text: &str, name: &str) -> Option<String> {
    let advice =
        "say meaning, unit, range, what None or zero means, or the source; a private item may go without";
    let (said, known) = (words(text), words(name));
    let telling: Vec<&String> = said.iter().filter(|word| !EMPTY.contains(&word.as_str())).collect();
    let asks = |word: &String| QUESTIONS.contains(&word.as_str());
    let repeats = |word: &String| known.iter().any(|part| singular(part) == singular(word));
    if !telling.is_empty() && telling.iter().all(|word| asks(word)) {
        return Some(format!("a question is no docstring for {name}: {advice}"));
    }
    let is_told = telling.iter().any(|word| !repeats(word) && !asks(word));
    (!is_told && !said.is_empty()).then(|| format!("the docstring only repeats the name {name}: {advice}"))
}

/// The name of the item that these lines of code begin with, after its attributes.
fn item(code: &[String]) -> Option<&str> {
    let mut open = 0_i32;
    for line in code {
        if open > 0 || line.starts_with("#[") {
            open += line.matches('[').count() as i32 - line.matches(']').count() as i32;
            continue;
        }
        let mut words =
            line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        return words.find(|word| !KEYWORDS.contains(word));
    }
    None
}

/// The words of a name or a sentence in lower case; `PodId` and `pod_id` are two words.
fn words(text: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for (c, next) in text.chars().zip(text.chars().skip(1).chain([' '])) {
        let begins =
            c.is_uppercase() && (before.is_lowercase() || before.is_uppercase() && next.is_lowercase());
        spaced.extend(begins.then_some(' '));
        spaced.push(c);
        before = c;
    }
    let parts = spaced.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

fn singular(word: &str) -> String {
    match (word.strip_suffix("ies"), word.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(stem)) if word.len() > 3 => stem.to_owned(),
        (None, _) => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    #[test]
    fn a_docstring_tells_more_than_the_name() {
        for (text, expected) in [
            ("/// Its group.\npub group: Group,", 1),
            ("/// The node groups.\nnode_groups: Vec<Group>,", 1),
            ("/// Which group.\ngroup: Group,", 1),
            ("/// How many.\ncount: u32,", 1),
            ("/// Why not.\nwhy: String,", 1),
            ("/// `maxUnavailable`.\nmax_unavailable: u32,", 1),
            ("/// A `StatefulSet`.\n#[derive(Clone)]\npub struct StatefulSet {", 1),
            ("/// Policies.\n#[serde(\n    skip\n)]\npub(crate) policy: Policy,", 1),
            ("/// This image.\nImage(String),", 1),
            ("/// All images.\npub async fn images() {}", 1),
            ("    /// In service.\n    InService,", 1),
            ("/// EKS: `maxUnavailable`.\nmax_unavailable: u32,", 0),
            ("/// Nodes still to be replaced.\nnodes: u32,", 0),
            ("/// The group.\n/// `None` before it is read.\ngroup: Option<Group>,", 0),
            ("/// Memory in MiB, as EC2 counts it.\nmemory_mib: u32,", 0),
            ("// The group.\ngroup: Group,", 0),
            ("const A: &str = \"\n/// The group.\ngroup\n\";", 0),
        ] {
            let text = format!("//! Doc.\n\n{text}\n");
            assert_eq!(super::complaints(&Tree::of(&[("a.rs", &text)])).len(), expected, "{text}");
        }
    }

    #[test]
    fn the_complaint_names_place_and_item() {
        let tree = Tree::of(&[("a.rs", "//! Doc.\n/// How.\npub how: How,\n")]);
        let found = super::complaints(&tree);
        assert!(
            found[0].to_string().starts_with("a.rs:2: a question is no docstring for how: "),
            "{}",
            found[0]
        );
    }
}
