# A node on hold is left alone, and the update says so, until the hold is taken off.
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
- at: 1s
  do: hold-node
  node: old 1
- at: 30m
  do: release-node
  node: old 1
