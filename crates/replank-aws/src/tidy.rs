//! Launch template versions that updates made and nothing launches from any more.
//!
//! A version of ours is known by its description. One goes that the update which ended has made, or that is a day old: a
//! younger one may be that of an update of another group, which has not pointed its group yet. It stays while it is the
//! default, while any scaling group of the account launches from it or has an instance that was launched from it, and
//! while it is the way back of the update that ended.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types as sdk;
use jiff::{SignedDuration, Timestamp};

use crate::cloud::AwsCloud;
use crate::failure::CallError;
use crate::group::Source;
use crate::group::templates::{Made, Template};
use crate::read::{self, ReadGroupError};

/// Most versions of one call (EC2: `DeleteLaunchTemplateVersions`).
const AT_ONCE: usize = 200;
/// Age from which no update is about to use a version that it made and that nothing launches from.
const OLD: SignedDuration = SignedDuration::from_hours(24);

/// Numbers of the template `id` that a group launches from, or has instances of.
fn used(template: &Template, id: &str, group: &sdk::AutoScalingGroup) -> BTreeSet<u64> {
    let policy = group.mixed_instances_policy().and_then(sdk::MixedInstancesPolicy::launch_template);
    let base = policy.and_then(sdk::LaunchTemplate::launch_template_specification);
    let own = policy.map(sdk::LaunchTemplate::overrides).unwrap_or_default();
    let named = group
        .launch_template()
        .into_iter()
        .chain(base)
        .chain(own.iter().filter_map(sdk::LaunchTemplateOverrides::launch_template_specification))
        .chain(group.instances().iter().filter_map(sdk::Instance::launch_template));
    let here = named.filter(|named| named.launch_template_id() == Some(id));
    // Without a version it is the default one.
    here.filter_map(|named| template.number(named.version().unwrap_or("$Default"))).collect()
}

/// Versions that may go at the end of `update`, if `used` are in use.
fn spare(template: &Template, update: &str, used: &BTreeSet<u64>, now: Timestamp) -> BTreeSet<u64> {
    let is_over = |made: &Made| made.by == update || made.at.is_some_and(|at| now.duration_since(at) > OLD);
    let may_go =
        |number: &u64, made: &Made| *number != template.default && !used.contains(number) && is_over(made);
    template.made.iter().filter(|(number, made)| may_go(number, made)).map(|(number, _)| *number).collect()
}

impl AwsCloud {
    /// Deletes, at the end of `update`, the versions of the group's template that updates made and nothing needs any more;
    /// `way_back` stays. The numbers that are gone.
    pub async fn tidy(&self, update: &str, way_back: Option<u64>) -> Result<BTreeSet<u64>, ReadGroupError> {
        let group = self.group_now().await?;
        let Source::Template { base, .. } = &group.source else { return Ok(BTreeSet::new()) };
        let now = Timestamp::now();
        let known = self.view().templates.get(&base.id).cloned().unwrap_or_default();
        let with_way_back = |mut used: BTreeSet<u64>| {
            used.extend(way_back);
            used
        };
        // What this process read and made suffices to see that there is nothing to do, as after most updates.
        if spare(&known, update, &with_way_back(used(&known, &base.id, &group.described)), now).is_empty() {
            return Ok(BTreeSet::new());
        }
        let template = read::list_versions(&self.aws, &base.id).await?;
        // Other groups may launch from the same template.
        let all = read::all(&self.aws).await?;
        let used = all.iter().flat_map(|group| used(&template, &base.id, group)).collect();
        let spare = spare(&template, update, &with_way_back(used), now);
        Ok(self.delete(&base.id, spare).await?)
    }

    async fn delete(&self, template: &str, versions: BTreeSet<u64>) -> Result<BTreeSet<u64>, CallError> {
        let asked: Vec<u64> = versions.into_iter().take(AT_ONCE).collect();
        if asked.is_empty() {
            return Ok(BTreeSet::new());
        }
        let own = [("LaunchTemplateId".to_owned(), template.to_owned())];
        let named = asked
            .iter()
            .zip(1..)
            .map(|(version, at)| (format!("LaunchTemplateVersion.{at}"), version.to_string()));
        let answer =
            self.aws.ec2.call("DeleteLaunchTemplateVersions", own.into_iter().chain(named).collect()).await?;
        let gone = answer.items("successfullyDeletedLaunchTemplateVersionSet");
        Ok(gone.filter_map(|it| it.text("versionNumber")?.parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::Tree;
    use crate::group::templates::MADE;
    use crate::group::tests::described;

    fn version(number: u64, is_default: bool, description: &str, at: &str) -> Tree {
        Tree::read(&format!(
            "<item><createTime>{at}</createTime><versionNumber>{number}</versionNumber><defaultVersion>{is_default}</defaultVersion>\
             <versionDescription>{description}</versionDescription></item>"
        ))
        .unwrap()
    }

    #[test]
    fn versions_of_others_the_default_and_those_in_use_stay() {
        let made = format!("{MADE}u-1");
        let template = Template::of(&[
            version(1, false, &made, "2026-11-30T10:00:00.000Z"),
            version(2, true, &made, "2026-11-30T10:00:00.000Z"),
            version(3, false, "by hand", "2026-11-30T10:00:00.000Z"),
            version(4, false, &made, "2026-11-30T10:00:00.000Z"),
            version(5, false, &made, "2026-11-30T10:00:00.000Z"),
            version(6, false, &made, "2026-11-30T10:00:00.000Z"),
            version(7, false, &format!("{MADE}u-2"), "2026-11-29T09:00:00.000Z"),
            version(8, false, &format!("{MADE}u-2"), "2026-11-30T09:00:00.000Z"),
        ]);
        let now = "2026-11-30T11:00:00Z".parse().unwrap();
        let spare = |used: &BTreeSet<u64>| super::spare(&template, "u-1", used, now);
        let launched = described("5", &[("i-1", "InService", "4")]);
        let in_use = used(&template, "lt-1", &launched);
        assert_eq!(spare(&in_use), BTreeSet::from([1, 6, 7]), "the other update's young one stays");
        let latest = used(&template, "lt-1", &described("$Latest", &[]));
        assert_eq!((latest.contains(&8), spare(&latest)), (true, BTreeSet::from([1, 4, 5, 6, 7])));
        assert_eq!(used(&template, "lt-2", &launched), BTreeSet::new(), "another template");
    }
}
