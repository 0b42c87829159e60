# DaemonSet pods stay to the end and go with their node.
seed: 1

clusters:
- addons: [aws-node, kube-proxy]
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}
