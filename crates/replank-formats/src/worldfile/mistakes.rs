//! Test cases of `worldfile`: common mistakes and what users are told, and manifests that replace what a cluster
//! brings along.

use super::tests::refused;
use super::{contents, read};
use crate::manifest::Source;

#[test]
fn common_mistakes_are_told_with_the_way_out() {
    let group = |text: &str| format!("clusters:\n- nodeGroups:\n  - {text}\n");
    let load = |text: &str| format!("clusters:\n- nodeGroups: [{{}}]\n  workloads:\n  - {text}\n");
    let act = |text: &str| format!("clusters: [{{nodeGroups: [{{}}]}}]\nacts:\n- {text}\n");
    let table = [
        (
            "clusters:\n- region: eu-west-1\n  nodeGroups: [{}]\n".to_owned(),
            "w.yaml:3:16: clusters[0].nodeGroups[0].zones: is missing, expected zones of region eu-west-1 such as \
             [eu-west-1a]",
        ),
        (
            group("labels: {a b: x}"),
            "w.yaml:3:19: clusters[0].nodeGroups[0].labels[a b]: name part must consist of alphanumeric characters, \
             '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  \
             or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ),
        (
            group("taints: [{key: os, value: -x}]"),
            "w.yaml:3:31: clusters[0].nodeGroups[0].taints[0].value: a valid label must be an empty string or consist \
             of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. \
             'MyValue',  or 'my_value',  or '12345', regex used for validation is \
             '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
        (
            "clusters:\n- nodeGroups: [{}]\nupdate: {image: ami-1}\n".to_owned(),
            "w.yaml:3:17: update.image: is given, but no node group that is updated has imageType CUSTOM",
        ),
        (
            load("{name: web, kind: CronJob, schedule: whenever}"),
            "w.yaml:4:5: clusters[0].workloads[0]: The CronJob \"web\" is invalid: spec.schedule: Invalid value: \
             \"whenever\": expected exactly 5 fields, found 1: [whenever]",
        ),
        (
            act("do: {pause: {}}"),
            "w.yaml:3:7: acts[0].do: a mapping is not accepted, expected the word alone, as in `do: pause`, with its \
             fields beside it",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(refused(&text), expected, "{text}");
    }
}

#[test]
fn given_manifests_take_the_place_of_what_the_cluster_brings_along() {
    let world = read("w.yaml", b"clusters: [{nodeGroups: [{}], addons: [coredns]}]").expect("accepted");
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: coredns, namespace: \
                  kube-system, labels: {own: one}}\nspec: {minAvailable: 2}\n";
    let source = Source { name: "own.yaml".into(), text: budget.into(), namespace: None };
    let contents = contents(&world.clusters[0], &[source]).expect("accepted");
    let mut budgets = contents.objects.iter().filter(|given| given.kind.as_ref() == "PodDisruptionBudget");
    assert_eq!(budgets.next().and_then(|given| given.labels.get("own")).map(AsRef::as_ref), Some("one"));
    assert_eq!(budgets.count(), 0);
}
