//! Launch templates: a new version for new content, another template for another name.

use serde_json::{Map, Value};

use super::job_failure::JobFailure;
use super::property::text;
use super::{Act, Begun, Job, Outcome, kept};
use crate::made::Made;
use crate::port::{Api, LaunchTemplate};

/// The type.
pub(super) const KIND: &str = "AWS::EC2::LaunchTemplate";

/// Names of lists in CloudFormation and in the query protocol, where they differ by more than an `s`.
const LISTS: [(&str, &str); 3] = [
    ("Groups", "SecurityGroupId"),
    ("Ipv6Addresses", "Ipv6Addresses"),
    ("SecurityGroupIds", "SecurityGroupId"),
];

/// What is wrong with properties.
pub(super) fn wrong(properties: &Value) -> Option<String> {
    (!properties["LaunchTemplateData"].is_object())
        .then(|| "#: required key [LaunchTemplateData] not found".to_owned())
}

/// Makes the request of a job; it is done at once.
pub(super) async fn begin<P: Api>(api: &P, job: &Job<'_>) -> Result<Begun, JobFailure> {
    let declined = |why| JobFailure::declined(&why, &job.token, job.act == Act::Create);
    let mut given = vec![("ClientToken".to_owned(), job.token.clone())];
    if let Some(said) = text(&job.new["VersionDescription"]) {
        given.push(("VersionDescription".into(), said));
    }
    flatten("LaunchTemplateData", &job.new["LaunchTemplateData"], &mut given);
    let id = job.physical.unwrap_or_default().to_owned();
    let made = match job.act {
        Act::Create => {
            let name = text(&job.new["LaunchTemplateName"]).unwrap_or_else(|| kept::made_up(job));
            given.push(("LaunchTemplateName".into(), name));
            flatten("TagSpecification", &job.new["TagSpecifications"], &mut given);
            api.ec2("CreateLaunchTemplate", given).await.map_err(declined)?
        }
        Act::Update
            if super::changed(job.old, job.new)
                .iter()
                .any(|it| it == "LaunchTemplateData" || it == "VersionDescription") =>
        {
            given.push(("LaunchTemplateId".into(), id));
            api.ec2("CreateLaunchTemplateVersion", given).await.map_err(declined)?
        }
        Act::Update => api
            .ec2("DescribeLaunchTemplates", vec![("LaunchTemplateId".into(), id)])
            .await
            .map_err(declined)?,
        Act::Delete => match api.ec2("DeleteLaunchTemplate", vec![("LaunchTemplateId".into(), id)]).await {
            Err(why) if !why.is_missing() => return Err(declined(why)),
            Ok(_) | Err(_) => return Ok(Begun::Done(Box::default())),
        },
    };
    Ok(Begun::Done(Box::new(outcome(made))))
}

fn outcome(made: LaunchTemplate) -> Outcome {
    let LaunchTemplate { id, default, latest } = made;
    let attributes = Map::from_iter([
        ("LaunchTemplateId".to_owned(), Value::from(id.as_str())),
        ("DefaultVersionNumber".to_owned(), default.to_string().into()),
        ("LatestVersionNumber".to_owned(), latest.to_string().into()),
    ]);
    Outcome { physical: id.clone(), made: Made { reference: id, attributes } }
}

/// A property as parameters of the query protocol: `BlockDeviceMapping.1.Ebs.VolumeSize`.
fn flatten(at: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, it)| {
            let name = if it.is_array() { one_of(name) } else { name.as_str() };
            flatten(&format!("{at}.{name}"), it, into);
        }),
        Value::Array(items) => {
            items.iter().zip(1..).for_each(|(it, number)| flatten(&format!("{at}.{number}"), it, into));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            into.extend(text(value).map(|text| (at.to_owned(), text)));
        }
    }
}

/// What the query protocol calls the items of a list.
fn one_of(name: &str) -> &str {
    let apart = LISTS.iter().find(|(list, _)| *list == name).map(|(_, one)| *one);
    apart.unwrap_or_else(|| name.strip_suffix('s').unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_become_parameters() {
        let data = json!({
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 80, "Encrypted": true}}],
            "MetadataOptions": {"HttpTokens": "required"}, "SecurityGroupIds": ["sg-1", "sg-2"],
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "x"}]}],
        });
        let mut found = Vec::new();
        flatten("D", &data, &mut found);
        let found: Vec<String> = found.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let wanted = [
            "D.BlockDeviceMapping.1.DeviceName=/dev/xvda",
            "D.BlockDeviceMapping.1.Ebs.VolumeSize=80",
            "D.BlockDeviceMapping.1.Ebs.Encrypted=true",
            "D.MetadataOptions.HttpTokens=required",
            "D.SecurityGroupId.1=sg-1",
            "D.SecurityGroupId.2=sg-2",
            "D.TagSpecification.1.ResourceType=instance",
            "D.TagSpecification.1.Tag.1.Key=Name",
            "D.TagSpecification.1.Tag.1.Value=x",
        ];
        assert_eq!(found, wanted);
    }
}
