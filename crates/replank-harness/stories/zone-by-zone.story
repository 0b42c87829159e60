# One zone after the other.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 6, desired: 6, max: 6}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}

update:
  order: zone-by-zone
