//! Support of the present minor and the target by EKS.

use jiff::civil::Date;
use replank_core::version::Minor;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{Name, text};
use crate::subject::Facts;

static ENDS: Check = Check {
    id: "eks-support-ends",
    severity: Severity::Warns,
    meaning: "EKS supports a minor for 14 months, and 12 more for money. After that it upgrades the control plane by itself, \
              at a time of its own, whatever this check says. Only told of clusters whose nodes are of EKS.",
    advice: "Go on to a minor in standard support, one at a time.",
    basis: "Amazon EKS user guide: release calendar, as of November 2026",
};

pub(super) const CHECKS: &[&Check] = &[&ENDS];

const TABLE: &str = include_str!("../../data/eks-support.csv");
/// Number of days before its end from which on the end of support is reported.
const SOON_DAYS: i64 = 60;

/// Support of a minor on a day.
enum Support {
    /// Standard support, and not close to its end.
    Standard,
    /// Standard support until this day, soon.
    Ending(Date),
    /// Extended support until this day.
    Extended(Date),
    /// None since this day.
    Ended(Date),
}

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    let mut nodes = facts.live("", "Node");
    let is_eks =
        nodes.any(|node| text(&node.object, &["status", "nodeInfo", "kubeletVersion"]).contains("-eks-"));
    let Some(today) = facts.today.filter(|_| is_eks) else { return };
    let cluster = facts.cluster.map(|version| ("the cluster's", version.minor));
    for (whose, minor) in cluster.into_iter().chain([("the target", facts.target.minor)]) {
        let Some(support) = support(minor, today) else { continue };
        let whose = if whose == "the target" { "the target".to_owned() } else { format!("{whose} version") };
        let (severity, said) = match support {
            Support::Standard => continue,
            Support::Ending(until) => (Severity::Informs, format!("leaves standard support after {until}")),
            Support::Extended(until) => (Severity::Informs, format!("is in extended support until {until}")),
            Support::Ended(until) => (Severity::Warns, format!("has had no support since {until}")),
        };
        let name = Name::of("Cluster", &minor.to_string());
        findings.add(Seen::named(&ENDS, name, format!("{whose} {minor} {said}")).severity(severity));
    }
}

fn support(minor: Minor, today: Date) -> Option<Support> {
    let row =
        TABLE.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()).find_map(|row| {
            match row[..] {
                [of, standard, extended] if Minor::parse(of) == Some(minor) => Some((standard, extended)),
                _ => None,
            }
        })?;
    let (standard, extended): (Date, Date) = (row.0.parse().ok()?, row.1.parse().ok()?);
    let left = i64::from(standard.since(today).ok()?.get_days());
    Some(match () {
        () if today > extended => Support::Ended(extended),
        () if today > standard => Support::Extended(extended),
        () if left <= SOON_DAYS => Support::Ending(standard),
        () => Support::Standard,
    })
}
