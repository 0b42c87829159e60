//! Machine images: AMI types, Kubernetes minors and releases. It does not know who runs them.
//!
//! Source of the rows: `data/images.csv`. A release is found by name or as `latest`, `newest-1` and so on; errors
//! list what exists.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use thiserror::Error;

/// The catalogue as CSV.
const ROWS: &str = include_str!("../../data/images.csv");

/// Processor architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arch {
    /// x86-64.
    Amd64,
    /// 64-bit Arm.
    Arm64,
}

impl Arch {
    /// The value of the label `kubernetes.io/arch`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

/// A machine image (AMI).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// AMI type, such as `AL2023_x86_64_STANDARD` (EKS: `AMITypes`).
    pub ami_type: Arc<str>,
    /// Kubernetes minor, such as `1.32`.
    pub minor: Arc<str>,
    /// Release version, such as `1.32.9-20251101`.
    pub release: Arc<str>,
    /// AMI id, such as `ami-0123456789abcdef0`.
    pub id: Arc<str>,
    /// AMI name.
    pub name: Arc<str>,
    /// The version its kubelet reports, such as `v1.32.9-eks-e7700ef`.
    pub kubelet: Arc<str>,
    /// Day of publication, such as `2025-11-01`.
    pub published: Arc<str>,
}

impl Image {
    /// The architecture, from the AMI type.
    pub fn arch(&self) -> Arch {
        if self.ami_type.contains("ARM_64") { Arch::Arm64 } else { Arch::Amd64 }
    }

    /// The value of the label `kubernetes.io/os`.
    pub fn os(&self) -> &'static str {
        if self.ami_type.starts_with("WINDOWS_") { "windows" } else { "linux" }
    }
}

/// The catalogue has no such image; what it has instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotThere {
    /// There is no such AMI type.
    #[error("there is no image type {asked}; there are {}", there.join(", "))]
    Type {
        /// The AMI type asked for.
        asked: String,
        /// The AMI types there are.
        there: Vec<Arc<str>>,
    },
    /// The AMI type has no image for the minor.
    #[error("there is no {ami_type} image for Kubernetes {asked}; there are images for {}", there.join(", "))]
    Minor {
        /// The type asked for, as EKS names it (`AMITypes`).
        ami_type: Arc<str>,
        /// The minor asked for.
        asked: String,
        /// Minors of this AMI type, oldest first.
        there: Vec<Arc<str>>,
    },
    /// There is no such release. The first sentence of the message is that of EKS.
    #[error(
        "Requested release version {asked} is not valid for kubernetes version {minor}. The releases of {ami_type} \
         are {}", there.join(", ")
    )]
    Release {
        /// The type asked for, as EKS names it (`AMITypes`).
        ami_type: Arc<str>,
        /// Kubernetes minor that the release was asked for, such as `1.34`.
        minor: Arc<str>,
        /// The release asked for.
        asked: String,
        /// Releases of this AMI type and minor, oldest first.
        there: Vec<Arc<str>>,
    },
}

/// All images, indexed.
#[derive(Debug, Default)]
pub struct Catalogue {
    images: Vec<Image>,
    /// Images by AMI type and minor, oldest release first. Minors are keyed by their number, so that 1.9 precedes
    /// 1.10.
    releases: BTreeMap<Arc<str>, BTreeMap<u32, Vec<usize>>>,
    by_id: BTreeMap<Arc<str>, usize>,
}

impl Catalogue {
    /// The catalogue of the embedded world, parsed once.
    pub fn get() -> &'static Self {
        static READ: OnceLock<Catalogue> = OnceLock::new();
        READ.get_or_init(|| Self::read(ROWS))
    }

    fn read(rows: &str) -> Self {
        let mut catalogue = Self::default();
        let rows = rows.lines().filter(|row| !row.starts_with('#')).skip(1);
        // A row of another form is left out here; a test reads every row of the file.
        for image in rows.filter_map(row) {
            let Some(minor) = minor_number(&image.minor) else { continue };
            let at = catalogue.images.len();
            let minors = catalogue.releases.entry(image.ami_type.clone()).or_default();
            minors.entry(minor).or_default().push(at);
            catalogue.by_id.insert(image.id.clone(), at);
            catalogue.images.push(image);
        }
        catalogue
    }

    /// All AMI types, by name.
    pub fn types(&self) -> impl Iterator<Item = &Arc<str>> {
        self.releases.keys()
    }

    /// The minors of an AMI type, oldest first; empty for an unknown type.
    pub fn minors(&self, ami_type: &str) -> Vec<Arc<str>> {
        let minors = self.releases.get(ami_type).into_iter().flat_map(BTreeMap::values);
        minors.filter_map(|releases| Some(self.images[*releases.first()?].minor.clone())).collect()
    }

    /// The images of an AMI type for a minor, oldest first.
    pub fn releases(&self, ami_type: &str, minor: &str) -> Result<Vec<&Image>, NotThere> {
        let Some((ami_type, minors)) = self.releases.get_key_value(ami_type) else {
            return Err(NotThere::Type { asked: ami_type.into(), there: self.types().cloned().collect() });
        };
        let releases = minor_number(minor).and_then(|minor| minors.get(&minor));
        let releases = releases.ok_or_else(|| NotThere::Minor {
            ami_type: ami_type.clone(),
            asked: minor.into(),
            there: self.minors(ami_type),
        })?;
        Ok(releases.iter().map(|at| &self.images[*at]).collect())
    }

    /// One image of an AMI type for a minor: `latest`, `newest-N` (the N-th before the newest) or a release
    /// version.
    pub fn find(&self, ami_type: &str, minor: &str, release: &str) -> Result<&Image, NotThere> {
        let releases = self.releases(ami_type, minor)?;
        let back = match release {
            "latest" | "newest" => Some(0),
            _ => release.strip_prefix("newest-").and_then(|back| back.parse::<usize>().ok()),
        };
        let found = match back {
            Some(back) => releases.len().checked_sub(back + 1).map(|at| releases[at]),
            None => releases.iter().copied().find(|image| *image.release == *release),
        };
        found.ok_or_else(|| NotThere::Release {
            ami_type: ami_type.into(),
            minor: minor.into(),
            asked: release.into(),
            there: releases.iter().map(|image| image.release.clone()).collect(),
        })
    }

    /// Every image of EKS that is listed here, in the order of the data.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        self.images.iter()
    }

    /// The image of that AMI id.
    pub fn by_id(&self, id: &str) -> Option<&Image> {
        self.by_id.get(id).map(|at| &self.images[*at])
    }
}

