# A Cluster Autoscaler takes two surge nodes that stood idle for its ten minutes, since the group may be smaller.
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
