//! Which minor an upgrade may be asked to reach: one up at a time, several only as one plan of single steps.

use thiserror::Error;

use crate::version::Minor;

/// How far one call may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The next minor.
    Next,
    /// Any number of minors, one after the other.
    All,
}

/// A target that an upgrade cannot be asked to reach. Sentences with "Found" are those of eksctl.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    /// There is no such version.
    #[error("version: control plane version {asked:?} is not supported; there are {there}")]
    NotServed {
        /// What was asked for.
        asked: String,
        /// The minors that are served, with commas between them.
        there: String,
    },
    /// It is older than what runs.
    #[error(
        "version: {to} is older than {from}, which cluster {cluster} runs; name a later one, or leave the version out"
    )]
    Older {
        /// Name of the cluster, as the request has it.
        cluster: String,
        /// Minor that the control plane runs.
        from: Minor,
        /// What was asked for.
        to: Minor,
    },
    /// More than one at once.
    #[error(
        "version: upgrading more than one version at a time is not supported. Found upgrade from {from:?} to {to:?}. \
         Please upgrade to {next:?} first, or plan every minor between with --all", from = from.to_string(),
        to = to.to_string(), next = next.to_string()
    )]
    Ahead {
        /// Minor that the control plane runs.
        from: Minor,
        /// What was asked for.
        to: Minor,
        /// What would be accepted.
        next: Minor,
    },
    /// A minor on the way is not served.
    #[error(
        "version: {to} cannot be reached from {from}: {missing} between them is not served; there are {there}"
    )]
    Gap {
        /// Minor that the control plane runs.
        from: Minor,
        /// What was asked for.
        to: Minor,
        /// Lowest minor on the way that is not served.
        missing: Minor,
        /// The minors that are served, with commas between them.
        there: String,
    },
}

/// The minor to reach; `back` is the one that the control plane may be rolled back to now. `None` when the control plane
/// is there already, or at the latest and nothing was named.
pub fn target(
    cluster: &str,
    from: Minor,
    asked: Option<&str>,
    reach: Reach,
    served: &[Minor],
    back: Option<Minor>,
) -> Result<Option<Minor>, TargetError> {
    let latest = served.iter().copied().max();
    let to = match (asked.filter(|asked| *asked != "auto"), reach) {
        (Some(asked), _) => {
            let minor = Minor::parse(asked).filter(|minor| served.contains(minor));
            minor.ok_or_else(|| TargetError::NotServed { asked: asked.to_owned(), there: listed(served) })?
        }
        (None, Reach::All) => latest.unwrap_or(from),
        (None, Reach::Next) => match served.iter().copied().filter(|minor| *minor > from).min() {
            Some(next) => next,
            None => return Ok(None),
        },
    };
    if to == from || asked.is_none() && to < from {
        return Ok(None);
    }
    if to < from && Some(to) == back {
        return Ok(Some(to));
    }
    if to < from {
        return Err(TargetError::Older { cluster: cluster.to_owned(), from, to });
    }
    let next = from.next();
    if to > next && reach == Reach::Next {
        return Err(TargetError::Ahead { from, to, next });
    }
    match (next.0..to.0).map(Minor).find(|minor| !served.contains(minor)) {
        Some(missing) => Err(TargetError::Gap { from, to, missing, there: listed(served) }),
        None => Ok(Some(to)),
    }
}

fn listed(served: &[Minor]) -> String {
    served.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_one_minor_up_or_a_plan_of_single_steps() {
        let served = [31, 32, 33, 34, 36].map(Minor);
        let there = "there are 1.31, 1.32, 1.33, 1.34, 1.36";
        for (asked, reach, wanted) in [
            (None, Reach::Next, Ok(Some(33))),
            (Some("auto"), Reach::Next, Ok(Some(33))),
            (Some("1.33"), Reach::Next, Ok(Some(33))),
            (Some("1.32"), Reach::Next, Ok(None)),
            (Some("1.34"), Reach::All, Ok(Some(34))),
            (
                Some("1.34"),
                Reach::Next,
                Err("version: upgrading more than one version at a time is not supported. Found upgrade from \
                     \"1.32\" to \"1.34\". Please upgrade to \"1.33\" first, or plan every minor between with --all"
                    .to_owned()),
            ),
            (Some("1.99"), Reach::All, Err(format!("version: control plane version \"1.99\" is not supported; {there}"))),
            (Some("latest"), Reach::Next, Err(format!("version: control plane version \"latest\" is not supported; {there}"))),
            (
                Some("1.31"),
                Reach::Next,
                Err("version: 1.31 is older than 1.32, which cluster c runs; name a later one, or leave the version out"
                    .to_owned()),
            ),
            (
                Some("1.36"),
                Reach::All,
                Err(format!("version: 1.36 cannot be reached from 1.32: 1.35 between them is not served; {there}")),
            ),
        ] {
            let found = target("c", Minor(32), asked, reach, &served, None);
            let found = found.map(|to| to.map(|minor| minor.0)).map_err(|error| error.to_string());
            assert_eq!(found, wanted, "{asked:?} {reach:?}");
        }
        assert_eq!(target("c", Minor(36), None, Reach::Next, &served, None), Ok(None));
        assert_eq!(target("c", Minor(36), None, Reach::All, &served, None), Ok(None));
        let back = |asked, back| target("c", Minor(33), Some(asked), Reach::Next, &served, back);
        assert_eq!(back("1.32", Some(Minor(32))), Ok(Some(Minor(32))));
        assert!(matches!(back("1.31", Some(Minor(32))), Err(TargetError::Older { .. })));
        assert!(matches!(back("1.32", None), Err(TargetError::Older { .. })));
    }
}
