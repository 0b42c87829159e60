//! Made-up input for tests: seeded, so that a failure comes again.
//!
//! [`mutated`] bends samples of what clients send: a fixed number of times, or for as many seconds as
//! `REPLANK_FUZZ_SECONDS` says, from the seed `REPLANK_FUZZ_SEED`. [`targets`] are the readers that face the network.

mod mutate;
mod targets;
pub(crate) mod twins;

use serde_json::{Map, Value};

pub(crate) use mutate::mutated;

/// A small generator (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, without, `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Any JSON with these keys and small leaves.
    pub(crate) fn value(&mut self, keys: &[&str], depth: usize) -> Value {
        match self.below(if depth == 0 { 4 } else { 8 }) {
            0 => Value::Null,
            1 => Value::from(self.below(3)),
            2 => Value::from(*self.pick(keys)),
            3 => Value::from(self.below(2) == 0),
            4 | 5 => (0..self.below(4)).map(|_| self.value(keys, depth - 1)).collect(),
            _ => {
                let mut map = Map::new();
                for _ in 0..self.below(4) {
                    map.insert((*self.pick(keys)).to_owned(), self.value(keys, depth - 1));
                }
                Value::Object(map)
            }
        }
    }
}

/// Many texts of these letters.
pub(crate) fn texts(letters: &str, count: usize, mut each: impl FnMut(&str)) {
    let letters: Vec<char> = letters.chars().collect();
    let mut dice = Dice::new(7);
    for _ in 0..count {
        let text: String = (0..dice.below(24)).map(|_| *dice.pick(&letters)).collect();
        each(&text);
    }
}
