# Paused on the way home: the larger size stands until it goes on.
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
- when: phase scale-down
  after: 1s
  do: pause
- when: phase scale-down
  after: 10m
  do: resume
