# Someone deletes a Node object: its kubelet is gone with it, its instance is replaced.
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
  after: 5s
  do: delete-node
  node: old 3
