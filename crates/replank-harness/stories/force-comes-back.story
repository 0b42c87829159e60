# Forced, and yet it would never end: what is deleted is back at once. The node goes with it, and the record names it.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {strategy: MINIMAL}
  workloads:
  - name: agent
    namespace: ops
    replicas: 3
    cpu: 1200m
    tolerations:
    - {operator: Exists}

update:
  force: true
