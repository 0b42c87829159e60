# A Cluster Autoscaler dies right after it marked a surge node, and opens it when it starts again, as it opens every
# node of its groups that it finds marked.
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
- when: update-started
  after: 3m57s
  do: autoscaler-stops
- when: update-started
  after: 7m
  do: autoscaler-starts
