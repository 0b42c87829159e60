# Paused while the first node is drained: that node is finished, no other is picked until it goes on.
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
- at: 15m
  do: resume
