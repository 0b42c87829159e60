# An admission webhook refuses evictions for a while.
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

faults:
- call: evict
  until: 12m
  verdict: fail
  error: webhook
