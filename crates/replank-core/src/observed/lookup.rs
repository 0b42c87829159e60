//! Numbers found by a hash: an index for names that are asked for far more often than they are walked in order.
//!
//! It only answers "which number has this hash and is the one meant". Nothing can be walked, so no decision can come to
//! depend on an order that is not that of the names themselves.

use crate::draw::mix;

/// An index of numbers by the hash of what they stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup {
    /// Open addressing with linear probing; as many as a power of two, at most half of them used.
    cells: Vec<Cell>,
    used: usize,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    /// The lower half of the hash: what is found is looked at anyway.
    hash: u32,
    /// [`NONE`] where the cell is empty.
    number: u32,
}

/// No number: there are fewer things than that.
const NONE: u32 = u32::MAX;
const EMPTY: Cell = Cell { hash: 0, number: NONE };

/// A hash of a text for lookups, eight bytes at a time. Nothing is drawn or kept by it.
pub(super) fn of_text(start: u64, text: &str) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let add = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash = words.iter().fold(start, |hash, word| add(hash, u64::from_le_bytes(*word)));
    let rest = rest.iter().fold(rest.len() as u64, |all, byte| (all << 8) | u64::from(*byte));
    mix(add(hash, rest))
}

/// How many cells there are at first.
const CELLS_MIN: usize = 16;

impl Lookup {
    /// The number with that hash that `is` the one meant; several may share a hash.
    pub(super) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        self.at(self.find_cell(hash as u32, is)?).map(|cell| cell.number)
    }

    /// Adds a number that is not there yet.
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        if (self.used + 1) * 2 > self.cells.len() {
            self.grow();
        }
        self.put(Cell { hash: hash as u32, number });
        self.used += 1;
    }

    /// Removes a number; what is not there is ignored.
    pub(super) fn remove(&mut self, hash: u64, is: impl Fn(u32) -> bool) {
        let Some(mut hole) = self.find_cell(hash as u32, is) else { return };
        self.set(hole, EMPTY);
        self.used -= 1;
        // Whoever was put further on because this cell was taken moves up, so that a search may end at an empty cell.
        let mut at = self.after(hole);
        while let Some(cell) = self.at(at) {
            let home = self.home(cell.hash);
            if self.distance(home, hole) < self.distance(home, at) {
                self.set(hole, cell);
                self.set(at, EMPTY);
                hole = at;
            }
            at = self.after(at);
        }
    }

    /// The cell at a place; `None` where it is empty.
    fn at(&self, place: usize) -> Option<Cell> {
        self.cells.get(place).copied().filter(|cell| cell.number != NONE)
    }

    fn find_cell(&self, hash: u32, is: impl Fn(u32) -> bool) -> Option<usize> {
        let mut at = self.home(hash);
        while let Some(cell) = self.at(at) {
            if cell.hash == hash && is(cell.number) {
                return Some(at);
            }
            at = self.after(at);
        }
        None
    }

    fn put(&mut self, cell: Cell) {
        let mut at = self.home(cell.hash);
        while self.at(at).is_some() {
            at = self.after(at);
        }
        self.set(at, cell);
    }

    fn set(&mut self, at: usize, cell: Cell) {
        if let Some(place) = self.cells.get_mut(at) {
            *place = cell;
        }
    }

    fn grow(&mut self) {
        let cells = vec![EMPTY; (self.cells.len() * 2).max(CELLS_MIN)];
        let before = std::mem::replace(&mut self.cells, cells);
        for cell in before.into_iter().filter(|cell| cell.number != NONE) {
            self.put(cell);
        }
    }

    fn home(&self, hash: u32) -> usize {
        hash as usize & self.cells.len().wrapping_sub(1)
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & self.cells.len().wrapping_sub(1)
    }

    /// How many cells `at` is behind `home`.
    fn distance(&self, home: usize, at: usize) -> usize {
        at.wrapping_sub(home) & self.cells.len().wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::draw::draw;

    #[test]
    fn finds_what_a_map_finds_whatever_comes_and_goes() {
        let (mut lookup, mut map) = (Lookup::default(), BTreeMap::new());
        assert_eq!(lookup.find(7, |_| true), None);
        for turn in 0..20_000 {
            let (number, comes) = ((draw(1, turn) % 300) as u32, !draw(2, turn).is_multiple_of(3));
            // Few hashes, so that many share one or stand in each other's way.
            let hash = u64::from(number % 40);
            if comes && map.insert(number, hash).is_none() {
                lookup.insert(hash, number);
            } else if !comes {
                map.remove(&number);
                lookup.remove(hash, |it| it == number);
            }
            let asked = (draw(3, turn) % 300) as u32;
            let found = lookup.find(u64::from(asked % 40), |it| it == asked);
            assert_eq!(found.is_some(), map.contains_key(&asked), "turn {turn}, {asked}");
        }
        assert_eq!(lookup.used, map.len());
    }
}
