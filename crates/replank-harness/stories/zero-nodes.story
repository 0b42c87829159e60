# A group without nodes: only later launches change.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 0, desired: 0, max: 3}
