//! The AWS SDK for Rust: typed answers, typed errors, pages, and the waiters of node groups and clusters.

use aws_sdk_eks::client::Waiters;
use aws_sdk_eks::config::Credentials;
use aws_sdk_eks::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_eks::types::{
    NodegroupScalingConfig, NodegroupStatus, UpdateParamType, UpdateStatus, VpcConfigRequest,
};
use aws_sdk_ssm::types::ParameterType;

use crate::bench::{Bench, Outcome, PATIENCE};

/// The code and the message of a refusal.
fn refusal<E: ProvideErrorMetadata + std::fmt::Debug>(error: &SdkError<E>) -> (String, String) {
    let said = error.as_service_error().unwrap_or_else(|| panic!("no answer of the service: {error:?}"));
    (said.code().unwrap_or_default().to_owned(), said.message().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_group_is_updated_and_waited_for() -> Outcome {
    let bench = Bench::new("sdk-update")?;
    let (eks, cluster, group) = (bench.eks(), bench.cluster(), bench.group());
    let found = eks.describe_cluster().name(cluster).send().await?;
    let found = found.cluster().ok_or("no cluster")?;
    let version = found.version().ok_or("no version")?.to_owned();
    assert!(found.created_at().is_some() && found.certificate_authority().and_then(|it| it.data()).is_some());

    let describe = || eks.describe_nodegroup().cluster_name(cluster).nodegroup_name(group).send();
    let before = describe().await?.nodegroup.ok_or("no group")?;
    assert_eq!(before.status(), Some(&NodegroupStatus::Active));

    let update = eks.update_nodegroup_version().cluster_name(cluster).nodegroup_name(group);
    let update = update.client_request_token("sdk-1");
    let begun = update.clone().send().await?.update.ok_or("no update")?;
    assert_eq!(begun.status(), Some(&UpdateStatus::InProgress));
    let kinds: Vec<_> = begun.params().iter().filter_map(|it| it.r#type().cloned()).collect();
    assert_eq!(kinds, [UpdateParamType::Version, UpdateParamType::ReleaseVersion]);
    let again = update.send().await?.update.ok_or("no update")?;
    assert_eq!(again.id(), begun.id(), "the token was given before");
    let error = eks.update_nodegroup_version().cluster_name(cluster).nodegroup_name(group).send().await;
    let error = error.expect_err("an update is under way").into_service_error();
    assert!(error.is_resource_in_use_exception(), "{error:?}");

    let waiter = eks.wait_until_nodegroup_active().cluster_name(cluster).nodegroup_name(group);
    let after = waiter.wait(PATIENCE).await?.into_result()?.nodegroup.ok_or("no group")?;
    assert_ne!(after.release_version(), before.release_version());
    assert_eq!(after.scaling_config(), before.scaling_config());
    let id = begun.id().ok_or("no id")?;
    let done = eks.describe_update().name(cluster).nodegroup_name(group).update_id(id).send().await?;
    assert_eq!(done.update().and_then(|it| it.status()), Some(&UpdateStatus::Successful));

    let newest = format!(
        "/aws/service/eks/optimized-ami/{version}/amazon-linux-2023/x86_64/standard/recommended/release_version"
    );
    let parameter = bench.ssm().get_parameter().name(newest).send().await?.parameter.ok_or("none")?;
    assert_eq!(
        (parameter.value(), parameter.r#type()),
        (after.release_version(), Some(&ParameterType::String))
    );
    bench.end()
}

#[tokio::test(flavor = "multi_thread")]
async fn node_groups_and_clusters_come_and_go() -> Outcome {
    let bench = Bench::new("sdk-groups")?;
    let (eks, cluster) = (bench.eks(), bench.cluster());
    let first = eks.describe_nodegroup().cluster_name(cluster).nodegroup_name(bench.group()).send().await?;
    let subnets = first.nodegroup().ok_or("no group")?.subnets().to_vec();
    let sizes = NodegroupScalingConfig::builder().min_size(1).desired_size(1).max_size(2).build();
    let create = eks.create_nodegroup().cluster_name(cluster).nodegroup_name("second");
    let create = create.set_subnets(Some(subnets)).scaling_config(sizes);
    create.node_role("arn:aws:iam::111122223333:role/n").send().await?;
    let waiter = eks.wait_until_nodegroup_active().cluster_name(cluster).nodegroup_name("second");
    waiter.wait(PATIENCE).await?;
    eks.delete_nodegroup().cluster_name(cluster).nodegroup_name("second").send().await?;
    let waiter = eks.wait_until_nodegroup_deleted().cluster_name(cluster).nodegroup_name("second");
    let gone = waiter.wait(PATIENCE).await?;
    let error = gone.into_result().expect_err("it is gone").into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");

    let network = VpcConfigRequest::builder().subnet_ids("subnet-1").subnet_ids("subnet-2").build();
    let role = "arn:aws:iam::111122223333:role/r";
    eks.create_cluster().name("c2").role_arn(role).resources_vpc_config(network).send().await?;
    eks.wait_until_cluster_active().name("c2").wait(PATIENCE).await?;
    let pages = eks.list_clusters().into_paginator().page_size(1).items().send();
    let mut names: Vec<String> = pages.collect::<Result<_, _>>().await?;
    names.sort();
    assert_eq!(names, ["c2", cluster]);
    eks.delete_cluster().name("c2").send().await?;
    eks.wait_until_cluster_deleted().name("c2").wait(PATIENCE).await?;
    bench.end()
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_have_their_types_and_their_members() -> Outcome {
    let bench = Bench::new("sdk-errors")?;
    let (eks, cluster) = (bench.eks(), bench.cluster());
    let error = eks.describe_nodegroup().cluster_name(cluster).nodegroup_name("x").send().await;
    let error = error.expect_err("there is none").into_service_error();
    let aws_sdk_eks::operation::describe_nodegroup::DescribeNodegroupError::ResourceNotFoundException(said) =
        error
    else {
        panic!("{error:?}")
    };
    assert_eq!((said.cluster_name(), said.nodegroup_name()), (Some(cluster), Some("x")));
    assert_eq!(said.message(), Some("No node group found for name: x."));

    let error = eks.list_clusters().max_results(500).send().await.expect_err("too many");
    let (code, message) = refusal(&error);
    assert_eq!(code, "InvalidParameterException");
    assert!(message.contains("less than or equal to 100"), "{message}");

    let access = bench.up().told("AWS_ACCESS_KEY_ID");
    let wrong = bench.eks_as(Credentials::new(access, "wrong", None, None, "test"));
    let error = wrong.list_clusters().send().await.expect_err("the signature is wrong");
    assert_eq!(refusal(&error).0, "InvalidSignatureException");
    let nobody = bench.eks_as(Credentials::new("AKIANOBODY", "wrong", None, None, "test"));
    let error = nobody.list_clusters().send().await.expect_err("nobody has that key");
    assert_eq!(refusal(&error).0, "UnrecognizedClientException");

    let error = bench.ssm().get_parameter().name("/nothing").send().await.expect_err("there is none");
    assert!(error.into_service_error().is_parameter_not_found());
    bench.end()
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_and_the_caller() -> Outcome {
    let bench = Bench::new("sdk-parameters")?;
    let ssm = bench.ssm();
    let pages = ssm.get_parameters_by_path().path("/aws/service/eks/optimized-ami/1.31").recursive(true);
    let mut pages = pages.into_paginator().page_size(3).send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(page?.parameters().iter().filter_map(|it| it.name().map(str::to_owned)));
    }
    let whole = names.len();
    names.sort();
    names.dedup();
    assert!(whole > 10 && names.len() == whole, "{names:?}");
    let several = ssm.get_parameters().names(&names[0]).names("/nothing").send().await?;
    assert_eq!((several.parameters().len(), several.invalid_parameters()), (1, &["/nothing".to_owned()][..]));
    let caller = bench.sts().get_caller_identity().send().await?;
    assert_eq!(caller.account(), Some("111122223333"));
    assert!(caller.arn().is_some_and(|arn| arn.starts_with("arn:aws:iam::111122223333:user/")));
    bench.end()
}
