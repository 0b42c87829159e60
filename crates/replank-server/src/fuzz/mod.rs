//! Made-up requests for tests: seeded, so that a failure comes again. `REPLANK_FUZZ=100` runs a hundred times as many.

mod inputs;
mod signatures;

use serde_json::{Map, Value};

/// How many times as much is tried as usual.
fn times() -> usize {
    std::env::var("REPLANK_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// A small generator (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, without, `limit`.
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A text of awkward letters.
    fn text(&mut self, most: usize) -> String {
        const LETTERS: &[&str] = &[
            "a",
            "Z",
            "0",
            "9",
            "-",
            "_",
            ".",
            "/",
            "%",
            "%2F",
            "%zz",
            "%",
            "+",
            " ",
            "&",
            "=",
            ";",
            ",",
            ":",
            "@",
            "?",
            "#",
            "..",
            "//",
            "\u{e4}",
            "\u{1f600}",
            "\0",
            "\n",
            "\"",
            "\\",
            "'",
            "<",
            "{",
            "}",
            "[",
            "~",
            "*",
            "$",
        ];
        let long = self.one_in(50);
        let length = self.below(if long { most * 40 } else { most });
        (0..length).map(|_| *self.pick(LETTERS)).collect()
    }

    /// Any JSON, not too deep.
    fn json(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => Value::from(self.next() as i64),
            2 => Value::from(self.text(8)),
            3 => Value::from(self.one_in(2)),
            4 => Value::from(self.below(200) as i64 - 50),
            5 => Value::from(self.next() as f64 / 7.0),
            6 | 7 => (0..self.below(4)).map(|_| self.json(depth - 1)).collect(),
            _ => {
                let mut map = Map::new();
                for _ in 0..self.below(4) {
                    map.insert(self.text(4), self.json(depth - 1));
                }
                Value::Object(map)
            }
        }
    }

    /// The same bytes with a few of them changed, taken out, doubled, or cut off.
    fn spoilt(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(out.len());
            match self.below(5) {
                0 if !out.is_empty() => out[at] = self.next() as u8,
                1 if !out.is_empty() => drop(out.remove(at)),
                2 => out.insert(at, *self.pick(b"%&=/;,. \"{}[]:x0")),
                3 if !out.is_empty() => out.truncate(at),
                _ => out.extend_from_within(at..),
            }
        }
        out
    }
}
