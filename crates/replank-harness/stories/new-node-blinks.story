# The kubelet of a new node falls silent for a moment, long after the node joined: it is waited for and named, and the
# update goes on, however impatient it is with launches.
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
  limits: {join: 70s}

acts:
- when: node-gone 1
  do: kubelet-silent
  node: new 1
  for: 50s
