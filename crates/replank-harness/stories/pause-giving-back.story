# Paused with nodes in work given back: the node takes pods again and is picked anew later.
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
  after: 1s
  do: pause
  giveBack: true
- at: 15m
  do: resume
