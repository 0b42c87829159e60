//! `cargo xtask bench --against REV`: the embedded world of another revision and of this one, run in turn on the same
//! machine, and the ratio of each pair.
//!
//! The revision is checked out in a worktree below `target/against` and built with a target directory of its own there,
//! so that neither build disturbs the other. Each side runs its own example `bench` of `replank-harness`: what it was
//! asked, it prints as lines of a name and a number. Only names that both print are compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{fmt, fs};

use anyhow::{Context, Result, bail};

use super::machine::Machine;
use crate::workspace::{cargo, output, root, spell, succeed};

/// What is run when no part is named: words that `bench --only` takes, here the number of nodes.
const PARTS: [&str; 1] = ["5000"];
/// The kernel counts processor time in hundredths of a second for programs, whatever its own clock is (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;
const OWN: &str = "crates/replank-harness/examples/bench.rs";

/// Builds both revisions, runs `pairs` pairs of each part, and prints every pair.
pub(crate) fn run(revision: &str, pairs: u32, parts: &[String]) -> Result<()> {
    let other = Side::of(revision)?;
    let own = Side::own()?;
    let parts: Vec<&str> =
        if parts.is_empty() { PARTS.to_vec() } else { parts.iter().map(String::as_str).collect() };
    println!("{}\nbefore: {}, after: this tree\n", Machine::look(), other.name);
    for part in parts {
        let taken =
            (0..pairs).map(|_| Ok((other.take(part)?, own.take(part)?))).collect::<Result<Vec<_>>>()?;
        print!("{}", Table { part, pairs: &taken });
    }
    Ok(())
}

/// A built revision.
struct Side {
    name: String,
    program: PathBuf,
}

impl Side {
    fn of(revision: &str) -> Result<Self> {
        let mut asked = Command::new("git");
        asked.current_dir(root()).args([
            "rev-parse",
            "--verify",
            "--short",
            &format!("{revision}^{{commit}}"),
        ]);
        let name = output(asked).with_context(|| format!("--against {revision}: no such revision"))?;
        let name = name.trim().to_owned();
        let home = root().join("target/against");
        let tree = home.join(&name);
        if !tree.join(OWN).is_file() {
            fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
            let mut add = Command::new("git");
            add.current_dir(root()).args(["worktree", "add", "--force", "--detach"]).arg(&tree).arg(&name);
            succeed(add)?;
        }
        let target = home.join("build").join(&name);
        build(&tree, Some(&target)).map(|program| Self { name, program })
    }

    fn own() -> Result<Self> {
        build(&root(), None).map(|program| Self { name: "this tree".to_owned(), program })
    }

    /// Runs one part in a process of its own.
    fn take(&self, part: &str) -> Result<Numbers> {
        let mut command = Command::new(&self.program);
        command.args(["--only", part]);
        let before = children_seconds()?;
        let begun = Instant::now();
        let said = output(command).with_context(|| format!("{} cannot measure `{part}`", self.name))?;
        let wall = begun.elapsed().as_secs_f64();
        let mut numbers = Numbers::read(&said);
        numbers.0.insert("CPU of all, s".to_owned(), children_seconds()? - before);
        numbers.0.insert("wall clock of all, s".to_owned(), wall);
        Ok(numbers)
    }
}

/// Builds the measuring program of a tree; answers where it is.
fn build(tree: &Path, target: Option<&Path>) -> Result<PathBuf> {
    let mut command =
        cargo(&["build", "--locked", "--release", "-p", "replank-harness", "--example", "bench"]);
    command.current_dir(tree).args(["--message-format", "json-render-diagnostics"]);
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    println!("{} in {}", spell(&command), tree.display());
    let said = output(command)?;
    let built = said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let program = built
        .filter(|it| it["target"]["name"] == "bench")
        .find_map(|it| it["executable"].as_str().map(PathBuf::from));
    match program {
        Some(program) => Ok(program),
        None => bail!("cargo built no example `bench` in {}", tree.display()),
    }
}

/// Processor time of all children that ended so far, in seconds: `cutime` and `cstime` of `/proc/self/stat` (proc(5)).
fn children_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("cannot read /proc/self/stat")?;
    ended(&stat).context("cannot find the time of children in /proc/self/stat")
}

fn ended(stat: &str) -> Option<f64> {
    // The name of the program may hold blanks and brackets; the fields are counted after it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(13);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

/// What one run came to, by name.
struct Numbers(BTreeMap<String, f64>);

impl Numbers {
    /// Reads lines of a name and a number; other lines are left out.
    fn read(said: &str) -> Self {
        let one = |line: &str| {
            let (name, number) = line.rsplit_once(' ')?;
            Some((told(name), number.parse().ok()?))
        };
        Self(said.lines().filter_map(one).collect())
    }
}

/// What a name of the measuring program means.
fn told(name: &str) -> String {
    match name {
        "made" => "making the world, s".to_owned(),
        "plan" => "plan, projected, s".to_owned(),
        "rehearsed" => "plan, rehearsed, s".to_owned(),
        "seconds" => "update, s".to_owned(),
        "memory" => "peak memory, MiB".to_owned(),
        other => other.to_owned(),
    }
}

/// The pairs of one part, a row for each number that both sides print.
struct Table<'a> {
    part: &'a str,
    pairs: &'a [(Numbers, Numbers)],
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "| {} | pair | before | after | before / after |", self.part)?;
        writeln!(out, "| --- | ---: | ---: | ---: | ---: |")?;
        let names = self.pairs.first().into_iter().flat_map(|(before, _)| before.0.keys());
        for name in names {
            let of = |(before, after): &(Numbers, Numbers)| Some((*before.0.get(name)?, *after.0.get(name)?));
            for (number, (before, after)) in self.pairs.iter().filter_map(of).enumerate() {
                let ratio = before / after;
                let number = number + 1;
                writeln!(out, "| {name} | {number} | {before:.2} | {after:.2} | {ratio:.2} |")?;
            }
        }
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_children_stands_behind_the_name_of_the_program() {
        let stat = "17 (a (b) c) R 1 17 17 0 -1 4194304 10 20 0 0 5 6 1234 66 20 0 1 0 99 1 1";
        assert_eq!(ended(stat), Some(13.0));
        assert_eq!(ended("17 (short) R 1"), None);
    }

    #[test]
    fn each_pair_has_its_ratio_and_numbers_of_one_side_are_left_out() {
        let numbers = |text: &str| Numbers::read(text);
        let pairs = [
            (numbers("made 6\nseconds 20\nold 1"), numbers("made 2\nseconds 5\nnew 1")),
            (numbers("made 4\nseconds 30"), numbers("made 2\nseconds 6")),
        ];
        let told = Table { part: "500", pairs: &pairs }.to_string();
        let rows: Vec<&str> = told.lines().skip(2).take(4).collect();
        let wanted = [
            "| making the world, s | 1 | 6.00 | 2.00 | 3.00 |",
            "| making the world, s | 2 | 4.00 | 2.00 | 2.00 |",
            "| update, s | 1 | 20.00 | 5.00 | 4.00 |",
            "| update, s | 2 | 30.00 | 6.00 | 5.00 |",
        ];
        assert_eq!(rows, wanted);
    }
}
