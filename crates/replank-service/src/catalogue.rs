//! Versions of clusters and add-ons, from data files that name their sources.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use replank_core::version::Minor;

use crate::refusal::Refusal;

/// A Kubernetes minor that EKS offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterVersion {
    /// Kubernetes minor of the control plane, such as 1.34.
    pub minor: Minor,
    /// Days of its release, end of standard support and end of extended support.
    pub days: [Timestamp; 3],
    /// Newest platform version, such as `eks.1`.
    pub platform: &'static str,
    /// Newest patch release.
    pub patch: &'static str,
}

impl ClusterVersion {
    /// Its support at a time, as `versionStatus` and as `status` spell it.
    pub fn support(&self, now: Timestamp) -> (&'static str, &'static str) {
        let [_, standard, extended] = self.days;
        if now < standard {
            ("STANDARD_SUPPORT", "standard-support")
        } else if now < extended {
            ("EXTENDED_SUPPORT", "extended-support")
        } else {
            ("UNSUPPORTED", "unsupported")
        }
    }
}

/// A version of an add-on for a minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddonVersion {
    /// Name of the add-on.
    pub addon: &'static str,
    /// What it is for (EKS: `type`).
    pub kind: &'static str,
    /// Kubernetes minor.
    pub minor: Minor,
    /// Version of the add-on.
    pub version: &'static str,
}

/// All minors, oldest first.
pub fn clusters() -> &'static [ClusterVersion] {
    static READ: OnceLock<Vec<ClusterVersion>> = OnceLock::new();
    READ.get_or_init(|| {
        let rows = rows(include_str!("../data/cluster-versions.csv"));
        // A row of another form is left out here; a test counts them.
        rows.filter_map(|[minor, from, standard, extended, platform, patch]| {
            let days = [day(from)?, day(standard)?, day(extended)?];
            Some(ClusterVersion { minor: Minor::parse(minor)?, days, platform, patch })
        })
        .collect()
    })
}

/// All add-on versions, by add-on, then oldest first; the last one of a minor is its default.
pub fn addons() -> &'static [AddonVersion] {
    static READ: OnceLock<Vec<AddonVersion>> = OnceLock::new();
    READ.get_or_init(|| {
        let rows = rows(include_str!("../data/addon-versions.csv"));
        let one = |[addon, kind, minor, version]: [&'static str; 4]| {
            Some(AddonVersion { addon, kind, minor: Minor::parse(minor)?, version })
        };
        rows.filter_map(one).collect()
    })
}

/// The minor that is asked for (the message begins as that of EKS).
pub fn cluster_version(asked: &str) -> Result<&'static ClusterVersion, Refusal> {
    let minor = Minor::parse(asked);
    let found = minor.and_then(|minor| clusters().iter().find(|version| version.minor == minor));
    found.ok_or_else(|| {
        let there: Vec<String> = clusters().iter().map(|version| version.minor.to_string()).collect();
        Refusal::invalid(format!("unsupported Kubernetes version: {asked}; there are {}", there.join(", ")))
    })
}

/// Default version of an add-on for a minor.
pub fn default_addon(addon: &str, minor: Minor) -> Option<&'static AddonVersion> {
    addons().iter().rfind(|row| row.addon == addon && row.minor == minor)
}

/// Minors that a control plane may run now, oldest first: those with support.
pub fn served(now: Timestamp) -> Vec<Minor> {
    let supported = clusters().iter().filter(|version| version.support(now).0 != "UNSUPPORTED");
    supported.map(|version| version.minor).collect()
}

/// Versions of an add-on for a minor, oldest first.
pub fn addon_versions(addon: &str, minor: Minor) -> Vec<&'static str> {
    let rows = addons().iter().filter(|row| row.addon == addon && row.minor == minor);
    rows.map(|row| row.version).collect()
}

fn rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let rows = text.lines().filter(|row| !row.starts_with('#')).skip(1);
    rows.filter_map(|row| row.split(',').collect::<Vec<_>>().try_into().ok())
}

fn day(text: &str) -> Option<Timestamp> {
    let date: Date = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use replank_core::behaviour::ServerVersion;

    #[test]
    fn every_row_is_read() {
        let lines = |text: &str| text.lines().filter(|row| !row.starts_with('#')).count() - 1;
        assert_eq!(clusters().len(), lines(include_str!("../data/cluster-versions.csv")));
        assert_eq!(addons().len(), lines(include_str!("../data/addon-versions.csv")));
        for version in clusters() {
            assert!(version.days.is_sorted(), "{version:?}");
            assert!(version.patch.starts_with(&format!("{}.", version.minor)), "{version:?}");
        }
        assert_eq!(default_addon("kube-proxy", Minor(32)).unwrap().version, "v1.32.13-eksbuild.28");
    }

    #[test]
    fn control_planes_behave_as_the_patch_that_is_offered() {
        for version in clusters().iter().filter(|version| version.minor >= Minor(32)) {
            assert_eq!(ServerVersion::served(version.minor).to_string(), version.patch);
        }
    }
}
