# A person lets a Cluster Autoscaler have a surge node again; it dies right after it marked it, and opens it when it
# starts again, as it opens every node of its groups that it finds marked.
# Watch: nodes ip-10-11-105-8, events ScaleDown ip-10, events ClusterAutoscalerCleanup
# Shows: event ScaleDown: marked the node
# Shows: event ClusterAutoscalerCleanup: removed ToBeDeletedByClusterAutoscaler
# Shows: every node the group is asked for is Ready
seed: 1

clusters:
- addons: [cluster-autoscaler]
  autoscaler: {enabled: true, unneededTime: 3m}
  nodeGroups:
  - name: default
    size: {min: 1, desired: 3, max: 6}
  workloads:
  - name: web
    namespace: shop
    replicas: 6
    cpu: 600m
    antiAffinity: {required: false}
    budget: {maxUnavailable: 1}
    ready: 4m..5m

acts:
- at: 48s
  do: annotate-node
  node: ip-10-11-105-8.us-west-2.compute.internal
  key: cluster-autoscaler.kubernetes.io/scale-down-disabled
- when: update-started
  after: 4m7s
  do: autoscaler-stops
- when: update-started
  after: 7m
  do: autoscaler-starts
