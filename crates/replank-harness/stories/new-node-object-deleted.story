# Someone deletes the Node object of a new node that had joined. Its kubelet does not register it again, so its
# instance is replaced when it had time enough to come back.
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
  node: new 1
