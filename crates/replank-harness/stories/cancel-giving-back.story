# Cancelled, nodes in work given back, and later launches use the image from before.
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
  after: 2s
  do: cancel
  giveBack: true
  restoreTarget: true
