//! Every story has a snapshot of its timeline, and every snapshot its story.

use super::Complaint;
use super::tree::Tree;

const STORIES: &str = "crates/replank-harness/stories/";

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let lonely = |path: &str| {
        let (stem, ending) = path.strip_prefix(STORIES)?.rsplit_once('.')?;
        let partner = match ending {
            "story" => "snap",
            "snap" => "story",
            _ => return None,
        };
        let wanted = format!("{STORIES}{stem}.{partner}");
        (!tree.has(&wanted)).then(|| Complaint::new(path, 1, format!("{wanted} is missing")))
    };
    tree.paths().filter_map(lonely).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::STORIES;

    #[test]
    fn story_and_snapshot_come_in_pairs() {
        for (names, expected) in [
            (vec!["a.story", "a.snap"], 0),
            (vec!["a.story"], 1),
            (vec!["a.snap"], 1),
            (vec!["a.story", "b.snap"], 2),
            (vec!["README.md"], 0),
            (vec!["deep/a.story", "deep/a.snap"], 0),
        ] {
            let paths: Vec<String> = names.iter().map(|name| format!("{STORIES}{name}")).collect();
            let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "")).collect();
            assert_eq!(super::complaints(&Tree::of(&files)).len(), expected, "{names:?}");
        }
    }
}
