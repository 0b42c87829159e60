//! A launch template version with another image.

use replank_core::observed::Answer;
use replank_core::template::TemplateContent;

use super::point::no_template;
use crate::answer;
use crate::cloud::AwsCloud;
use crate::ec2::Tree;
use crate::failure::CallError;
use crate::group::templates::{MADE, Version};
use crate::group::{ScalingGroup, Source};

/// Members of a template that EC2 does not take over from the source version as they are: it drops the snapshots in
/// them (AWS: `CreateLaunchTemplateVersion`).
const DEVICES: &str = "blockDeviceMappingSet";

/// Creates the version: that from which the group launches, with another image. The same token makes the same version.
pub(crate) async fn create_version(
    cloud: &AwsCloud,
    template: &str,
    content: &TemplateContent,
    token: &str,
) -> Answer {
    // The token makes the same version of the same request, so an old reading does no harm.
    let Some(group) = cloud.view().group.clone() else {
        return answer::changed("the group was not read yet".to_owned());
    };
    let Source::Template { base, .. } = &group.source else { return no_template(&group) };
    if base.id != template {
        return answer::changed(format!(
            "the group launches from template {} by now, not {template}",
            base.id
        ));
    }
    let source =
        cloud.view().templates.version(&base.id, &base.version).map(|(number, it)| (number, it.clone()));
    let Some((number, source)) = source else {
        return answer::changed(format!("version {} of template {template} is not known yet", base.version));
    };
    if source.content.settings != content.settings {
        return answer::changed(format!("version {number} of template {template} has other settings by now"));
    }
    if let Err(failure) = pin(cloud, &group, number).await {
        return answer::of(&failure);
    }
    let made =
        cloud.aws.ec2.call("CreateLaunchTemplateVersion", asked(template, number, &source, content, token));
    let made = match made.await {
        Ok(made) => made,
        Err(failure) => {
            cloud.look_soon();
            return answer::of(&failure);
        }
    };
    keep(cloud, template, content, &made, token)
}

/// Makes a group that launches `$Latest` launch its number: a new version would be launched as soon as it is there, and
/// which one it was before would be forgotten.
async fn pin(cloud: &AwsCloud, group: &ScalingGroup, number: u64) -> Result<(), CallError> {
    match &group.source {
        Source::Template { base, .. } if base.version == "$Latest" => {
            cloud.launch_from(group, &base.id, &number.to_string()).await
        }
        Source::Template { .. } | Source::Configuration(_) => Ok(()),
    }
}

/// Keeps the version that was made, unless it is not what was asked for.
fn keep(cloud: &AwsCloud, template: &str, content: &TemplateContent, made: &Tree, token: &str) -> Answer {
    let version = made.get("launchTemplateVersion");
    let number = version.and_then(|version| version.text("versionNumber")?.parse().ok());
    let data = version.and_then(|version| version.get("launchTemplateData"));
    let (Some(number), Some(data)) = (number, data) else {
        cloud.look_soon();
        return Answer::CannotTell("CreateLaunchTemplateVersion: the answer has no version in it".to_owned());
    };
    let version = Version::of(data);
    if version.content != *content {
        return Answer::Impossible(format!(
            "version {number} of launch template {template} came out otherwise than asked: image {}, settings {}",
            version.content.image, version.content.settings
        ));
    }
    let mut view = cloud.view();
    view.templates.add(template, number, version, token);
    view.is_stale = true;
    Answer::Done
}

fn asked(
    template: &str,
    number: u64,
    source: &Version,
    content: &TemplateContent,
    token: &str,
) -> Vec<(String, String)> {
    let mut asked = vec![
        ("LaunchTemplateId".to_owned(), template.to_owned()),
        ("SourceVersion".to_owned(), number.to_string()),
        ("ClientToken".to_owned(), token.to_owned()),
        ("VersionDescription".to_owned(), format!("{MADE}{token}")),
        ("LaunchTemplateData.ImageId".to_owned(), content.image.to_string()),
    ];
    let has_snapshots = source
        .data
        .items(DEVICES)
        .any(|device| device.get("ebs").is_some_and(|disk| disk.text("snapshotId").is_some()));
    if let Some(devices) = source.data.get(DEVICES).filter(|_| has_snapshots) {
        devices.parameters("LaunchTemplateData.BlockDeviceMapping", &mut asked);
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_sent_along_where_snapshots_would_be_dropped() {
        let version = |device: &str| {
            let data = format!(
                "<d><imageId>ami-1</imageId><blockDeviceMappingSet><item><deviceName>/dev/xvdb</deviceName>\
                 <ebs>{device}</ebs></item></blockDeviceMappingSet></d>"
            );
            Version::of(&Tree::read(&data).unwrap())
        };
        let devices = |source: &Version| {
            let asked = asked("lt-1", 3, source, &source.content, "t");
            asked
                .into_iter()
                .filter(|(key, _)| key.contains("BlockDevice"))
                .map(|(_, value)| value)
                .collect::<Vec<_>>()
        };
        assert_eq!(devices(&version("<snapshotId>snap-1</snapshotId>")), ["/dev/xvdb", "snap-1"]);
        assert_eq!(devices(&version("<volumeSize>20</volumeSize>")), Vec::<String>::new());
    }
}
