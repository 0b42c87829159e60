# REPLACE strategy in waves: old nodes go as new ones stand for them, the next new ones boot meanwhile, nodes that share
# a budget go apart, and only the last old nodes leave with their place.
# Watch: sizes default
# Shows: is picked: it is old; of 8 compared, no budget shared with nodes in drain
# Shows: is picked: it is old and a new node already stands for it
# Shows: phase "Scale down" begins
seed: 3

clusters:
- addons: []
  nodeGroups:
  - name: default
    zones: [us-west-2a, us-west-2b]
    size: {min: 2, desired: 8, max: 8}
    updateConfig: {maxUnavailable: 4, strategy: REPLACE}
  workloads:
  - {name: red, namespace: shop, replicas: 2, cpu: 1200m, budget: {maxUnavailable: 1}}
  - {name: blue, namespace: shop, replicas: 2, cpu: 1200m, budget: {maxUnavailable: 1}}
  - {name: free, namespace: shop, replicas: 6, cpu: 300m}
