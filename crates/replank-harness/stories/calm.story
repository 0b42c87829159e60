# All phases on three nodes in three zones: three new nodes first, then one old node after the other,
# then the sizes come home.
seed: 1

clusters:
- addons: [aws-node, kube-proxy, coredns]
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}
