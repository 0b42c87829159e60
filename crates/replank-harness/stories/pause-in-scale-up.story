# Paused while new nodes join: they join, and no old node is picked.
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
- when: phase scale-up
  after: 5s
  do: pause
- at: 10m
  do: resume
