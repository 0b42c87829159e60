# A Cluster Autoscaler takes a surge node that stood idle for its ten minutes, since the group may be smaller and a
# person took away what kept it from new nodes.
# Watch: sizes default, nodes ip-10-32-147-83, nodes ip-10-86-62-189, events ScaleDown ip-10
# Shows: event ScaleDown: marked the node
# Shows: event ScaleDown: nodes removed by cluster autoscaler
# Shows: had joined and is lost
seed: 1

clusters:
- addons: [cluster-autoscaler]
  autoscaler: {enabled: true}
  nodeGroups:
  - name: default
    size: {min: 1, desired: 3, max: 6}
  workloads:
  - name: web
    namespace: shop
    replicas: 6
    cpu: 800m
    budget: {maxUnavailable: 1}
    ready: 4m..5m

acts:
- at: 70s
  do: annotate-node
  node: ip-10-32-147-83.us-west-2.compute.internal
  key: cluster-autoscaler.kubernetes.io/scale-down-disabled
- at: 70s
  do: annotate-node
  node: ip-10-11-105-8.us-west-2.compute.internal
  key: cluster-autoscaler.kubernetes.io/scale-down-disabled
