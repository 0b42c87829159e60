# Cancelled the other way: the new nodes stay, old ones go in their place, and the new image is launched from now on.
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
- when: node-picked 1
  do: cancel
  giveBack: true
  keepNew: true
