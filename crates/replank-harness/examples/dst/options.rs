//! What a run of seeds is asked to do.

#![expect(clippy::disallowed_types, reason = "a start that nobody chose is drawn by the machine")]

use std::env;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread;

use replank_harness::story::random;

/// A start that nobody chose lies between these: behind every seed that is on a list, where every strategy is drawn, and
/// short enough to copy.
const FRESH: (u64, u64) = (random::REPLACE_FROM, 10_000_000_000_000);

/// What was asked for.
pub(crate) struct Options {
    /// Number of seeds to run, counted up from `from`.
    pub(crate) seeds: u64,
    /// The first of them.
    pub(crate) from: u64,
    /// Whether the first was drawn by the machine.
    pub(crate) fresh: bool,
    /// How many run at once.
    pub(crate) threads: usize,
    /// The strategy of every group, where it is not the one that its seed draws.
    pub(crate) strategy: Option<String>,
    /// Whether each world and timeline is printed.
    pub(crate) show: bool,
}

impl Options {
    /// Reads the words of the command line.
    pub(crate) fn read() -> Result<Self, String> {
        let (mut seeds, mut from, mut new, mut show, mut strategy) = (None, None, None, false, None);
        let mut threads = thread::available_parallelism().map_or(2, usize::from);
        let mut words = env::args().skip(1);
        while let Some(word) = words.next() {
            if word == "--strategy" {
                strategy = Some(words.next().ok_or("--strategy needs a word")?);
                continue;
            }
            let mut number = |name: &str| {
                let text = words.next().ok_or(format!("{name} needs a number"))?;
                text.parse::<u64>().map_err(|error| format!("{name} {text}: {error}"))
            };
            match word.as_str() {
                "--seeds" => seeds = Some(number("--seeds")?),
                "--from" => from = Some(number("--from")?),
                "--new" => new = Some(number("--new")?),
                "--threads" => threads = number("--threads")?.max(1) as usize,
                "--show" => show = true,
                other => {
                    let accepted = "--seeds, --from, --new, --threads, --strategy or --show";
                    return Err(format!("{other}: expected {accepted}"));
                }
            }
        }
        let (seeds, from, fresh) = match (new, seeds, from) {
            (Some(new), None, None) => (new, drawn(), true),
            (Some(_), ..) => return Err("--new draws its seeds: leave --seeds and --from away".into()),
            (None, seeds, from) => (seeds.unwrap_or(100), from.unwrap_or(1), false),
        };
        if from.checked_add(seeds).is_none() {
            return Err(format!("--from {from}: at most {} with {seeds} seeds", u64::MAX - seeds));
        }
        Ok(Self { seeds, from, fresh, threads, strategy, show })
    }
}

/// A start that nobody chose. The seed of the machine's hash tables is its chance.
fn drawn() -> u64 {
    let (least, behind) = FRESH;
    least + RandomState::new().build_hasher().finish() % (behind - least)
}
