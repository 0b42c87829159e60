//! Kubernetes minors, and to which of them the nodes of a group may be updated under a control plane.
//!
//! Sources: the version skew policy of Kubernetes, and what EKS answers for `UpdateNodegroupVersion`.

use std::fmt;

use thiserror::Error;

/// A Kubernetes minor of major 1: `Minor(32)` is 1.32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minor(pub u32);

/// First kubelet minor that may be three behind its control plane; older ones may be two (version skew policy).
const THREE_BEHIND_FROM: Minor = Minor(25);

impl Minor {
    /// Reads `1.32`; `None` for anything else, patch releases included.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("1.")?;
        let plain = !digits.is_empty() && digits.len() <= 3 && !digits.starts_with('0');
        digits.parse().ok().filter(|_| plain && digits.bytes().all(|digit| digit.is_ascii_digit())).map(Self)
    }

    /// Reads the minor of a full version as servers, kubelets and images report it, such as `v1.32.9-eks-113cf36`.
    pub fn of_version(version: &str) -> Option<Self> {
        let mut parts = version.strip_prefix('v')?.split('.');
        let (major, minor) = (parts.next()?, parts.next()?);
        // Some clouds tell their API server as `v1.32+`.
        let digits = minor.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        Self::parse(&format!("{major}.{digits}"))
    }

    /// Whether a kubelet of this minor may run under that control plane: not newer, and not too far behind.
    pub fn may_serve_under(self, control_plane: Self) -> bool {
        let behind = if self >= THREE_BEHIND_FROM { 3 } else { 2 };
        self <= control_plane && control_plane.0 <= self.0 + behind
    }

    /// The minor after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The oldest kubelet minor that may run under this control plane.
    #[must_use]
    pub fn oldest_kubelet(self) -> Self {
        let mut older = (self.0.saturating_sub(3)..self.0).map(Self);
        older.find(|minor| minor.may_serve_under(self)).unwrap_or(self)
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// What limits the versions that a group's nodes may be updated to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Minor that its nodes run, if known.
    pub own: Option<Minor>,
    /// Minor of the control plane, if known.
    pub cluster: Option<Minor>,
    /// Minor that a rollback of the control plane goes to: nodes may go back to it first (EKS: cluster rollback).
    pub back: Option<Minor>,
}

/// Why the nodes of a group may not be updated to a version. The first part of each message is that of EKS.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VersionError {
    /// Not a Kubernetes version.
    #[error("unsupported Kubernetes version: {asked}; {accepted}")]
    NoVersion {
        /// The text that was given.
        asked: String,
        /// Which versions would be accepted.
        accepted: Accepted,
    },
    /// Newer than the control plane.
    #[error(
        "Nodegroup Kubernetes version cannot be greater than the version of its cluster: {asked} > {cluster}; \
         {accepted}"
    )]
    Newer {
        /// Version asked for.
        asked: Minor,
        /// Version of the control plane.
        cluster: Minor,
        /// Which versions would be accepted.
        accepted: Accepted,
    },
    /// Older than what the nodes run.
    #[error("Nodegroup Kubernetes version cannot be rolled back from {own} to {asked}; {accepted}")]
    Back {
        /// Version asked for.
        asked: Minor,
        /// Version of the nodes.
        own: Minor,
        /// Which versions would be accepted.
        accepted: Accepted,
    },
    /// Too far behind the control plane.
    #[error(
        "Nodegroup Kubernetes version {asked} is too old for its cluster, which is {cluster}: kubelets are at most \
         three minors behind; {accepted}"
    )]
    TooOld {
        /// Version asked for.
        asked: Minor,
        /// Version of the control plane.
        cluster: Minor,
        /// Which versions would be accepted.
        accepted: Accepted,
    },
}

/// The range of versions that would be accepted, as far as it is known; printed as the end of an error message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    from: Option<Minor>,
    to: Option<Minor>,
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from == to => write!(f, "accepted is {to}"),
            (Some(from), Some(to)) => write!(f, "accepted are {from} to {to}"),
            (Some(from), None) => write!(f, "accepted are {from} and later"),
            (None, Some(to)) => write!(f, "accepted are versions up to {to}"),
            (None, None) => write!(f, "accepted are versions such as 1.32"),
        }
    }
}

