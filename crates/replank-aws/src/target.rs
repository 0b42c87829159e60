//! What a wish for a group comes to: its image, by id, release, minor or template version, and whether it fits.

use replank_core::names::ImageId;
use replank_core::node_group::spec::Target;
use replank_core::template::TemplateContent;
use replank_service::self_managed::{SelfManagedGroups, Wanted};
use replank_service::{Refusal, RefusalKind};

use crate::cloud::AwsCloud;
use crate::failure::{CallError, FailureKind};
use crate::family::Family;
use crate::group::{ScalingGroup, Source};
use crate::image::{Image, image};
use crate::read::{self, ReadGroupError};
use crate::view;

impl SelfManagedGroups for AwsCloud {
    async fn target(&self, group: &str, wanted: &Wanted) -> Result<Target, Refusal> {
        read::group(self).await.map_err(unread)?;
        let (described, content) = {
            let view = self.view();
            let launches = view.launches().ok_or_else(|| Refusal::invalid("the group was not read"))?;
            let content = launches.version().and_then(|version| launches.versions().remove(&version));
            (launches.group.clone(), content)
        };
        let content =
            content.ok_or_else(|| Refusal::invalid(format!("nothing tells what {group} launches")))?;
        let present = image(&self.aws, content.image.as_str()).await.map_err(failed)?;
        let wish = TargetRequest { cloud: self, group: &described, content, present };
        let (content, image) = wish.target(wanted).await?;
        let minor = image.as_ref().and_then(Image::minor);
        Ok(Target {
            template: view::template_id(&described.source),
            release: image.map_or_else(|| content.image.to_string(), |image| image.name),
            version: minor.map(|minor| minor.to_string()).unwrap_or_default(),
            content,
        })
    }
}

/// A wish for a group, with what the group launches now.
struct TargetRequest<'a> {
    cloud: &'a AwsCloud,
    group: &'a ScalingGroup,
    content: TemplateContent,
    /// Image that the group launches now, if it still exists.
    present: Option<Image>,
}

impl TargetRequest<'_> {
    async fn target(self, wanted: &Wanted) -> Result<(TemplateContent, Option<Image>), Refusal> {
        let wanted_image = match wanted {
            Wanted::Launched => {
                let id = self.content.image.clone();
                let gone = || {
                    Refusal::invalid(format!(
                        "image {id}, which the group launches, does not exist any more: name another one with --image-id"
                    ))
                };
                let present = self.present.ok_or_else(gone)?;
                return Ok((self.content, Some(present)));
            }
            Wanted::TemplateVersion(written) => return self.version(written).await,
            Wanted::Image(id) => id.clone(),
            Wanted::Minor(minor) => self.of_parameter(&self.family()?.with_minor(minor).newest()).await?,
            Wanted::Release(release) => {
                let named = self.family()?.release(release).map_err(Refusal::invalid)?;
                self.of_parameter(&named).await?
            }
        };
        self.may_change_image()?;
        let found = image(&self.cloud.aws, &wanted_image).await.map_err(failed)?;
        let none = || {
            Refusal::invalid(format!(
                "image {wanted_image} does not exist in {}, or is not shared with this account",
                self.cloud.aws.region
            ))
        };
        let found = found.ok_or_else(none)?;
        self.fits(&found).await?;
        let content = TemplateContent { image: ImageId::new(found.id.as_str()), ..self.content };
        Ok((content, Some(found)))
    }

    /// A version of the group's own template.
    async fn version(self, written: &str) -> Result<(TemplateContent, Option<Image>), Refusal> {
        let Source::Template { base, .. } = &self.group.source else {
            return Err(self.without_template("--launch-template-version"));
        };
        let content = {
            let view = self.cloud.view();
            view.templates.version(&base.id, written).map(|(_, version)| version.content.clone())
        };
        let none = || Refusal::invalid(format!("launch template {} has no version {written}", base.id));
        let content = content.ok_or_else(none)?;
        let found = image(&self.cloud.aws, content.image.as_str()).await.map_err(failed)?;
        let gone =
            || Refusal::invalid(format!("image {} of version {written} does not exist", content.image));
        let found = found.ok_or_else(gone)?;
        self.fits(&found).await?;
        Ok((content, Some(found)))
    }

    fn family(&self) -> Result<Family, Refusal> {
        let known = self.present.as_ref().and_then(Image::family);
        known.ok_or_else(|| {
            Refusal::invalid(format!(
                "image {}, which {} launches, is none that AWS publishes for EKS, so nothing tells its other versions; \
                 name the image with --image-id",
                self.content.image, self.group.name
            ))
        })
    }

    async fn of_parameter(&self, name: &str) -> Result<String, Refusal> {
        let found = self.cloud.aws.ssm.parameter(name).await.map_err(failed)?;
        found.ok_or_else(|| {
            // The last two parts are the release and what is told of it.
            let folder = name.rsplitn(3, '/').nth(2).unwrap_or(name);
            let region = &self.cloud.aws.region;
            Refusal::invalid(format!(
                "AWS publishes no such image in {region}: there is no parameter {name}; aws ssm get-parameters-by-path \
                 --recursive --region {region} --path {folder} lists the releases that there are, --kubernetes-version and \
                 --release-version choose one"
            ))
        })
    }

    /// Refuses another image for groups where one version of one template does not decide it.
    fn may_change_image(&self) -> Result<(), Refusal> {
        let Source::Template { overrides, .. } = &self.group.source else {
            return Err(self.without_template("another image"));
        };
        let of_its_own = |one: &&crate::group::Override| one.template.is_some() || one.image.is_some();
        match overrides.iter().flatten().find(of_its_own) {
            None => Ok(()),
            Some(one) => Err(Refusal::invalid(format!(
                "the mixed instances policy of {} gives {} a launch template or an image of its own: change the policy, \
                 then update the group to what it launches (without a flag for the image)",
                self.group.name,
                one.instance_type.as_deref().unwrap_or("some types")
            ))),
        }
    }

    fn without_template(&self, what: &str) -> Refusal {
        Refusal::invalid(format!(
            "{what}: {0} launches from a launch configuration, which cannot change. Copy it to a launch template (EC2 console: \
             Launch configurations, Copy to launch template), have the group launch that (aws autoscaling \
             update-auto-scaling-group --auto-scaling-group-name {0} --launch-template LaunchTemplateName=NAME,Version=1), then \
             update it",
            self.group.name
        ))
    }

    async fn fits(&self, image: &Image) -> Result<(), Refusal> {
        let name = &self.group.name;
        match &self.present {
            Some(present) => image.stands_in_for(present, name).map_err(Refusal::invalid),
            // Nothing tells what ran before, so the types have to.
            None => self.cloud.runs_on(self.group, image).await.map_err(failed)?.map_err(Refusal::invalid),
        }
    }
}

pub(crate) fn unread(error: ReadGroupError) -> Refusal {
    match error {
        ReadGroupError::Failed(failure) => failed(failure),
        ReadGroupError::NoGroup { .. } => Refusal::new(RefusalKind::NotFound, error.to_string()),
        ReadGroupError::Bad(_) | ReadGroupError::NoVersion { .. } => Refusal::invalid(error.to_string()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
pub(crate) fn failed(failure: CallError) -> Refusal {
    let kind = match failure.kind {
        FailureKind::Refused | FailureKind::Denied | FailureKind::Credentials => RefusalKind::InvalidRequest,
        FailureKind::Throttled | FailureKind::Busy | FailureKind::Unknown => RefusalKind::Server,
    };
    Refusal::new(kind, failure.to_string())
}
