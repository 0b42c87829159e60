//! The image that a Kubernetes minor and a release mean, for groups that are made and for those that are updated.

use crate::ports::images::{Image, ImageRequest, Images, NoImage, Release};
use crate::refusal::Refusal;

/// The image of a type: the newest of the minor when no release is named.
pub async fn image<I: Images>(
    images: &I,
    kind: &str,
    minor: &str,
    release: Option<&str>,
) -> Result<Image, Refusal> {
    let asked = release.map_or(Release::Newest, |release| Release::Exactly(release.to_owned()));
    let request = ImageRequest { kind: kind.to_owned(), minor: minor.to_owned(), release: asked };
    images.image(&request).await.map_err(|missing| match missing {
        NoImage::Minor(said) => Refusal::invalid(said),
        // The first sentence is the one of EKS.
        NoImage::Release(there) => Refusal::invalid(format!(
            "Requested release version {} is not valid for kubernetes version {minor}. The releases of {kind} are {}",
            release.unwrap_or_default(),
            there.join(", ")
        )),
    })
}
