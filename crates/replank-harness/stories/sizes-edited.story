# Someone raises the group in mid-update: the larger size is theirs and stays.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 12}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}

acts:
- when: phase upgrade
  after: 10s
  do: set-sizes
  desired: 8
