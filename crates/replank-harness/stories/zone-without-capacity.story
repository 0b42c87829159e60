# One zone has no room for another instance: the update says so, and goes on when there is.
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
- at: 90s
  do: zone-capacity
  zone: us-west-2b
