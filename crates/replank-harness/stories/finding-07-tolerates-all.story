# A pod that tolerates everything comes back to the node it left.
seed: 1

clusters:
- addons: []
  version: "1.34"
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