impl Reach {
    /// The minor in `asked` if the nodes may be updated to it; the error says why not and what would be accepted.
    pub fn check(&self, asked: &str) -> Result<Minor, VersionError> {
        let accepted = self.accepted();
        let Some(minor) = Minor::parse(asked) else {
            return Err(VersionError::NoVersion { asked: asked.to_owned(), accepted });
        };
        if let Some(cluster) = self.cluster.filter(|cluster| minor > *cluster) {
            return Err(VersionError::Newer { asked: minor, cluster, accepted });
        }
        if let Some(own) = self.own.filter(|own| minor < *own && Some(minor) != self.back) {
            return Err(VersionError::Back { asked: minor, own, accepted });
        }
        match self.cluster {
            Some(cluster) if !minor.may_serve_under(cluster) => {
                Err(VersionError::TooOld { asked: minor, cluster, accepted })
            }
            Some(_) | None => Ok(minor),
        }
    }

    fn accepted(&self) -> Accepted {
        let own = self.back.into_iter().chain(self.own).min();
        let oldest = self.cluster.map(Minor::oldest_kubelet);
        Accepted { from: own.into_iter().chain(oldest).max(), to: self.cluster }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minors_are_numbers() {
        for (text, wanted) in [
            ("1.32", Some(32)),
            ("1.9", Some(9)),
            ("1.", None),
            ("1.032", None),
            ("2.1", None),
            ("1.x", None),
            ("1.+1", None),
            ("1.32.1", None),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(Minor::parse(text).map(|minor| minor.0), wanted, "{text}");
        }
        assert!(Minor(9) < Minor(10));
    }

    #[test]
    fn full_versions_have_their_minor() {
        for (text, wanted) in [
            ("v1.32.9-eks-113cf36", Some(32)),
            ("v1.34.4", Some(34)),
            ("v1.27+", Some(27)),
            ("v1.32.0-eksbuild.2", Some(32)),
            ("1.32.9", None),
            ("v1", None),
            ("v2.3.4", None),
        ] {
            assert_eq!(Minor::of_version(text).map(|minor| minor.0), wanted, "{text}");
        }
    }

    #[test]
    fn kubelets_are_never_newer_and_at_most_three_behind() {
        // Kubernetes: three from 1.25 on, two before.
        for (control_plane, oldest) in [(36, 33), (28, 25), (27, 25), (26, 24), (25, 23)] {
            assert_eq!(Minor(control_plane).oldest_kubelet(), Minor(oldest), "{control_plane}");
        }
        for (kubelet, control_plane, may) in [
            (32, 32, true),
            (33, 32, false),
            (29, 32, true),
            (28, 32, false),
            (24, 27, false),
            (25, 28, true),
        ] {
            assert_eq!(
                Minor(kubelet).may_serve_under(Minor(control_plane)),
                may,
                "{kubelet} {control_plane}"
            );
        }
    }

    #[test]
    fn a_group_moves_between_its_own_minor_and_that_of_its_cluster() {
        let reach = |own: u32, cluster: u32, back: Option<u32>| Reach {
            own: Some(Minor(own)),
            cluster: Some(Minor(cluster)),
            back: back.map(Minor),
        };
        let rows = [
            (reach(32, 32, None), "1.32", Ok(32)),
            (reach(30, 32, None), "1.31", Ok(31)),
            (reach(32, 32, Some(31)), "1.31", Ok(31)),
            (reach(32, 32, None), "banana", Err("unsupported Kubernetes version: banana; accepted is 1.32")),
            (
                reach(31, 32, None),
                "1.36",
                Err(
                    "Nodegroup Kubernetes version cannot be greater than the version of its cluster: 1.36 > 1.32; \
                     accepted are 1.31 to 1.32",
                ),
            ),
            (
                reach(32, 33, Some(31)),
                "1.30",
                Err(
                    "Nodegroup Kubernetes version cannot be rolled back from 1.32 to 1.30; accepted are 1.31 to 1.33",
                ),
            ),
            (
                reach(27, 32, None),
                "1.28",
                Err(
                    "Nodegroup Kubernetes version 1.28 is too old for its cluster, which is 1.32: kubelets are at most \
                     three minors behind; accepted are 1.29 to 1.32",
                ),
            ),
            (
                Reach::default(),
                "1.x",
                Err("unsupported Kubernetes version: 1.x; accepted are versions such as 1.32"),
            ),
        ];
        for (reach, asked, wanted) in rows {
            let said = reach.check(asked).map_err(|error| error.to_string());
            assert_eq!(said, wanted.map(Minor).map_err(str::to_owned), "{asked}");
        }
        assert_eq!(Reach::default().check("1.99"), Ok(Minor(99)));
    }
}
