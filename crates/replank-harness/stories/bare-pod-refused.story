# The rules refuse to lose a bare pod: its node waits for a person.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: shell
    namespace: legacy
    kind: Pod

update:
  pods: {bare: refuse}
