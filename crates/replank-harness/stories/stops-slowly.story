# Pods that take their whole grace to stop.
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
    terminate: 2m
    grace: 2m
    budget: {maxUnavailable: 1}
