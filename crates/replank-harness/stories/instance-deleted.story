# Someone terminates an old node's instance by hand: one less to do.
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
  after: 2s
  do: terminate-instance
  node: picked 1
