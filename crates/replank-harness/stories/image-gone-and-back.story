# The target image disappears in mid-update and comes back.
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
- when: node-picked 2
  do: image-disappears
- when: node-picked 2
  after: 8m
  do: image-returns
