//! What is asked of an update that goes on, beside what it was begun with.

use anyhow::Result;
use replank_core::node_group::spec::{Batch, Spec, Strategy};

use crate::cli;
use crate::cli::remote::UpgradeNodegroup;
use crate::settings;

/// What the flags of a command ask of an update; `None` for what they leave open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    batch: Option<Batch>,
    strategy: Option<Strategy>,
    force: bool,
    version: Option<String>,
    release: Option<String>,
    image: Option<String>,
}

/// Reads the flags.
pub(super) fn asked(flags: &UpgradeNodegroup) -> Result<Asked> {
    let most = flags.max_unavailable.as_deref().map(settings::max_unavailable).transpose()?;
    let (count, share) = most.unwrap_or_default();
    Ok(Asked {
        batch: count.map(Batch::Count).or(share.map(Batch::Percent)),
        strategy: flags.strategy.map(|strategy| match strategy {
            cli::Strategy::Default => Strategy::Default,
            cli::Strategy::Minimal => Strategy::Minimal,
            cli::Strategy::Replace => Strategy::Replace,
        }),
        force: flags.force,
        version: flags.kubernetes_version.clone(),
        release: flags.release_version.clone(),
        image: flags.image_id.clone(),
    })
}

/// What an update keeps though something else is asked of it, in words.
pub(super) fn differences(asked: &Asked, spec: &Spec) -> Vec<String> {
    let mut kept = Vec::new();
    if asked.batch.is_some_and(|batch| batch != spec.batch) {
        let most = match spec.batch {
            Batch::Count(count) => count.to_string(),
            Batch::Percent(share) => format!("{share}%"),
        };
        kept.push(format!("--max-unavailable {most}"));
    }
    if asked.strategy.is_some_and(|strategy| strategy != spec.strategy) {
        let word = match spec.strategy {
            Strategy::Default => "default",
            Strategy::Minimal => "minimal",
            Strategy::Replace => "replace",
        };
        kept.push(format!("--strategy {word}"));
    }
    if asked.force && !spec.force {
        kept.push("no --force".to_owned());
    }
    let target = &spec.target;
    for (flag, wanted, had) in [
        ("--kubernetes-version", &asked.version, target.version.as_str()),
        ("--release-version", &asked.release, target.release.as_str()),
        ("--image-id", &asked.image, target.image().as_str()),
    ] {
        if wanted.as_deref().is_some_and(|wanted| wanted != had) {
            kept.push(format!("{flag} {had}"));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use replank_core::names::{ClusterName, ImageId, NodeGroupName, TemplateId, UpdateId};
    use replank_core::node_group::spec::Target;
    use replank_core::template::TemplateContent;
    use replank_service::start_update::{Resolved, Rules};

    use super::*;

    #[test]
    fn what_stays_as_it_was_begun_is_named_and_nothing_else() {
        let content = TemplateContent { image: ImageId::new("ami-1"), settings: "{}".into() };
        let target = Target {
            template: TemplateId::new("lt-1"),
            content,
            release: "r1".into(),
            version: "1.32".into(),
        };
        let resolved = Resolved {
            seed: 1,
            update: UpdateId::new("u"),
            cluster: ClusterName::new("c"),
            group: NodeGroupName::new("g"),
            target,
            batch: Batch::Count(2),
            strategy: Strategy::Default,
            force: false,
        };
        let spec = resolved.spec(Rules::default());
        let same =
            Asked { batch: Some(Batch::Count(2)), strategy: Some(Strategy::Default), ..Asked::default() };
        assert!(differences(&same, &spec).is_empty() && differences(&Asked::default(), &spec).is_empty());
        let other = Asked {
            batch: Some(Batch::Percent(33)),
            strategy: Some(Strategy::Minimal),
            force: true,
            version: Some("1.33".into()),
            release: Some("r1".into()),
            image: Some("ami-2".into()),
        };
        let kept = [
            "--max-unavailable 2",
            "--strategy default",
            "no --force",
            "--kubernetes-version 1.32",
            "--image-id ami-1",
        ];
        assert_eq!(differences(&other, &spec), kept);
    }
}
