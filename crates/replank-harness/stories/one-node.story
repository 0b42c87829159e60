# A single node: its successor is there before it goes.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 1, desired: 1, max: 1}
  workloads:
  - name: web
    namespace: shop
    replicas: 1
    cpu: 250m
