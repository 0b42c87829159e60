# The same inputs under two seeds, this is the second: which node is stuck, how many evictions it takes and the seconds
# differ; who can never leave, and with it how the update ends, is the same.
seed: 6

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 6
    cpu: 250m
    budget: {maxUnavailable: 2}
  - name: licence
    namespace: legacy
    replicas: 1
    cpu: 100m
    budget: {maxUnavailable: 0}
