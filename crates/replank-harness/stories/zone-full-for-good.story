# One zone has no room and gets none: the update fails, and gives back what it has.
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
  do: zone-capacity
  zone: us-west-2b
  instances: 0
