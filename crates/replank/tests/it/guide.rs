//! What the README and the guide show is what the command prints.
//!
//! A comment `<!-- file: NAME -->` gives the next block a name, under which the commands find it. A comment
//! `<!-- output of: replank ... -->` stands before what the command prints, standard error first; behind a `|` it may
//! say how many are shown, such as `12 lines`, and from which on, such as `12 lines from The update`. `UPDATE_SNAPSHOTS=1` writes the blocks anew.
//! A comment `<!-- run -->` stands before commands that are run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tool::{Scratch, ended, run_in};

const FENCE: &str = "```";

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let guide = std::fs::read_dir(root.join("docs/guide")).expect("the guide");
    let mut pages: Vec<_> = guide.map(|entry| entry.expect("a page").path()).collect();
    pages.sort();
    pages.insert(0, root.join("README.md"));
    pages
}

/// What stands between `from` and `to` in a line that is a comment.
fn comment<'l>(line: &'l str, from: &str) -> Option<&'l str> {
    line.strip_prefix(from)?.strip_suffix(" -->")
}

/// What the command prints, as far as it is shown.
fn printed(scratch: &Scratch, asked: &str) -> Vec<String> {
    let (command, shown) = asked.split_once(" | ").unwrap_or((asked, ""));
    let arguments = command.strip_prefix("replank ").expect("a command of replank");
    let ran = run_in(scratch.path(), arguments);
    let lines = (ran.err + &ran.out).lines().map(str::to_owned).collect::<Vec<_>>();
    let Some((count, first)) = shown.split_once(" lines") else { return lines };
    let first = first.trim_start_matches(" from ");
    let shown = lines.into_iter().skip_while(|line| !line.starts_with(first));
    shown.take(count.parse().expect("a number of lines")).collect()
}

/// The page with the blocks that its commands print, and how many there are.
fn as_printed(text: &str, scratch: &Scratch) -> (String, usize) {
    let mut lines = text.lines().peekable();
    let (mut page, mut count) = (Vec::<String>::new(), 0);
    while let Some(line) = lines.next() {
        page.push(line.to_owned());
        let (file, asked) = (comment(line, "<!-- file: "), comment(line, "<!-- output of: "));
        if file.is_none() && asked.is_none() {
            continue;
        }
        while let Some(blank) = lines.next_if(|line| line.is_empty()) {
            page.push(blank.to_owned());
        }
        page.push(lines.next().filter(|line| line.starts_with(FENCE)).expect("a block").to_owned());
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != FENCE).collect();
        match (file, asked) {
            (Some(name), _) => {
                scratch.write(name, block.join("\n") + "\n");
                page.extend(block.into_iter().map(str::to_owned));
            }
            (None, asked) => {
                page.extend(printed(scratch, asked.unwrap_or_default()));
                count += 1;
            }
        }
        page.push(FENCE.to_owned());
    }
    (page.join("\n") + "\n", count)
}

#[test]
fn the_guide_shows_what_the_command_prints() {
    let mut shown = 0;
    for page in pages() {
        let name = page.file_name().expect("a name").to_string_lossy().into_owned();
        let scratch = Scratch::new(&format!("guide-{name}"));
        let text = std::fs::read_to_string(&page).expect("a page");
        let (printed, count) = as_printed(&text, &scratch);
        shown += count;
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&page, printed).expect("written");
        } else {
            assert_eq!(text, printed, "{name}: UPDATE_SNAPSHOTS=1 writes it anew");
        }
    }
    assert!(shown >= 4, "only {shown} blocks are checked");
}

/// The blocks of a page that stand behind `<!-- run -->`, in their order.
fn run_blocks(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let mut blocks = Vec::new();
    while lines.any(|line| line == "<!-- run -->") {
        assert!(lines.next().is_some_and(|line| line.starts_with(FENCE)), "a block follows");
        blocks.push(lines.by_ref().take_while(|line| *line != FENCE).collect::<Vec<_>>().join("\n"));
    }
    blocks
}

/// They are run as they would be pasted, one after the other into one shell, and none may fail.
#[test]
fn blocks_of_commands_run_as_they_are_pasted() {
    let program =
        Path::new(env!("CARGO_BIN_EXE_replank")).parent().expect("a directory").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut count = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        let blocks = run_blocks(&text);
        // A page that brings files of its own has a test of its own.
        if blocks.is_empty() || text.contains("<!-- file: ") {
            continue;
        }
        count += blocks.len();
        let name = page.file_name().expect("a name").to_string_lossy().into_owned();
        let scratch = Scratch::new(&format!("pasted-{name}"));
        let script = format!("set -e\ntrap 'kill $(jobs -p)' EXIT\n{}\n", blocks.join("\n"));
        let mut shell = Command::new("timeout");
        shell.args(["300", "bash", "-c", &script]).current_dir(scratch.path()).stdin(Stdio::null());
        shell.env("PATH", format!("{program}:{path}")).env("HOME", scratch.path());
        shell.env("XDG_STATE_HOME", scratch.path().join("state")).env("AWS_PAGER", "");
        for variable in ["AWS_ENDPOINT_URL", "REPLANK_ENDPOINT", "AWS_CA_BUNDLE", "KUBECONFIG"] {
            shell.env_remove(variable);
        }
        let ran = ended(shell.output());
        assert_eq!(ran.code, Some(0), "{name}: {}\n{}", ran.out, ran.err);
    }
    assert!(count >= 8, "only {count} blocks are run");
}

#[test]
fn links_of_the_pages_lead_somewhere() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for (_, after) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            let link = after.split([')', '#']).next().unwrap_or_default();
            if link.is_empty() || link.starts_with("http") {
                continue;
            }
            let there = page.parent().expect("a directory").join(link);
            assert!(there.exists(), "{}: {link}", page.display());
        }
    }
}
