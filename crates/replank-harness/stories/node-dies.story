# An old node falls silent in mid-update: its pods are given up after five minutes, the node is replaced.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}

acts:
- when: phase upgrade
  after: 1s
  do: node-dies
  node: old 2
