# Blocked nodes that stay and bring no replacement make a chain: what left them finds no place and stays Pending, and
# its budget stops the next node, which is blocked by nothing of its own.
# Watch: pods shop/
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {maxUnavailable: 3, strategy: MINIMAL}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 1200m
    budget: {maxUnavailable: 1}
  - name: licence
    namespace: legacy
    replicas: 2
    cpu: 100m
    antiAffinity: {over: host}
    budget: {maxUnavailable: 0}
