# Nodes that a Cluster Autoscaler found unremovable, here at a budget that an update uses up, it looks at again after
# five minutes only, though the budget allows a disruption again long before.
# Watch: nodes ip-10-86-62-189, events ScaleDown ip-10-86-62-189, budgets shop/web
# Shows: budget shop/web   1 allowed
# Shows: ip-10-86-62-189   Ready, tainted DeletionCandidate
# Shows: event ScaleDown: marked the node
seed: 1

clusters:
- addons: [cluster-autoscaler]
  autoscaler: {enabled: true, unneededTime: 1m}
  nodeGroups:
  - name: default
    size: {min: 1, desired: 3, max: 6}
  workloads:
  - name: web
    namespace: shop
    replicas: 6
    cpu: 200m
    antiAffinity: {required: false}
    budget: {maxUnavailable: 1}
    ready: 1m

acts:
# A person lets the autoscaler have the new nodes again.
- at: 48s
  do: annotate-node
  node: ip-10-11-105-8.us-west-2.compute.internal
  key: cluster-autoscaler.kubernetes.io/scale-down-disabled
- at: 58s
  do: annotate-node
  node: ip-10-32-147-83.us-west-2.compute.internal
  key: cluster-autoscaler.kubernetes.io/scale-down-disabled
- at: 64s
  do: annotate-node
  node: ip-10-86-62-189.us-west-2.compute.internal
  key: cluster-autoscaler.kubernetes.io/scale-down-disabled
