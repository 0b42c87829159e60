# A budget that never allows a disruption: after 15 minutes the update fails, takes its marks off and gives
# back the nodes it asked for.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: license
    namespace: legacy
    replicas: 1
    budget: {minAvailable: 1}
