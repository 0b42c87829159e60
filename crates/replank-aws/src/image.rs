//! Machine images: what one tells about itself, and whether it may stand in for the one that runs.

use std::collections::BTreeSet;

use replank_core::version::Minor;

use crate::Aws;
use crate::cloud::AwsCloud;
use crate::ec2::Tree;
use crate::failure::{CallError, FailureKind};
use crate::family::Family;
use crate::group::ScalingGroup;

/// The tag in which the build scripts of EKS note what they installed, such as `1.32.9/2025-11-01/bin/linux/x86_64`
/// (amazon-eks-ami: `templates`). Whoever builds with them gets it too.
const KUBERNETES: &str = "kubernetes";
/// What the same scripts write into the description, before the version.
const DESCRIBED: &str = "(k8s: ";
/// Most minors that an image may go back: to the one from before. Further back is rather a mistake.
const BACK_MAX: u32 = 1;

/// An image as EC2 describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) architecture: String,
    state: String,
    /// The parameter that AWS publishes it by, where there is one (EC2: `PublicSsmParameterName`).
    pub(crate) parameter: Option<String>,
    /// Kubernetes version that its tag or description tells, such as `1.32.9`.
    kubernetes: Option<String>,
}

impl Image {
    fn of(tree: &Tree) -> Self {
        let text = |name| tree.text(name).unwrap_or_default().to_owned();
        let tags = tree.tags();
        let tagged = tags.get(KUBERNETES).and_then(|value| value.split('/').next());
        let described = tree.text("description").and_then(|words| words.split_once(DESCRIBED));
        let described = described.and_then(|(_, rest)| rest.split([',', ')']).next());
        Self {
            id: text("imageId"),
            name: text("name"),
            architecture: text("architecture"),
            state: text("imageState"),
            parameter: tree.text("publicSsmParameterName").map(str::to_owned),
            kubernetes: tagged.or(described).map(str::to_owned),
        }
    }

    /// Its family: by the parameter that names it, else by its name.
    pub(crate) fn family(&self) -> Option<Family> {
        self.parameter.as_deref().and_then(Family::of_parameter).or_else(|| Family::of_image_name(&self.name))
    }

    /// Kubernetes minor of its kubelet: by its family, else by what its builder noted on it; `None` when nothing tells.
    pub(crate) fn minor(&self) -> Option<Minor> {
        let named = self.family().and_then(|family| Minor::parse(&family.minor));
        named.or_else(|| Minor::of_version(&format!("v{}", self.kubernetes.as_deref()?)))
    }

    /// Error with the reason unless the nodes of a group that runs `present` may run this image instead.
    pub(crate) fn stands_in_for(&self, present: &Self, group: &str) -> Result<(), String> {
        self.is_available()?;
        let differs = |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
        if differs(&present.architecture, &self.architecture) {
            return Err(format!(
                "image {} is for {}, the instances of {group} are {} ({} runs there now)",
                self.id, self.architecture, present.architecture, present.id
            ));
        }
        if let (Some(before), Some(after)) = (present.family(), self.family())
            && before.kind() != after.kind()
        {
            return Err(format!(
                "image {} is of another family: {}, where {group} runs {}; their user data differ, so make a new group for it",
                self.id,
                after.kind(),
                before.kind()
            ));
        }
        match (present.minor(), self.minor()) {
            (Some(before), Some(after)) if before.0 > after.0 + BACK_MAX => Err(format!(
                "image {} is of Kubernetes {after}, {} minors behind what {group} runs ({}, {before}); an update goes back by one \
                 minor at most. If it is meant, have the group launch it, and update without a flag for the image",
                self.id,
                before.0 - after.0,
                present.id
            )),
            _ => Ok(()),
        }
    }

    fn is_available(&self) -> Result<(), String> {
        match self.state.as_str() {
            "" | "available" => Ok(()),
            other => Err(format!("image {} is {other}, not available", self.id)),
        }
    }
}

/// The image with that id; `None` when there is none.
pub(crate) async fn image(aws: &Aws, id: &str) -> Result<Option<Image>, CallError> {
    let listed = aws.ec2.list("DescribeImages", &[("ImageId.1", id)], "imagesSet").await;
    match listed {
        Ok(found) => Ok(found.first().map(Image::of)),
        Err(failure) if failure.code.starts_with("InvalidAMIID") => Ok(None),
        Err(failure) => Err(failure),
    }
}

