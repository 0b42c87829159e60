# A Cluster Autoscaler that would take idle nodes after a minute leaves every new node alone to the end of the update.
# Watch: sizes default, events ScaleDown ip-10
# Shows: desired 6
# Shows: the update succeeded
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
    cpu: 800m
    budget: {maxUnavailable: 1}
    ready: 4m..5m
