//! Every story of `stories/` is told again and compared with its snapshot. `UPDATE_SNAPSHOTS=1` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use replank_harness::story::{Plain, Story, Telling, tell_story};

fn stories() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories");
    let mut found: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "story"))
        .collect();
    found.sort();
    found
}

/// The timeline of a story, with what was done against a law.
fn told(name: &str, text: &str) -> Result<String, String> {
    let story = Story::read(name, text).map_err(|refused| refused.to_string())?;
    let told = tell_story(&story, Telling::default(), &Plain)?;
    let violations: String = told.violations.iter().map(|violation| format!("{violation}\n")).collect();
    if violations.is_empty() { Ok(told.timeline) } else { Err(format!("{violations}{}", told.timeline)) }
}

/// The first line that differs, with the one that was expected.
fn difference(wanted: &str, got: &str) -> String {
    let (mut wanted, mut got) = (wanted.lines(), got.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (wanted.next(), got.next()) {
            (Some(one), Some(other)) if one == other => {}
            (None, None) => return "the ends of lines differ".to_owned(),
            (one, other) => {
                let show = |line: Option<&str>| line.unwrap_or("(the end)").to_owned();
                return format!("line {number}\n  was {}\n  is  {}", show(one), show(other));
            }
        }
    }
}

/// The first words that a story's `# Shows: …` lines promise and that do not stand in its timeline, behind those before.
fn unshown<'a>(text: &'a str, timeline: &str) -> Option<&'a str> {
    let mut lines = timeline.lines();
    let mut promised = text.lines().filter_map(|line| line.strip_prefix("# Shows: "));
    promised.find(|words| !lines.any(|line| line.contains(*words)))
}

#[test]
fn words_are_shown_in_their_order() {
    let text = "# A story.\n# Shows: marked\n# Shows: opened\nseed: 1\n";
    assert_eq!(unshown(text, "is marked\nis opened\n"), None);
    assert_eq!(unshown(text, "is opened\nis marked\n"), Some("opened"));
    assert_eq!(unshown(text, "is opened\n"), Some("marked"));
    assert_eq!(unshown("# Watch: nodes\n", ""), None);
}

#[test]
fn every_story_is_told_as_it_was() {
    let update = env::var_os("UPDATE_SNAPSHOTS").is_some();
    let only = env::var("STORY").unwrap_or_default();
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in stories() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.contains(&only) {
            continue;
        }
        count += 1;
        let text = fs::read_to_string(&path).unwrap();
        if !text.starts_with("# ") {
            wrong.push(format!("{name}: no comment at the top"));
        }
        let got = match told(&name, &text) {
            Ok(got) => got,
            Err(why) => {
                wrong.push(format!("{name}: {why}"));
                continue;
            }
        };
        if let Some(words) = unshown(&text, &got) {
            wrong.push(format!("{name}: its timeline does not show {words:?}"));
        }
        let snapshot = path.with_extension("snap");
        if update {
            fs::write(snapshot, got).unwrap();
            continue;
        }
        let wanted = fs::read_to_string(snapshot).unwrap_or_default();
        if wanted != got {
            wrong.push(format!("{name}: {}", difference(&wanted, &got)));
        }
    }
    assert!(count > 0, "no story");
    let many = wrong.len();
    assert!(wrong.is_empty(), "{many} of {count} stories:\n{}", wrong.join("\n"));
}
