//! Volumes and their classes come back as they were sent, before and after a claim has one.

use serde_json::Value;

use crate::bench::Bench;

const DISKS: &str = r#"
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
  namespace: ignored
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: example.com/disks
parameters: {type: io2, iops: "100"}
mountOptions: [noatime]
reclaimPolicy: Retain
allowVolumeExpansion: true
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: manual}
provisioner: kubernetes.io/no-provisioner
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: by-hand, namespace: ignored}
spec:
  capacity: {storage: 7Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: manual
  mountOptions: [ro]
  nfs: {server: nfs.example.com, path: /data}
"#;

const CLAIM: &str = r"
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: default}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: manual
  resources: {requests: {storage: 5Gi}}
";

#[test]
fn volumes_and_classes_come_back_as_they_were_sent() {
    let bench = Bench::new();
    let (disks, claim) = (bench.file("disks.yaml"), bench.file("claim.yaml"));
    std::fs::write(&disks, DISKS).unwrap();
    std::fs::write(&claim, CLAIM).unwrap();
    let (disks, claim) = (disks.display(), claim.display());
    let is_unchanged = || {
        let again = bench.prints(&format!("apply -f {disks}"));
        assert_eq!(again.matches("unchanged").count(), 3, "{again}");
        let diff = bench.kubectl(&format!("diff -f {disks}"));
        assert!(diff.ok, "{} {}", diff.out, diff.err);
    };
    let volume = |path: &str| bench.prints(&format!("get pv by-hand -o jsonpath={path}"));
    assert_eq!(
        bench.prints("get sc -o name"),
        "storageclass.storage.k8s.io/gp2\nstorageclass.storage.k8s.io/gp3\n"
    );
    bench.prints(&format!("apply -f {disks}"));
    is_unchanged();
    assert_eq!(volume("{.status.phase}"), "Available");
    assert_eq!(
        bench.prints("get sc fast -o jsonpath={.parameters.iops},{.reclaimPolicy},{.mountOptions[0]}"),
        "100,Retain,noatime"
    );
    let list: Value = serde_json::from_str(&bench.prints("get --raw /api/v1/persistentvolumes")).unwrap();
    let before = list["metadata"]["resourceVersion"].as_str().unwrap();
    bench.prints(&format!("apply -f {claim}"));
    bench.until("the claim is bound", |bench| {
        bench.prints("get pvc data -o jsonpath={.status.phase}") == "Bound"
    });
    is_unchanged();
    assert_eq!(bench.prints("get pvc data -o jsonpath={.status.capacity.storage}"), "7Gi");
    assert_eq!(
        volume(
            "{.status.phase},{.spec.persistentVolumeReclaimPolicy},{.spec.capacity.storage},{.spec.mountOptions[0]},{.spec.claimRef.name}"
        ),
        "Bound,Retain,7Gi,ro,data"
    );
    let watch = format!("/api/v1/persistentvolumes?watch=true&timeoutSeconds=1&resourceVersion={before}");
    for line in bench.prints(&format!("get --raw {watch}")).lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(event["object"]["spec"]["nfs"].is_object(), "a watch shows the volume that is there: {line}");
    }
    let listed = bench.prints("get pv -o name");
    assert_eq!(listed.matches("by-hand").count(), 1, "{listed}");
    bench.prints("delete pvc data");
    bench.until("the volume is released", |_| volume("{.status.phase}") == "Released");
    bench.prints(r#"patch pv by-hand --type=json -p [{"op":"remove","path":"/spec/claimRef"}]"#);
    assert_eq!(volume("{.status.phase}"), "Available");
    bench.prints(&format!("apply -f {claim}"));
    bench.until("the claim is bound again", |bench| {
        bench.prints("get pvc data -o jsonpath={.status.phase}") == "Bound"
    });
    bench.prints("delete pvc data");
    bench.until("the volume is released again", |_| volume("{.status.phase}") == "Released");
    bench.prints(r#"patch pv by-hand --type=json -p [{"op":"remove","path":"/spec/claimRef/uid"}]"#);
    assert_eq!(volume("{.status.phase}"), "Available");
    bench.prints(&format!("apply -f {claim}"));
    bench.until("the claim that it still names gets it", |bench| {
        bench.prints("get pvc data -o jsonpath={.status.phase}") == "Bound"
    });
    let refused = bench.kubectl(r#"patch sc fast -p {"parameters":{"type":"gp3"}}"#);
    assert!(!refused.ok && refused.err.contains("updates to parameters are forbidden."), "{}", refused.err);
}
