#!/usr/bin/env bash
# kube-scheduler from 1.34 on ends FailedScheduling with "not found" when a pod is refused before any node is looked at.
#
# A pod whose claim does not exist, or is to be bound at once and is not, is refused by a PreFilter plugin. DynamicResources
# comes after it and is never asked, so its PostFilter finds no state of its own and fails with "not found"; the framework
# takes that error for the whole answer, and the sentence about preemption is lost. Whoever reads these messages meets
# "persistentvolumeclaim "nope" not found. not found", which says nothing twice.
#
# Seen on 1.34.4 and 1.37.2; 1.33.5 has the plugin off by default. Needs the lab: `cargo xtask lab build` first.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo xtask lab up --name not-found --nodes 1 --zones 1 > /dev/null
trap 'cargo xtask lab down --name not-found > /dev/null' EXIT
lab=${REPLANK_LAB_CACHE:-${CARGO_TARGET_DIR:-target}/lab}
kubectl() { "$lab"/kubernetes-1.34.*/kubectl --kubeconfig "$lab/run/not-found/kubeconfig/admin.yaml" "$@"; }
kubectl apply -f - > /dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: waits}
spec:
  containers: [{name: main, image: x}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: nope}}]
YAML
said=
for _ in $(seq 50); do
    said=$(kubectl get pod waits -o jsonpath='{.status.conditions[?(@.type=="PodScheduled")].message}')
    [ -n "$said" ] && break
    sleep 0.2
done
echo "$said"
[ "$said" = '0/1 nodes are available: persistentvolumeclaim "nope" not found. not found' ] || {
    echo "it behaves otherwise now" >&2
    exit 1
}
