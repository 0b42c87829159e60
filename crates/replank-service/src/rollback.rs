//! Going back to the previous minor, for a while after an upgrade of the control plane (EKS user guide: cluster
//! rollback).

use jiff::{SignedDuration, Timestamp};
use replank_core::version::Minor;
use serde_json::Value;

use crate::records::{self, Owned, Owner, UpdateStatus};

/// How long after an upgrade a rollback is possible (EKS: 7 days).
const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The minor that a cluster may go back to at `now`, given its recorded updates: the one before its last version
/// update, if that was a successful upgrade within seven days.
pub fn previous(updates: impl Iterator<Item = Value>, now: Timestamp) -> Option<Minor> {
    let updates = updates.filter_map(|document| records::read::<Owned>(&document).ok());
    let of_version = |owned: &Owned| {
        let kinds = ["VersionUpdate", "VersionRollback"];
        owned.owner == Owner::Cluster
            && owned.update.status == UpdateStatus::Successful
            && kinds.contains(&&*owned.update.kind)
    };
    let last = updates
        .filter(of_version)
        .max_by(|one, other| one.update.created_at.total_cmp(&other.update.created_at))?;
    let passed = SignedDuration::from_secs(now.as_second() - last.update.created_at as i64);
    let from = last.from.as_deref().and_then(Minor::parse);
    from.filter(|_| last.update.kind == "VersionUpdate" && passed <= WINDOW)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn update(kind: &str, at: i64, from: &str) -> Value {
        json!({ "owner": "cluster", "from": from, "update": {
            "id": "u", "status": "Successful", "type": kind, "params": [], "createdAt": at as f64, "errors": [],
        }})
    }

    #[test]
    fn the_way_back_is_open_for_a_week_and_once() {
        let day = 24 * 3600;
        let at = |second| Timestamp::from_second(second).unwrap();
        let up = || update("VersionUpdate", 0, "1.31");
        let found = |updates: Vec<Value>, now| previous(updates.into_iter(), at(now)).map(|minor| minor.0);
        assert_eq!(found(vec![up()], 7 * day), Some(31));
        assert_eq!(found(vec![up()], 8 * day), None);
        assert_eq!(found(vec![up(), update("VersionRollback", day, "1.32")], 2 * day), None);
        assert_eq!(found(vec![update("LoggingUpdate", 0, "1.31")], day), None);
        assert_eq!(found(vec![up(), update("VersionUpdate", day, "1.32")], 2 * day), Some(32));
    }
}
