//! Parallel map with a thread per processor. The order is kept.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Results of `work` for each part, in the order of the parts.
pub(super) fn map<P: Sync, R: Send>(parts: &[P], work: impl Fn(&P) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get).min(parts.len());
    if threads < 2 {
        return parts.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        while let Some((index, part)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            parts.get(index).map(|part| (index, part))
        } {
            done.push((index, work(part)));
        }
        done
    };
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        // What broke off in a thread breaks off here: a part that is missing would look like one without findings.
        let joined = running.into_iter().map(|thread| thread.join().unwrap_or_else(|why| resume_unwind(why)));
        joined.flatten().collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn the_order_stays() {
        let parts: Vec<usize> = (0..1000).collect();
        let doubled = map(&parts, |part| part * 2);
        assert!(doubled.iter().enumerate().all(|(index, it)| *it == index * 2));
        assert_eq!(doubled.len(), 1000);
    }

    #[test]
    #[should_panic(expected = "part 7")]
    fn no_part_is_lost_in_silence() {
        let parts: Vec<usize> = (0..64).collect();
        map(&parts, |part| assert!(*part != 7, "part {part}"));
    }
}
