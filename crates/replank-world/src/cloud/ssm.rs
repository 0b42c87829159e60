//! Names of the public SSM parameters with recommended AMIs (EKS user guide: `retrieve-ami-id` pages).

use super::catalogue::{Catalogue, Image};

/// The parameter prefix of an AMI type and minor, to which `image_id` and the like are appended; `None` for AMI
/// types without parameters.
pub fn ssm_prefix(ami_type: &str, minor: &str) -> Option<String> {
    let arm = ami_type.contains("ARM_64");
    let cpu = if arm { "arm64" } else { "x86_64" };
    let parts: Vec<&str> = ami_type.split('_').collect();
    let has = |part: &str| parts.contains(&part);
    let prefix = match parts.as_slice() {
        ["AL2", ..] => {
            let variant = if has("GPU") {
                "-gpu"
            } else if arm {
                "-arm64"
            } else {
                ""
            };
            format!("/aws/service/eks/optimized-ami/{minor}/amazon-linux-2{variant}/recommended/")
        }
        ["AL2023", .., variant] => {
            let variant = variant.to_lowercase();
            format!("/aws/service/eks/optimized-ami/{minor}/amazon-linux-2023/{cpu}/{variant}/recommended/")
        }
        ["BOTTLEROCKET", ..] => {
            let variant = [("NVIDIA", "-nvidia"), ("FIPS", "-fips")];
            let variant: String =
                variant.iter().filter(|(part, _)| has(part)).map(|(_, name)| *name).collect();
            format!("/aws/service/bottlerocket/aws-k8s-{minor}{variant}/{cpu}/latest/")
        }
        ["WINDOWS", core, year, ..] => {
            let core = if *core == "CORE" { "Core" } else { "Full" };
            format!(
                "/aws/service/ami-windows-latest/Windows_Server-{year}-English-{core}-EKS_Optimized-{minor}/"
            )
        }
        ["UBUNTU", year, month, ..] => {
            let cpu = if arm { "arm64" } else { "amd64" };
            let disk = if *year >= "24" { "gp3" } else { "gp2" };
            format!(
                "/aws/service/canonical/ubuntu/eks/{year}.{month}/{minor}/stable/current/{cpu}/hvm/ebs-{disk}/"
            )
        }
        _ => return None,
    };
    Some(prefix)
}

/// The parameter whose value is the id of the recommended image; `None` for AMI types without parameters.
pub fn image_parameter(ami_type: &str, minor: &str) -> Option<String> {
    let name = if ami_type.starts_with("UBUNTU_") { "ami-id" } else { "image_id" };
    Some(format!("{}{name}", ssm_prefix(ami_type, minor)?))
}

/// The parameter whose value is the id of this image, of the newest of its type and minor the recommended one; of an
/// earlier one that which EKS and Bottlerocket keep by its name or release. `None` when there is none.
pub fn parameter_of(image: &Image) -> Option<String> {
    let newest = Catalogue::get().find(&image.ami_type, &image.minor, "latest").ok()?;
    if newest.id == image.id {
        return image_parameter(&image.ami_type, &image.minor);
    }
    let prefix = ssm_prefix(&image.ami_type, &image.minor)?;
    match (prefix.strip_suffix("recommended/"), prefix.strip_suffix("latest/")) {
        (Some(place), _) => Some(format!("{place}{}/image_id", image.name)),
        (None, Some(place)) => Some(format!("{place}{}/image_id", image.release)),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_of_eks_is_led_to_by_a_parameter_of_its_own() {
        let newest = Catalogue::get().find("AL2023_x86_64_STANDARD", "1.32", "latest").unwrap();
        let family = "/aws/service/eks/optimized-ami/1.32/amazon-linux-2023/x86_64/standard";
        assert_eq!(parameter_of(newest), Some(format!("{family}/recommended/image_id")));
        let before = Catalogue::get().find("AL2023_x86_64_STANDARD", "1.32", "newest-1").unwrap();
        assert_eq!(parameter_of(before), Some(format!("{family}/{}/image_id", before.name)));
        let bottlerocket = Catalogue::get().find("BOTTLEROCKET_x86_64", "1.32", "newest-1").unwrap();
        let place = "/aws/service/bottlerocket/aws-k8s-1.32/x86_64";
        assert_eq!(parameter_of(bottlerocket), Some(format!("{place}/{}/image_id", bottlerocket.release)));
    }

    #[test]
    fn prefixes_are_those_of_the_guide() {
        let eks = "/aws/service/eks/optimized-ami/1.31";
        let rows = [
            ("AL2_x86_64", format!("{eks}/amazon-linux-2/recommended/")),
            ("AL2_x86_64_GPU", format!("{eks}/amazon-linux-2-gpu/recommended/")),
            ("AL2_ARM_64", format!("{eks}/amazon-linux-2-arm64/recommended/")),
            ("AL2023_ARM_64_STANDARD", format!("{eks}/amazon-linux-2023/arm64/standard/recommended/")),
            ("AL2023_x86_64_NEURON", format!("{eks}/amazon-linux-2023/x86_64/neuron/recommended/")),
            ("BOTTLEROCKET_x86_64", "/aws/service/bottlerocket/aws-k8s-1.31/x86_64/latest/".into()),
            (
                "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
                "/aws/service/bottlerocket/aws-k8s-1.31-nvidia-fips/arm64/latest/".into(),
            ),
            (
                "WINDOWS_FULL_2022_x86_64",
                "/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-EKS_Optimized-1.31/".into(),
            ),
            (
                "UBUNTU_24_04_ARM_64",
                "/aws/service/canonical/ubuntu/eks/24.04/1.31/stable/current/arm64/hvm/ebs-gp3/".into(),
            ),
        ];
        for (ami_type, wanted) in rows {
            assert_eq!(ssm_prefix(ami_type, "1.31"), Some(wanted), "{ami_type}");
        }
        assert_eq!(ssm_prefix("CUSTOM", "1.31"), None);
    }
}
