//! What was reported already: a wait or refusal is reported once, and again when its reason changes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use replank_core::action::Action;
use replank_core::node_group::wait::Wait;
use replank_core::observed::Answer;

use crate::messages::{self, substance, topic};

/// A wait that is missing for less than this between two turns is the same one going on.
const OVER_AFTER: SignedDuration = SignedDuration::from_secs(15);
/// How long a refusal is remembered: retries come after seconds, or a minute where only a stale status holds an
/// eviction.
const REFUSED_FOR: SignedDuration = SignedDuration::from_mins(3);

/// By key: what was reported, and when it last held.
type Reported = BTreeMap<String, (BTreeSet<String>, Timestamp)>;

/// Waits and refusals that were reported and still hold.
#[derive(Clone, Debug, Default)]
pub struct Repeats {
    waits: Reported,
    refusals: Reported,
}

impl Repeats {
    /// The waits at `at` that were not reported yet. `whose` keeps the waits of several updates apart.
    pub fn news<'w>(&mut self, whose: &str, waits: &'w [Wait], at: Timestamp) -> Vec<&'w Wait> {
        let is_new =
            |wait: &&Wait| is_new(&mut self.waits, format!("{whose} {}", topic(wait)), substance(wait), at);
        let news: Vec<&Wait> = waits.iter().filter(is_new).collect();
        self.waits.retain(|_, (_, stood_at)| at.duration_since(*stood_at) < OVER_AFTER);
        news
    }

    /// Whether the answer to an action is to be reported: every success is, a refusal only once.
    pub fn is_news(&mut self, whose: &str, action: &Action, answer: &Answer, at: Timestamp) -> bool {
        self.refusals.retain(|_, (_, stood_at)| at.duration_since(*stood_at) < REFUSED_FOR);
        let key = format!("{whose} {}", messages::act(action));
        if *answer == Answer::Done {
            self.refusals.remove(&key);
            return true;
        }
        is_new(&mut self.refusals, key, messages::plain(&messages::answer(answer)), at)
    }
}

fn is_new(standing: &mut Reported, key: String, substance: String, at: Timestamp) -> bool {
    let (told, stood_at) = standing.entry(key).or_insert_with(|| (BTreeSet::new(), at));
    *stood_at = at;
    told.insert(substance)
}

#[cfg(test)]
mod tests {
    use replank_core::action::{ClusterAction, PodId};
    use replank_core::names::{ObjectName, Uid};
    use replank_core::node_group::wait::On;
    use replank_core::observed::Refused;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn pod() -> ObjectName {
        ObjectName::new("shop", "cart-0")
    }

    fn wait(message: &str) -> Wait {
        let on = On::EvictionRefused { pod: pod(), message: message.to_owned() };
        Wait { node: Some("n".into()), on, since: Some(at(0)), again: None, until: None }
    }

    #[test]
    fn a_wait_is_told_when_it_begins_and_when_it_is_about_something_else() {
        let mut told = Repeats::default();
        let mut news = |second, messages: &[&str]| {
            let waits: Vec<Wait> = messages.iter().map(|message| wait(message)).collect();
            told.news("", &waits, at(second)).len()
        };
        assert_eq!(news(0, &["timed out after 31 s (request 7f3a-99)"]), 1);
        assert_eq!(news(5, &["timed out after 36 s (request 81cc-02)"]), 0, "only numbers changed");
        assert_eq!(news(10, &["forbidden"]), 1);
        assert_eq!(news(70, &["timed out after 46 s (request 2b-3)"]), 0, "it was told while it stands");
        assert_eq!(news(80, &[]), 0);
        assert_eq!(news(84, &["forbidden"]), 0, "it was away for a moment");
        assert_eq!(news(99, &[]), 0);
        assert_eq!(news(100, &["forbidden"]), 1, "it was over in between");
    }

    #[test]
    fn a_refusal_is_told_once_until_the_act_is_done() {
        let mut told = Repeats::default();
        let action = Action::Cluster(ClusterAction::Evict {
            pod: PodId { name: pod(), uid: Uid(1) },
            grace_seconds: None,
        });
        let refused = |message: &str| Answer::NotYet(Refused::Other { message: message.to_owned() });
        let cannot_tell = Answer::CannotTell("no answer within 35 s".to_owned());
        let mut is_news = |second, answer: &Answer| told.is_news("", &action, answer, at(second));
        assert!(is_news(0, &refused("etcdserver: leader changed")));
        assert!(!is_news(5, &refused("etcdserver: leader changed")));
        assert!(is_news(10, &cannot_tell));
        assert!(!is_news(15, &cannot_tell));
        assert!(is_news(20, &Answer::Done));
        assert!(is_news(25, &cannot_tell), "it is another refusal");
    }
}
