//! Versions of clusters, and targets of upgrades.

use std::fmt;

use replank_core::version::Minor;
use thiserror::Error;

/// Newest minor in the tables (Kubernetes 1.38.0-beta.0).
pub const NEWEST: Minor = Minor(38);
/// Oldest target; the tables have nothing before it.
const OLDEST: Minor = Minor(16);

/// A Kubernetes version, with the patch release if it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Minor, such as 1.34.
    pub minor: Minor,
    /// Patch release, if known.
    pub patch: Option<u32>,
}

impl Version {
    /// Parses `1.34`, `1.34.1`, `v1.34.1`, and suffixes of clouds such as `v1.34.1-eks-113cf36`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let minor = Minor::of_version(&format!("v{text}"))?;
        let patch = text.split('.').nth(2).map(|rest| {
            let digits: &str = rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
            digits.parse().ok()
        });
        match patch {
            Some(None) => None,
            Some(Some(patch)) => Some(Self { minor, patch: Some(patch) }),
            None => Some(Self { minor, patch: None }),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.patch {
            Some(patch) => write!(f, "{}.{patch}", self.minor),
            None => write!(f, "{}", self.minor),
        }
    }
}

/// Reason why a target cannot be checked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    /// No target was given, and no cluster tells the next minor.
    #[error("--target is missing and no cluster tells the next version: give one such as --target {NEWEST}")]
    Missing,
    /// The text is not a version.
    #[error("--target {asked}: no version of Kubernetes; give one such as {NEWEST} or {NEWEST}.1")]
    NoVersion {
        /// The text that was given.
        asked: String,
    },
    /// A minor outside the tables.
    #[error("--target {asked}: there is no such version that is known here; known are {OLDEST} to {NEWEST}")]
    Unknown {
        /// Target version that was given.
        asked: Version,
    },
    /// The target is older than the cluster.
    #[error(
        "--target {asked}: the cluster runs {cluster} already, and a control plane does not go back by an upgrade; \
         give {}, or leave --target out", next(.cluster.minor)
    )]
    Older {
        /// Target version that was given.
        asked: Version,
        /// Version of the control plane of the cluster.
        cluster: Version,
    },
    /// The target is more than one minor ahead of the cluster; a control plane goes up one minor at a time.
    #[error(
        "--target {asked}: the cluster runs {cluster}, and a control plane goes up one minor at a time; check {} \
         first, upgrade, and check again", next(.cluster.minor)
    )]
    Ahead {
        /// Target version that was given.
        asked: Version,
        /// Version of the control plane of the cluster.
        cluster: Version,
    },
}

fn next(minor: Minor) -> Minor {
    Minor(minor.0 + 1)
}

/// Target to check against: the given one, else the next minor after that of the cluster.
pub fn target(asked: Option<&str>, cluster: Option<Version>) -> Result<Version, TargetError> {
    let Some(asked) = asked else {
        let cluster = cluster.ok_or(TargetError::Missing)?;
        let asked = Version { minor: next(cluster.minor), patch: None };
        return if asked.minor > NEWEST { Err(TargetError::Unknown { asked }) } else { Ok(asked) };
    };
    let asked = Version::parse(asked)
        .ok_or_else(|| TargetError::NoVersion { asked: asked.chars().take(40).collect() })?;
    if asked.minor < OLDEST || asked.minor > NEWEST {
        return Err(TargetError::Unknown { asked });
    }
    match cluster {
        Some(cluster) if is_older(asked, cluster) => Err(TargetError::Older { asked, cluster }),
        Some(cluster) if asked.minor > next(cluster.minor) => Err(TargetError::Ahead { asked, cluster }),
        Some(_) | None => Ok(asked),
    }
}

/// Without a patch, a minor is as new as anything of it.
fn is_older(asked: Version, cluster: Version) -> bool {
    asked.minor < cluster.minor
        || asked.minor == cluster.minor
            && matches!((asked.patch, cluster.patch), (Some(asked), Some(cluster)) if asked < cluster)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn versions_have_a_patch_or_none() {
        for (text, wanted) in [
            ("1.34", Some((34, None))),
            ("1.34.1", Some((34, Some(1)))),
            ("v1.34.1-eks-113cf36", Some((34, Some(1)))),
            ("v1.27+", Some((27, None))),
            ("1.34.x", None),
            ("2.1", None),
            ("banana", None),
        ] {
            let read = Version::parse(text).map(|version| (version.minor.0, version.patch));
            assert_eq!(read, wanted, "{text}");
        }
    }

    #[test]
    fn the_next_minor_is_meant_unless_told_otherwise() {
        let cluster = Some(version("v1.33.4"));
        assert_eq!(target(None, cluster), Ok(version("1.34")));
        assert_eq!(target(Some("1.34.1"), cluster), Ok(version("1.34.1")));
        assert_eq!(target(Some("1.33"), cluster), Ok(version("1.33")));
        assert_eq!(target(None, None), Err(TargetError::Missing));
        for (asked, said) in [
            ("1.35", "goes up one minor at a time; check 1.34 first"),
            ("1.32", "does not go back by an upgrade; give 1.34"),
            ("1.33.2", "does not go back"),
            ("1.99", "known are 1.16 to 1.38"),
            ("newest", "--target newest: no version of Kubernetes; give one such as 1.38"),
        ] {
            let error = target(Some(asked), cluster).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert_eq!(target(Some("1.20"), None), Ok(version("1.20")));
    }
}
