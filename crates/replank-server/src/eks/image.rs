//! The image that a Kubernetes minor and a release mean, for groups that are made and for those that are updated.

use replank_engine::ports::account::{Account, Image, ImageWish, NoImage, Release};

use super::Failure;
use crate::app::App;

/// The image of a type: the newest of the minor when no release is named.
pub(super) async fn released<A: Account>(
    app: &App<A>,
    kind: &str,
    minor: &str,
    release: Option<&str>,
) -> Result<Image, Failure> {
    let asked = release.map_or(Release::Newest, |release| Release::Exactly(release.to_owned()));
    let wish = ImageWish { kind: kind.to_owned(), minor: minor.to_owned(), release: asked };
    app.account.image(&wish).await.map_err(|missing| match missing {
        NoImage::Minor(said) => Failure::invalid(said),
        // The first sentence is the one of EKS.
        NoImage::Release(there) => Failure::invalid(format!(
            "Requested release version {} is not valid for kubernetes version {minor}. The releases of {kind} are {}",
            release.unwrap_or_default(),
            there.join(", ")
        )),
    })
}
