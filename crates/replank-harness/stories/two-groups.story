# Two groups at once share a budget: together no more leaves than it allows.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: blue
    zones: [us-west-2a, us-west-2b]
    size: {min: 2, desired: 2, max: 2}
  - name: green
    zones: [us-west-2a, us-west-2b]
    size: {min: 2, desired: 2, max: 2}
  workloads:
  - name: web
    namespace: shop
    replicas: 8
    cpu: 300m
    ready: 30s
    budget: {maxUnavailable: 1}
