//! Samples, bent: bytes flipped, cut, doubled, spliced, and JSON rewritten as a tree.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Dice;

/// How often each target is asked when nothing else is said.
const ROUNDS: usize = 4_000;
/// Inputs are cut to this.
const BYTES_MAX: usize = 4096;
/// What readers stumble over.
const WORDS: [&str; 18] = [
    "null",
    "true",
    "-1",
    "9223372036854775808",
    "1e999",
    "0.1",
    "\"\"",
    "\u{0}",
    "\u{e9}",
    "\\ud800",
    "[]",
    "{}",
    "$patch",
    "$setElementOrder/containers",
    "f:",
    "k:{",
    "~1",
    "%2F",
];

/// Asks a reader about many bent samples. A panic ends the test with the input that led to it.
pub(crate) fn mutated(samples: &[&[u8]], mut each: impl FnMut(&[u8])) {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let mut dice = Dice::new(number("REPLANK_FUZZ_SEED").unwrap_or(1));
    let until = number("REPLANK_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    // What once came through is bent further.
    let mut pool: Vec<Vec<u8>> = samples.iter().map(|sample| sample.to_vec()).collect();
    for round in 0.. {
        if until.map_or(round >= ROUNDS, |until| Instant::now() >= until) {
            return;
        }
        let mut input = dice.pick(&pool).clone();
        for _ in 0..=dice.below(4) {
            bend(&mut dice, &mut input, &pool);
        }
        input.truncate(BYTES_MAX);
        let asked = catch_unwind(AssertUnwindSafe(|| each(&input)));
        assert!(asked.is_ok(), "round {round}, input {:?}", String::from_utf8_lossy(&input));
        if round % 16 == 0 {
            let at = samples.len() + dice.below(64);
            if at < pool.len() {
                pool[at] = input;
            } else {
                pool.push(input);
            }
        }
    }
}

fn bend(dice: &mut Dice, input: &mut Vec<u8>, pool: &[Vec<u8>]) {
    if dice.below(2) == 0
        && let Ok(mut tree) = serde_json::from_slice::<Value>(input)
    {
        rewrite(dice, &mut tree);
        *input = tree.to_string().into_bytes();
        return;
    }
    let at = dice.below(input.len() + 1);
    let end = (at + dice.below(12)).min(input.len());
    match dice.below(6) {
        0 if at < input.len() => input[at] ^= 1 << dice.below(8),
        1 => drop(input.drain(at..end)),
        2 => {
            let doubled = input[at..end].to_vec();
            input.splice(at..at, doubled);
        }
        3 => {
            let word = dice.pick(&WORDS).as_bytes().to_vec();
            input.splice(at..end, word);
        }
        4 => {
            let other = dice.pick(pool);
            let from = dice.below(other.len() + 1);
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        _ => input.insert(at, dice.next() as u8),
    }
}

/// Changes something somewhere in a tree.
fn rewrite(dice: &mut Dice, tree: &mut Value) {
    let deeper = dice.below(4) > 0;
    match tree {
        Value::Object(fields) if deeper && !fields.is_empty() => {
            let keys: Vec<String> = fields.keys().cloned().collect();
            let key = dice.pick(&keys).clone();
            match dice.below(6) {
                0 => drop(fields.shift_remove(&key)),
                1 => {
                    let value = fields.shift_remove(&key).unwrap_or_default();
                    let name = (*dice.pick(&WORDS)).to_owned();
                    fields.insert(name, value);
                }
                _ => rewrite(dice, &mut fields[&key]),
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = dice.below(items.len());
            match dice.below(5) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => rewrite(dice, &mut items[at]),
            }
        }
        other => {
            *other = match dice.below(7) {
                0 => Value::Null,
                1 => json!(i64::MIN),
                2 => json!(0.5),
                3 => json!(*dice.pick(&WORDS)),
                4 => json!([other.clone()]),
                5 => json!({"name": other.clone()}),
                _ => dice.value(&["name", "type", "$patch", "f:a", "."], 3),
            };
        }
    }
}
