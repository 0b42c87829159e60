//! Processor architectures of instance types, by their names, and of images (EC2 user guide: instance type naming
//! conventions).

use crate::refusal::Refusal;

/// A processor architecture that EKS has node images for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Architecture {
    /// `x86_64`.
    X86,
    /// `arm64`.
    Arm,
}

impl Architecture {
    /// The architecture of an instance type. A `g` after the generation means Graviton; A1 and the Apple silicon Macs
    /// are older exceptions.
    fn of_instance_type(name: &str) -> Self {
        let family = name.split('.').next().unwrap_or_default();
        let behind = family.trim_start_matches(|c: char| !c.is_ascii_digit());
        let attributes = behind.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_arm = attributes.contains('g')
            || family == "a1"
            || family.starts_with("mac2")
            || family.starts_with("mac-");
        if is_arm { Self::Arm } else { Self::X86 }
    }

    /// The architecture of images of this type (EKS: `AMITypes`); `None` for `CUSTOM`.
    fn of_images(ami_type: &str) -> Option<Self> {
        match ami_type {
            "CUSTOM" => None,
            kind if kind.contains("ARM_64") => Some(Self::Arm),
            _ => Some(Self::X86),
        }
    }
}

/// Refuses instance types that do not run images of this type, and types of different architectures in one group.
pub fn check(ami_type: &str, types: &[&str]) -> Result<(), Refusal> {
    let of = |name: &&str| Architecture::of_instance_type(name);
    let needed = Architecture::of_images(ami_type).or_else(|| types.first().map(of));
    let wrong: Vec<&str> = types.iter().copied().filter(|name| Some(of(name)) != needed).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let listed = wrong.join(", ");
    if ami_type == "CUSTOM" {
        let first = types.first().copied().unwrap_or_default();
        let said =
            format!("[{listed}] has another architecture than {first}; a node group has one architecture.");
        return Err(Refusal::invalid(said));
    }
    // EKS: the words of an error.
    Err(Refusal::invalid(format!("[{listed}] is not a valid instance type for requested amiType {ami_type}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_processor() {
        let arm = [
            "a1.large",
            "t4g.small",
            "m6gd.large",
            "c7gn.xlarge",
            "im4gn.large",
            "is4gen.large",
            "i4g.large",
        ];
        let more =
            ["g5g.xlarge", "hpc7g.4xlarge", "x2gd.medium", "r8g.large", "p6e-gb200.36xlarge", "mac2.metal"];
        for name in arm.iter().chain(&more) {
            assert_eq!(Architecture::of_instance_type(name), Architecture::Arm, "{name}");
        }
        let x86 = ["m5.large", "g4dn.xlarge", "g5.xlarge", "p4d.24xlarge", "m7i-flex.large", "u-6tb1.metal"];
        let more =
            ["inf2.xlarge", "trn1n.32xlarge", "gr6.4xlarge", "x2iedn.large", "t3a.medium", "c6id.large"];
        for name in x86.iter().chain(&more) {
            assert_eq!(Architecture::of_instance_type(name), Architecture::X86, "{name}");
        }
    }

    #[test]
    fn types_and_images_go_together() {
        for (ami_type, types, said) in [
            ("AL2023_x86_64_STANDARD", &["m5.large", "t3.medium"][..], None),
            ("BOTTLEROCKET_ARM_64", &["m6g.large", "t4g.medium"], None),
            ("AL2_ARM_64", &[], None),
            ("CUSTOM", &["m6g.large"], None),
            ("CUSTOM", &["m5.large"], None),
            (
                "AL2_x86_64",
                &["t4g.small"],
                Some("[t4g.small] is not a valid instance type for requested amiType AL2_x86_64"),
            ),
            ("AL2_x86_64", &["m5.large", "t4g.small"], Some("[t4g.small] is not a valid instance type")),
            ("AL2023_ARM_64_STANDARD", &["m5.large"], Some("[m5.large] is not a valid instance type")),
            ("WINDOWS_CORE_2022_x86_64", &["m6g.large"], Some("[m6g.large] is not a valid")),
            (
                "CUSTOM",
                &["m6g.large", "m5.large"],
                Some("[m5.large] has another architecture than m6g.large"),
            ),
        ] {
            let found = check(ami_type, types).err().map(|failure| failure.message);
            let fits = match (&found, said) {
                (Some(found), Some(said)) => found.starts_with(said),
                (found, said) => found.is_none() && said.is_none(),
            };
            assert!(fits, "{ami_type} {types:?}: {found:?}");
        }
    }
}
