//! Answers that are good for a while, by the digest of what was asked about: no token is kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use aws_lc_rs::digest;

/// Most answers that are kept; of more, the one that would end first is given up.
const KEPT_MAX: usize = 1024;

type Digest = [u8; digest::SHA256_OUTPUT_LEN];

/// Answers, each good until a time.
#[derive(Debug)]
pub(super) struct Seen<T>(Mutex<BTreeMap<Digest, (Instant, T)>>);

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Seen<T> {
    /// The answer, if it is still good.
    pub(super) fn get(&self, asked: &[u8], now: Instant) -> Option<T> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&of(asked)).filter(|(until, _)| *until > now).map(|(_, answer)| answer.clone())
    }

    /// Keeps an answer.
    pub(super) fn keep(&self, asked: &[u8], answer: T, until: Instant) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(of(asked), (until, answer));
        if kept.len() > KEPT_MAX {
            let first = kept.iter().min_by_key(|(_, (until, _))| *until).map(|(key, _)| *key);
            first.map(|key| kept.remove(&key));
        }
    }
}

fn of(asked: &[u8]) -> Digest {
    let mut found = [0; digest::SHA256_OUTPUT_LEN];
    found.copy_from_slice(digest::digest(&digest::SHA256, asked).as_ref());
    found
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_answer_is_good_for_a_while_and_there_are_never_more_than_so_many() {
        let (seen, now) = (Seen::default(), Instant::now());
        for number in 0..=KEPT_MAX as u64 {
            seen.keep(&number.to_be_bytes(), number, now + Duration::from_secs(1 + number));
        }
        let kept = |number: u64, now| seen.get(&number.to_be_bytes(), now);
        assert_eq!((kept(0, now), kept(1, now)), (None, Some(1)), "the one that would end first went");
        assert_eq!(kept(1, now + Duration::from_secs(2)), None);
    }
}
