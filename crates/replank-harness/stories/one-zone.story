# All nodes in one zone: one new node is enough before the old ones go.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    zones: [us-west-2a]
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}
