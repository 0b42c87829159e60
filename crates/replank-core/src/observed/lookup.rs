//! Numbers found by a hash: an index for names that are asked for far more often than they are walked in order.
//!
//! It only answers "which number has this hash and is the one meant". Nothing can be walked, so no decision can come to
//! depend on an order that is not that of the names themselves.

/// An index of numbers by the hash of what they stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup {
    /// Open addressing with linear probing; as many as a power of two, at most half of them used.
    cells: Vec<Option<Cell>>,
    used: usize,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    hash: u64,
    number: u32,
}

/// How many cells there are at first.
const CELLS_MIN: usize = 16;

impl Lookup {
    /// The number with that hash that `is` the one meant; several may share a hash.
    pub(super) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let cell = self.cells.get(self.find_cell(hash, is)?)?;
        cell.map(|cell| cell.number)
    }

    /// Adds a number that is not there yet.
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        if (self.used + 1) * 2 > self.cells.len() {
            self.grow();
        }
        self.put(Cell { hash, number });
        self.used += 1;
    }

    /// Removes a number; what is not there is ignored.
    pub(super) fn remove(&mut self, hash: u64, is: impl Fn(u32) -> bool) {
        let Some(mut hole) = self.find_cell(hash, is) else { return };
        self.set(hole, None);
        self.used -= 1;
        // Whoever was put further on because this cell was taken moves up, so that a search may end at an empty cell.
        let mut at = self.after(hole);
        while let Some(cell) = self.cells.get(at).copied().flatten() {
            let home = self.home(cell.hash);
            if self.distance(home, hole) < self.distance(home, at) {
                self.set(hole, Some(cell));
                self.set(at, None);
                hole = at;
            }
            at = self.after(at);
        }
    }

    fn find_cell(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<usize> {
        let mut at = self.home(hash);
        while let Some(cell) = self.cells.get(at).copied().flatten() {
            if cell.hash == hash && is(cell.number) {
                return Some(at);
            }
            at = self.after(at);
        }
        None
    }

    fn put(&mut self, cell: Cell) {
        let mut at = self.home(cell.hash);
        while self.cells.get(at).is_some_and(Option::is_some) {
            at = self.after(at);
        }
        self.set(at, Some(cell));
    }

    fn set(&mut self, at: usize, cell: Option<Cell>) {
        if let Some(place) = self.cells.get_mut(at) {
            *place = cell;
        }
    }

    fn grow(&mut self) {
        let cells = vec![None; (self.cells.len() * 2).max(CELLS_MIN)];
        for cell in std::mem::replace(&mut self.cells, cells).into_iter().flatten() {
            self.put(cell);
        }
    }

    fn home(&self, hash: u64) -> usize {
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
