//! `replank check` on the worlds that are served, for upgrades of whole clusters.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use replank_check::version::Version;
use replank_check::{Finding, Item, Origin, Question, Severity, Subject, check, stand};
use replank_core::cluster_upgrade::observed::{CheckFinding, Checked};
use replank_core::version::Minor;
use replank_kubeapi::everything;
use replank_rehearsal::adapter::SimulatedAccount;
use replank_service::ports::ReadError;
use replank_service::ports::checks::Checks;
use replank_world::wall_clock_map::WallClockMap;

use super::{Looked, unpack};

/// Checks the worlds of an account.
pub(crate) struct WorldChecks {
    account: SimulatedAccount,
    calendar: Arc<Mutex<WallClockMap>>,
}

impl WorldChecks {
    /// Checks the worlds of the account, whose times the calendar tells.
    pub(crate) fn new(account: SimulatedAccount, calendar: Arc<Mutex<WallClockMap>>) -> Self {
        Self { account, calendar }
    }

    /// Everything that the API of a cluster would list.
    fn look(&self, cluster: &str) -> (Vec<serde_json::Value>, Option<Version>) {
        let world = self.account.world_of(cluster);
        let calendar = self.calendar.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let world = world.lock();
        (everything(&world, &calendar), Version::parse(&world.known.version.minor.to_string()))
    }
}

impl Checks for WorldChecks {
    fn check(&self, cluster: &str, to: Minor) -> Result<Checked, ReadError> {
        let (objects, version) = self.look(cluster);
        let complete: BTreeSet<(String, String)> = BTreeSet::new();
        let items = objects.into_iter().map(|object| Item { object, origin: Origin::Live }).collect();
        let subject = Subject { cluster: version, complete, ..Subject::default() };
        let mut looked = Looked { subject, ..Looked::default() };
        unpack(items, &mut looked);
        checked(&mut looked, to)
    }
}

/// What stands against a minor in what was read.
pub(super) fn checked(looked: &mut Looked, to: Minor) -> Result<Checked, ReadError> {
    stand(&mut looked.subject.items);
    let target = Version::parse(&to.to_string());
    let target = target.ok_or_else(|| ReadError(format!("{to} is no version")))?;
    // Kubelets that are behind are the upgrade's own business, group by group.
    let question = Question { target, strict_skew: false, today: None };
    let found = check(&looked.subject, &question);
    let of = |severity| found.iter().filter(move |one| one.severity == severity).map(told).collect();
    Ok(Checked { to, blocking: of(Severity::Blocks), breaking: of(Severity::Breaks) })
}

fn told(finding: &Finding) -> CheckFinding {
    CheckFinding {
        check: finding.check.id.to_owned(),
        object: finding.object.to_string(),
        evidence: finding.evidence.join("; "),
        advice: finding.advice.clone(),
    }
}