impl AwsCloud {
    /// Whether the instance types of a group run an image; an error inside says why not. Where nobody may ask, launches
    /// will tell.
    pub(crate) async fn runs_on(
        &self,
        group: &ScalingGroup,
        image: &Image,
    ) -> Result<Result<(), String>, CallError> {
        if let Err(why) = image.is_available() {
            return Ok(Err(why));
        }
        let types = self.types(group);
        if types.is_empty() || image.architecture.is_empty() {
            return Ok(Ok(()));
        }
        let asked: Vec<(String, &String)> =
            types.iter().zip(1..).map(|(kind, at)| (format!("InstanceType.{at}"), kind)).collect();
        let asked: Vec<(&str, &str)> =
            asked.iter().map(|(key, kind)| (key.as_str(), kind.as_str())).collect();
        let told = match self.aws.ec2.list("DescribeInstanceTypes", &asked, "instanceTypeSet").await {
            Ok(told) => told,
            Err(failure) if matches!(failure.kind, FailureKind::Denied | FailureKind::Refused) => {
                return Ok(Ok(()));
            }
            Err(failure) => return Err(failure),
        };
        Ok(told.iter().try_for_each(|kind| supports(kind, image, &group.name)))
    }
}

fn supports(kind: &Tree, image: &Image, group: &str) -> Result<(), String> {
    let listed = kind.get("processorInfo").map(|info| info.items("supportedArchitectures"));
    let known: BTreeSet<&str> = listed.into_iter().flatten().filter_map(plain).collect();
    if known.is_empty() || known.contains(image.architecture.as_str()) {
        return Ok(());
    }
    Err(format!(
        "image {} is for {}, and {group} launches {}, which is {}",
        image.id,
        image.architecture,
        kind.text("instanceType").unwrap_or_default(),
        known.into_iter().collect::<Vec<_>>().join(" or ")
    ))
}

fn plain(tree: &Tree) -> Option<&str> {
    match tree {
        Tree::Text(text) => Some(text.as_str()),
        Tree::Elements(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(members: &str) -> Image {
        Image::of(&Tree::read(&format!("<item>{members}</item>")).unwrap())
    }

    fn named(name: &str, architecture: &str) -> Image {
        read(&format!(
            "<imageId>ami-{name}</imageId><name>{name}</name><architecture>{architecture}</architecture>"
        ))
    }

    fn al2023(minor: &str) -> Image {
        named(&format!("amazon-eks-node-al2023-x86_64-standard-{minor}-v20261119"), "x86_64")
    }

    #[test]
    fn the_minor_is_told_by_name_tag_or_description() {
        let tag = |value: &str| {
            format!(
                "<name>golden</name><tagSet><item><key>Name</key><value>x</value></item><item><key>kubernetes</key>\
                     <value>{value}</value></item></tagSet>"
            )
        };
        let told = |members: &str| read(members).minor();
        assert_eq!(al2023("1.34").minor(), Some(Minor(34)));
        assert_eq!(told(&tag("1.32.9/2025-11-01/bin/linux/x86_64")), Some(Minor(32)));
        assert_eq!(told(&tag("yes")), None);
        let described = "<description>Ours, on AL2023, (k8s: 1.33.5, containerd: 2.1.*)</description>";
        assert_eq!(told(described), Some(Minor(33)));
        assert_eq!(told("<name>golden-1.34</name><description>k8s 1.34</description>"), None);
    }

    #[test]
    fn an_image_of_another_kind_or_two_minors_back_does_not_stand_in() {
        let present = al2023("1.34");
        let against = |image: &Image| image.stands_in_for(&present, "workers");
        for fitting in [al2023("1.34"), al2023("1.33"), al2023("1.36"), named("golden", "x86_64")] {
            assert_eq!(against(&fitting), Ok(()), "{fitting:?}");
        }
        for (wrong, said) in [
            (al2023("1.32"), "is of Kubernetes 1.32, 2 minors behind what workers runs"),
            (named("amazon-eks-node-1.34-v20261119", "x86_64"), "is of another family: amazon-linux-2,"),
            (named("golden", "arm64"), "is for arm64, the instances of workers are x86_64"),
            (read("<imageId>ami-1</imageId><imageState>pending</imageState>"), "is pending, not available"),
        ] {
            let why = against(&wrong).unwrap_err();
            assert!(why.contains(said), "{why}");
        }
    }

    #[test]
    fn types_of_another_architecture_do_not_run_it() {
        let kind = "<item><instanceType>m5.large</instanceType><processorInfo><supportedArchitectures><item>i386</item>\
                    <item>x86_64</item></supportedArchitectures></processorInfo></item>";
        let kind = Tree::read(kind).unwrap();
        assert_eq!(supports(&kind, &named("golden", "x86_64"), "workers"), Ok(()));
        let why = supports(&kind, &named("golden", "arm64"), "workers").unwrap_err();
        assert!(
            why.ends_with("is for arm64, and workers launches m5.large, which is i386 or x86_64"),
            "{why}"
        );
        let silent = Tree::read("<item><instanceType>m5.large</instanceType></item>").unwrap();
        assert_eq!(supports(&silent, &named("golden", "arm64"), "workers"), Ok(()));
    }
}
