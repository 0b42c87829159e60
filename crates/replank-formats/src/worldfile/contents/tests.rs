//! What a cluster has before anybody gives it anything.

use crate::worldfile::{contents, read};

/// EKS makes one class; a short form brings the one that it names, and a class of a person takes its place.
#[test]
fn a_cluster_has_the_storage_classes_that_eks_makes() {
    let classes = |text: &str, more: &str| {
        let world = read("w.yaml", text.as_bytes()).expect("accepted");
        let own = crate::manifest::Source { name: "own.yaml".into(), text: more.into(), namespace: None };
        let own = if more.is_empty() { Vec::new() } else { vec![own] };
        let contents = contents(&world.clusters[0], &own).expect("accepted");
        let class = |given: &crate::manifest::Given| match &given.object {
            crate::manifest::Object::StorageClass(class) => Some((
                given.name.to_string(),
                given.raw["provisioner"].as_str()?.to_owned(),
                class.is_default,
            )),
            _ => None,
        };
        contents.objects.iter().filter_map(class).collect::<Vec<_>>()
    };
    let of = |name: &str, provisioner: &str| (name.to_owned(), provisioner.to_owned(), false);
    let plain = "clusters: [{nodeGroups: [{}]}]";
    assert_eq!(classes(plain, ""), [of("gp2", "kubernetes.io/aws-ebs")]);
    let disk =
        "clusters: [{nodeGroups: [{}], workloads: [{name: db, kind: StatefulSet, volume: {size: 1Gi}}]}]";
    assert_eq!(classes(disk, ""), [of("gp2", "kubernetes.io/aws-ebs"), of("gp3", "ebs.csi.aws.com")]);
    let own = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: gp2, namespace: shop}\nprovisioner: example.com/disks\n";
    assert_eq!(classes(plain, own), [of("gp2", "example.com/disks")]);
}
