//! Long texts in pieces: what was sent of them takes no more room, and nothing is moved while they grow.

use bytes::Bytes;
use serde_json::Value;

/// A piece is closed when it is this long.
const PIECE: usize = 256 << 10;

/// A text that grows.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    closed: Vec<Bytes>,
    last: Vec<u8>,
}

impl Pieces {
    /// Appends text.
    pub(crate) fn text(&mut self, text: &str) {
        self.last.extend_from_slice(text.as_bytes());
    }

    /// Appends an item of an array, and what stands before it.
    pub(crate) fn item(&mut self, item: &Value) {
        if !(self.closed.is_empty() && self.last.is_empty()) {
            self.last.push(b',');
        }
        // A value is always written: memory takes everything, and keys are texts.
        let _written = serde_json::to_writer(&mut self.last, item);
        if self.last.len() >= PIECE {
            let next = Vec::with_capacity(PIECE + PIECE / 8);
            self.closed.push(std::mem::replace(&mut self.last, next).into());
        }
    }

    /// All pieces, `head` before them.
    pub(crate) fn after(self, head: String) -> Vec<Bytes> {
        let Self { mut closed, last } = self;
        closed.push(last.into());
        closed.insert(0, head.into());
        closed
    }
}
