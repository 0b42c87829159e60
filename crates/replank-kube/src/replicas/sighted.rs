//! Leases as one who looks has seen them: which are held, which fell silent. A function of what was seen and of a clock
//! that nobody sets; nothing is asked here.
//!
//! No clocks of two machines are compared: a lease has run out when its object did not change for its whole duration, as the
//! one who looks counts it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use replank_core::draw;

use crate::lease::Found;

/// Leases by name.
#[derive(Debug, Default)]
pub(crate) struct Sighted(BTreeMap<String, Sight>);

#[derive(Debug)]
struct Sight {
    found: Found,
    /// Since when it is so.
    since: Instant,
    /// Whether a look after its whole duration found it unchanged.
    is_silent: bool,
}

impl Sight {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.since) >= self.found.lasts
    }
}

impl Sighted {
    /// Takes in how a lease was found at `now`.
    pub(crate) fn saw(&mut self, found: Found, now: Instant) {
        let known = self.0.get(&found.name);
        if known.is_none_or(|known| known.found.version != found.version) {
            self.0.insert(found.name.clone(), Sight { found, since: now, is_silent: false });
        }
    }

    /// A lease was removed.
    pub(crate) fn gone(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Takes in a whole list, which was asked for at `asked` and came at `now`. What had run out by the time it was asked
    /// for, and is still the same, is silent: no watch that broke off can make it look so.
    pub(crate) fn listed(&mut self, found: Vec<Found>, asked: Instant, now: Instant) {
        let names: BTreeSet<String> = found.iter().map(|one| one.name.clone()).collect();
        self.0.retain(|name, _| names.contains(name));
        for one in found {
            self.saw(one, now);
        }
        for sight in self.0.values_mut() {
            sight.is_silent |= asked > sight.since && sight.is_over(asked);
        }
    }

    /// Whether one looks as if it had run out, so that a list is due.
    pub(crate) fn is_due(&self, us: &str, now: Instant) -> bool {
        let of_others = |sight: &&Sight| sight.found.holder.as_deref().is_some_and(|holder| holder != us);
        self.0.values().filter(of_others).any(|sight| !sight.is_silent && sight.is_over(now))
    }

    /// Whether a lease that was found right now is another's, and `us` may not take it. What is taken is written over the
    /// version that was found, so a renewal on its way makes that fail.
    pub(crate) fn is_held(&mut self, found: &Found, us: &str, now: Instant) -> bool {
        if found.holder.as_deref().is_none_or(|holder| holder == us) {
            return false;
        }
        self.saw(found.clone(), now);
        self.0.get(&found.name).is_none_or(|sight| !sight.is_over(now))
    }

    /// Those others who are there.
    pub(crate) fn others(&self, us: &str) -> BTreeSet<String> {
        let there = self.0.values().filter(|sight| sight.found.is_presence && !sight.is_silent);
        there.filter_map(|sight| sight.found.holder.clone()).filter(|holder| holder != us).collect()
    }

    /// Presences of others who fell silent: name and version.
    pub(crate) fn silent(&self, us: &str) -> Vec<(String, String)> {
        let silent = self.0.values().filter(|sight| sight.found.is_presence && sight.is_silent);
        let silent = silent.filter(|sight| sight.found.holder.as_deref().is_some_and(|holder| holder != us));
        silent.map(|sight| (sight.found.name.clone(), sight.found.version.clone())).collect()
    }

    /// The place in which `us` says that it is there: its own from before, else one that was given back, else a new one.
    pub(crate) fn place_of(&self, us: &str, named: &str) -> String {
        let of = |holder: Option<&str>| {
            let mut places = self.0.values().filter(|sight| sight.found.is_presence);
            places.find(|sight| sight.found.holder.as_deref() == holder).map(|sight| sight.found.name.clone())
        };
        let fresh = || {
            let names = (1_u64..).map(|it| format!("{named}-{it}"));
            names.into_iter().find(|it| !self.0.contains_key(it))
        };
        of(Some(us)).or_else(|| of(None)).or_else(fresh).unwrap_or_default()
    }
}

/// Who of those that are there does something (rendezvous hashing): when one comes or goes, only what it does moves.
pub(crate) fn placed<'a>(what: &str, there: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    there.into_iter().max_by_key(|replica| (draw::hash(&format!("{what}\n{replica}")), *replica))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn found(name: &str, version: &str, holder: Option<&str>) -> Found {
        Found {
            name: name.to_owned(),
            version: version.to_owned(),
            holder: holder.map(str::to_owned),
            lasts: Duration::from_secs(10),
            is_presence: true,
        }
    }

    #[test]
    fn a_lease_runs_out_when_it_did_not_change_for_its_duration() {
        let (mut sighted, begun) = (Sighted::default(), Instant::now());
        let mut is_held = |version: &str, after| {
            sighted.is_held(&found("l", version, Some("other")), "us", begun + Duration::from_secs(after))
        };
        assert!(is_held("1", 0) && is_held("1", 9));
        assert!(is_held("2", 10), "renewed");
        assert!(is_held("2", 19) && !is_held("2", 20));
    }

    #[test]
    fn one_that_was_given_back_or_is_ours_is_free_at_once() {
        let mut sighted = Sighted::default();
        assert!(!sighted.is_held(&found("l", "1", None), "us", Instant::now()));
        assert!(!sighted.is_held(&found("l", "1", Some("us")), "us", Instant::now()));
    }

    #[test]
    fn who_is_silent_is_found_out_by_a_look_and_not_by_a_watch_that_broke_off() {
        let (mut sighted, begun) = (Sighted::default(), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        let all = |version: &str| vec![found("p-1", "1", Some("us")), found("p-2", version, Some("other"))];
        sighted.listed(all("1"), at(0), at(0));
        assert!(!sighted.is_due("us", at(9)) && sighted.is_due("us", at(10)));
        assert_eq!(sighted.others("us").len(), 1, "nobody looked yet");
        sighted.listed(all("2"), at(10), at(10));
        assert_eq!(sighted.others("us").len(), 1, "the watch had told nothing of it");
        sighted.listed(all("2"), at(20), at(21));
        assert!(sighted.others("us").is_empty());
        assert_eq!(sighted.silent("us"), [("p-2".to_owned(), "2".to_owned())]);
        assert!(!sighted.is_due("us", at(40)), "it is known already");
        sighted.saw(found("p-2", "3", Some("other")), at(41));
        assert_eq!(sighted.others("us").len(), 1, "it woke up");
    }

    #[test]
    fn places_are_used_again() {
        let mut sighted = Sighted::default();
        assert_eq!(sighted.place_of("us", "p"), "p-1");
        sighted.saw(found("p-1", "1", Some("other")), Instant::now());
        assert_eq!(sighted.place_of("us", "p"), "p-2");
        sighted.saw(found("p-2", "1", None), Instant::now());
        assert_eq!(sighted.place_of("us", "p"), "p-2");
        sighted.saw(found("p-3", "1", Some("us")), Instant::now());
        assert_eq!(sighted.place_of("us", "p"), "p-3");
    }

    #[test]
    fn work_is_spread_and_only_what_has_to_moves() {
        let groups: Vec<String> = (0..300).map(|it| format!("group-{it}")).collect();
        let spread = |there: &[&'static str]| {
            let placed = groups.iter().map(|it| placed(it, there.iter().copied()).unwrap());
            placed.collect::<Vec<&str>>()
        };
        let (two, three) = (spread(&["a", "b"]), spread(&["a", "b", "c"]));
        for replica in ["a", "b", "c"] {
            let has = three.iter().filter(|it| **it == replica).count();
            assert!((60..140).contains(&has), "{replica} has {has} of 300");
        }
        assert!(two.iter().zip(&three).all(|(before, after)| before == after || *after == "c"));
        assert_eq!(spread(&["b", "a"]), two, "whoever looks");
        assert_eq!(super::placed("x", []), None);
    }
}
