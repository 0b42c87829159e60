//! Long texts in pieces: sent pieces are freed, and nothing is copied as the text grows.

use bytes::Bytes;
use serde_json::Value;

/// Size at which a piece is closed.
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

    /// Appends an array item and its comma.
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

    /// All pieces, with `head` in front.
    pub(crate) fn after(self, head: String) -> Vec<Bytes> {
        let Self { mut closed, last } = self;
        closed.push(last.into());
        closed.insert(0, head.into());
        closed
    }
}
