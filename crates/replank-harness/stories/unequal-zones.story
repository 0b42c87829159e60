# Two zones with two nodes, one with one: enough new nodes that each zone has one for certain.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    zones: [us-west-2a, us-west-2b, us-west-2c]
    size: {min: 5, desired: 5, max: 5}
    zoneSizes: {us-west-2a: 2, us-west-2b: 2, us-west-2c: 1}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}
