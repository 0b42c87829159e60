# The target image disappears before the new nodes are launched.
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
- at: 0s
  do: image-disappears