/// The number of a minor such as `1.32`.
fn minor_number(minor: &str) -> Option<u32> {
    minor.strip_prefix("1.")?.parse().ok()
}

fn row(text: &str) -> Option<Image> {
    let mut cells = text.split(',').map(Arc::from);
    let image = Image {
        ami_type: cells.next()?,
        minor: cells.next()?,
        release: cells.next()?,
        id: cells.next()?,
        name: cells.next()?,
        kubelet: cells.next()?,
        published: cells.next()?,
    };
    cells.next().is_none().then_some(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_well_formed() {
        let rows: Vec<&str> = ROWS.lines().filter(|row| !row.starts_with('#')).skip(1).collect();
        let catalogue = Catalogue::get();
        assert_eq!((catalogue.images.len(), catalogue.by_id.len()), (rows.len(), rows.len()));
        for image in &catalogue.images {
            let hex = image.id.strip_prefix("ami-").expect("an image id");
            assert!(hex.len() == 17 && hex.bytes().all(|b| b.is_ascii_hexdigit()), "{image:?}");
            let day = image.published.split('-').map(str::len).collect::<Vec<_>>();
            assert_eq!(day, [4, 2, 2], "{image:?}");
            let plain = image.published.replace('-', "");
            let (head, tail) = image.release.split_once('-').unwrap_or(("", &image.release));
            let patch = image.kubelet[1..].split('-').next().expect("a version");
            assert!(patch.starts_with(&format!("{}.", image.minor)), "{image:?}");
            let fits = match image.ami_type.split('_').next() {
                Some("AL2" | "AL2023") => head == patch && tail == plain,
                Some("BOTTLEROCKET") => head.split('.').count() == 3 && tail.len() == 8,
                Some("WINDOWS") => head == &*image.minor && tail == image.published.replace('-', "."),
                _ => head.is_empty() && tail == plain,
            };
            assert!(fits && image.name.contains(&*image.minor), "{image:?}");
        }
    }

    #[test]
    fn every_minor_has_what_it_should() {
        let rows = [
            ("AL2_x86_64", "1.23", "1.32", 10),
            ("AL2_ARM_64", "1.23", "1.32", 10),
            ("AL2023_x86_64_STANDARD", "1.25", "1.37", 13),
            ("AL2023_x86_64_NEURON", "1.28", "1.36", 9),
            ("BOTTLEROCKET_x86_64", "1.23", "1.36", 14),
            ("BOTTLEROCKET_ARM_64_NVIDIA_FIPS", "1.32", "1.36", 5),
            ("WINDOWS_CORE_2022_x86_64", "1.23", "1.36", 14),
            ("WINDOWS_FULL_2025_x86_64", "1.35", "1.36", 2),
            ("UBUNTU_24_04_x86_64", "1.31", "1.36", 6),
        ];
        let catalogue = Catalogue::get();
        for (ami_type, first, last, count) in rows {
            let minors = catalogue.minors(ami_type);
            assert_eq!((&*minors[0], &*minors[minors.len() - 1], minors.len()), (first, last, count));
        }
        for ami_type in catalogue.types() {
            for minor in catalogue.minors(ami_type) {
                let releases = catalogue.releases(ami_type, &minor).unwrap();
                assert!(releases.len() >= 3, "{ami_type} {minor}");
                assert!(releases.is_sorted_by_key(|image| image.published.clone()), "{ami_type} {minor}");
            }
        }
    }

    #[test]
    fn releases_are_found_by_name_and_by_age() {
        let find = |release| Catalogue::get().find("AL2023_x86_64_STANDARD", "1.32", release);
        assert_eq!(&*find("latest").unwrap().release, "1.32.13-20261105");
        assert_eq!(&*find("newest-1").unwrap().release, "1.32.11-20260415");
        let image = find("1.32.9-20251101").unwrap();
        assert_eq!(Catalogue::get().by_id(&image.id), Some(image));
        assert_eq!((image.arch().as_str(), image.os()), ("amd64", "linux"));
    }

    #[test]
    fn an_error_says_what_there_is() {
        let rows = [
            (("AL2024", "1.32", "latest"), "there is no image type AL2024; there are AL2023_ARM_64_NVIDIA, "),
            (
                ("AL2_x86_64", "1.33", "latest"),
                "there is no AL2_x86_64 image for Kubernetes 1.33; there are images for 1.23, 1.24, ",
            ),
            (
                ("AL2_x86_64", "1.32", "newest-3"),
                "Requested release version newest-3 is not valid for kubernetes version 1.32. The releases of \
                 AL2_x86_64 are 1.32.0-20250123, 1.32.7-20250715, 1.32.9-20251101",
            ),
        ];
        for ((ami_type, minor, release), wanted) in rows {
            let said = Catalogue::get().find(ami_type, minor, release).unwrap_err().to_string();
            assert!(said.starts_with(wanted), "{said}");
        }
    }
}
