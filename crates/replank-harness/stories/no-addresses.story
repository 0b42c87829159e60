# The subnets have no free address left.
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
  do: zone-addresses
  zone: us-west-2a
  free: 0
- at: 0s
  do: zone-addresses
  zone: us-west-2b
  free: 0
- at: 0s
  do: zone-addresses
  zone: us-west-2c
  free: 0
