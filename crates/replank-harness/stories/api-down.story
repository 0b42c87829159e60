# The Kubernetes API cannot be read for two minutes.
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
- call: observe-cluster
  from: 4m
  until: 6m
  verdict: fail
  error: unavailable
