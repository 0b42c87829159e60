# A Pending pod is bound within milliseconds of the end of a node's last NoSchedule taint, in spite of its back-off.
# Watch: nodes, pods shop/
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 2, desired: 2, max: 2}
    updateConfig: {strategy: MINIMAL}
  workloads:
  - name: web
    namespace: shop
    replicas: 2
    cpu: 1200m
    budget: {maxUnavailable: 1}
