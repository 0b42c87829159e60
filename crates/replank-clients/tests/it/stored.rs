//! The AWS SDK for Rust on what is kept beside node groups: add-ons and Fargate profiles with their waiters, tags.

use aws_sdk_eks::client::Waiters;
use aws_sdk_eks::types::{AddonStatus, FargateProfileSelector, FargateProfileStatus};

use crate::bench::{Bench, Outcome, PATIENCE};

#[tokio::test(flavor = "multi_thread")]
async fn add_ons_and_profiles_come_and_go() -> Outcome {
    let bench = Bench::new("sdk-stored")?;
    let (eks, cluster) = (bench.eks(), bench.cluster());
    eks.create_addon().cluster_name(cluster).addon_name("coredns").send().await?;
    let waiter = eks.wait_until_addon_active().cluster_name(cluster).addon_name("coredns");
    let made = waiter.wait(PATIENCE).await?.into_result()?.addon.ok_or("no add-on")?;
    assert_eq!(made.status(), Some(&AddonStatus::Active));
    let versions = eks.describe_addon_versions().addon_name("coredns").into_paginator().items().send();
    let versions = versions.collect::<Result<Vec<_>, _>>().await?;
    let known = versions
        .iter()
        .flat_map(aws_sdk_eks::types::AddonInfo::addon_versions)
        .filter_map(|it| it.addon_version());
    assert!(known.into_iter().any(|it| Some(it) == made.addon_version()), "{:?}", made.addon_version());
    eks.delete_addon().cluster_name(cluster).addon_name("coredns").send().await?;
    let waiter = eks.wait_until_addon_deleted().cluster_name(cluster).addon_name("coredns");
    waiter.wait(PATIENCE).await?;

    let role = "arn:aws:iam::111122223333:role/r";
    let selector = FargateProfileSelector::builder().namespace("n").labels("a", "b").build();
    let create = eks.create_fargate_profile().cluster_name(cluster).fargate_profile_name("f");
    create.pod_execution_role_arn(role).selectors(selector).send().await?;
    let waiter = eks.wait_until_fargate_profile_active().cluster_name(cluster).fargate_profile_name("f");
    let made = waiter.wait(PATIENCE).await?.into_result()?.fargate_profile.ok_or("no profile")?;
    assert_eq!(made.status(), Some(&FargateProfileStatus::Active));
    assert_eq!(made.selectors()[0].labels().and_then(|it| it.get("a")).map(String::as_str), Some("b"));
    eks.delete_fargate_profile().cluster_name(cluster).fargate_profile_name("f").send().await?;
    let waiter = eks.wait_until_fargate_profile_deleted().cluster_name(cluster).fargate_profile_name("f");
    waiter.wait(PATIENCE).await?;
    bench.end()
}

/// An ARN in a path, slashes and all, and keys that need escaping in a query.
#[tokio::test(flavor = "multi_thread")]
async fn tags_with_odd_letters() -> Outcome {
    let bench = Bench::new("sdk-tags")?;
    let (eks, cluster) = (bench.eks(), bench.cluster());
    let found = eks.describe_nodegroup().cluster_name(cluster).nodegroup_name(bench.group()).send().await?;
    let arn = found.nodegroup().and_then(|it| it.nodegroup_arn()).ok_or("no arn")?.to_owned();
    for key in ["a b", "a+b", "a/b:c=d@e", "grün"] {
        eks.tag_resource().resource_arn(&arn).tags(key, "v w").send().await?;
        let tags = eks.list_tags_for_resource().resource_arn(&arn).send().await?.tags.ok_or("no tags")?;
        assert_eq!(tags.get(key).map(String::as_str), Some("v w"), "{key}");
        eks.untag_resource().resource_arn(&arn).tag_keys(key).send().await?;
        let tags = eks.list_tags_for_resource().resource_arn(&arn).send().await?.tags.unwrap_or_default();
        assert!(!tags.contains_key(key), "{key}");
    }
    bench.end()
}
