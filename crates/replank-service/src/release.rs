//! Finds the image for a Kubernetes minor and a release, for new groups and for updates.

use crate::ports::images::{Image, ImageRequest, Images, NoImage, Release};
use crate::refusal::Refusal;

/// The image of this type and release, or the newest for the minor when `release` is `None`.
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
