# Guard by cordon: all old nodes unschedulable and out of load balancers at once, as EKS does today.
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

update:
  guard: cordon
