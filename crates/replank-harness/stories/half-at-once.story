# Half of the nodes at once, as a share; the budget still lets pods go one by one.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 4, desired: 4, max: 4}
    updateConfig: {maxUnavailablePercentage: 50}
  workloads:
  - name: web
    namespace: shop
    replicas: 6
    cpu: 250m
    budget: {maxUnavailable: 1}
