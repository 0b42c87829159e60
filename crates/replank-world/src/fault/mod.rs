//! Injected faults between engine and world: rules for calls, of which the first that applies decides.

mod call;
mod rule;

pub use call::Call;
pub use rule::{Rule, Verdict};

use crate::rng::Chance;
use crate::time::Time;

/// The fault rules of a world.
#[derive(Clone, Debug)]
pub struct Faults {
    chance: Chance,
    rules: Vec<Counted>,
    calls: u64,
    crash: bool,
    /// Whether a counter changed since the counters were last logged.
    news: bool,
}

/// The counters of the fault rules, for the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls of any kind so far.
    pub calls: u64,
    /// For each rule in order: calls that it was considered for, and calls that it met.
    pub rules: Vec<(u64, u64)>,
}

/// A rule, with the calls it was considered for and those it met.
#[derive(Clone, Debug)]
struct Counted {
    rule: Rule,
    asked: u64,
    met: u64,
}

impl Faults {
    /// A world without rules; `chance` decides for those that are added.
    pub fn none(chance: Chance) -> Self {
        Self { chance, rules: Vec::new(), calls: 0, crash: false, news: false }
    }

    /// Adds a rule after the others.
    pub fn add(&mut self, rule: Rule) {
        self.rules.push(Counted { rule, asked: 0, met: 0 });
    }

    /// How many calls each rule met, in order.
    pub fn met(&self) -> impl Iterator<Item = (&Rule, u64)> {
        self.rules.iter().map(|counted| (&counted.rule, counted.met))
    }

    /// The present counters.
    pub fn counts(&self) -> Counts {
        let rules = self.rules.iter().map(|counted| (counted.asked, counted.met)).collect();
        Counts { calls: self.calls, rules }
    }

    /// Restores the counters of the same rules.
    pub fn restore(&mut self, counts: &Counts) {
        self.calls = counts.calls;
        for (counted, (asked, met)) in self.rules.iter_mut().zip(&counts.rules) {
            (counted.asked, counted.met) = (*asked, *met);
        }
    }

    /// Whether a counter changed since the last call of this.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// Whether a rule demanded a crash since the last call of this.
    pub fn take_crash(&mut self) -> bool {
        std::mem::take(&mut self.crash)
    }

    /// The verdict on a call about `object` at `now`, counted.
    pub fn verdict(&mut self, call: Call, object: &str, now: Time) -> Verdict {
        self.calls += 1;
        for (place, counted) in self.rules.iter_mut().enumerate() {
            let rule = &counted.rule;
            if rule.call.is_some_and(|about| about != call)
                || !rule.is_about(object)
                || !rule.is_in_force(now)
            {
                continue;
            }
            counted.asked += 1;
            self.news = true;
            let share = self.chance.share("fault", call.as_str(), self.calls * 64 + place as u64);
            if counted.met >= rule.times_max || !rule.counts(counted.asked) || share >= rule.share {
                continue;
            }
            counted.met += 1;
            if rule.verdict == Verdict::Crash {
                self.crash = true;
                return Verdict::Pass;
            }
            return rule.verdict.clone();
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(rule: Rule, calls: &[(Call, &str, i64)]) -> Vec<bool> {
        let mut faults = Faults::none(Chance(1));
        faults.add(rule);
        calls
            .iter()
            .map(|(call, object, at)| faults.verdict(*call, object, Time(*at)) != Verdict::Pass)
            .collect()
    }

    #[test]
    fn a_rule_meets_the_calls_it_is_about_and_no_others() {
        let rule = Rule { call: Some(Call::Evict), ..Rule::new(Verdict::LoseAnswer) };
        assert_eq!(verdicts(rule, &[(Call::Evict, "a", 0), (Call::Mark, "a", 0)]), [true, false]);
        let rule = Rule { object: Some("shop/cart-*".into()), ..Rule::new(Verdict::LoseAnswer) };
        let calls =
            [(Call::Evict, "shop/cart-0", 0), (Call::Evict, "shop/ui-0", 0), (Call::Evict, "shop/cart-", 0)];
        assert_eq!(verdicts(rule, &calls), [true, false, true]);
        let rule = Rule { from: Time(5), until: Time(7), ..Rule::new(Verdict::LoseAnswer) };
        let calls = [(Call::Mark, "", 4), (Call::Mark, "", 5), (Call::Mark, "", 6), (Call::Mark, "", 7)];
        assert_eq!(verdicts(rule, &calls), [false, true, true, false]);
    }

    #[test]
    fn a_rule_counts() {
        let calls = [(Call::Mark, "", 0); 6];
        let nth = Rule { nth: Some(2), ..Rule::new(Verdict::LoseAnswer) };
        assert_eq!(verdicts(nth, &calls), [false, true, false, false, false, false]);
        let every = Rule { every: Some(3), ..Rule::new(Verdict::LoseAnswer) };
        assert_eq!(verdicts(every, &calls), [false, false, true, false, false, true]);
        let times = Rule { times_max: 2, ..Rule::new(Verdict::LoseAnswer) };
        assert_eq!(verdicts(times, &calls), [true, true, false, false, false, false]);
        let never = Rule { share: 0.0, ..Rule::new(Verdict::LoseAnswer) };
        assert!(!verdicts(never, &calls).contains(&true));
    }

    #[test]
    fn a_rule_goes_on_where_it_was() {
        let share = Rule { share: 0.5, ..Rule::new(Verdict::LoseAnswer) };
        let nth = Rule { nth: Some(4), ..Rule::new(Verdict::Crash) };
        let times = Rule { times_max: 3, ..Rule::new(Verdict::LoseAnswer) };
        for rules in [vec![share.clone()], vec![nth.clone()], vec![times.clone()], vec![nth, share, times]] {
            let fresh = || {
                let mut faults = Faults::none(Chance(1));
                rules.iter().for_each(|rule| faults.add(rule.clone()));
                faults
            };
            let ask = |faults: &mut Faults| {
                let verdict = faults.verdict(Call::Mark, "", Time(0));
                (verdict, faults.take_crash())
            };
            let mut whole = fresh();
            let wanted: Vec<_> = (0..12).map(|_| ask(&mut whole)).collect();
            for killed_at in 0..12 {
                let mut first = fresh();
                let mut got: Vec<_> = (0..killed_at).map(|_| ask(&mut first)).collect();
                let mut second = fresh();
                second.restore(&first.counts());
                got.extend((killed_at..12).map(|_| ask(&mut second)));
                assert_eq!(got, wanted, "killed after {killed_at}");
            }
        }
    }
}
