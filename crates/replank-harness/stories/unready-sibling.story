# A pod whose image cannot be pulled uses up the budget of its siblings, until it is mended.
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
  do: break-workload
  object: shop/web
  how: image
- when: phase upgrade
  after: 8m
  do: heal-workload
  object: shop/web
