# Two members of an ordered StatefulSet leave together. They come back one by one, the higher when the lower is
# Ready, and only once their namesakes are gone.
# Watch: pods bank/, budgets bank/
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {maxUnavailable: 2}
  workloads:
  - name: ledger
    namespace: bank
    kind: StatefulSet
    replicas: 3
    budget: {maxUnavailable: 2}
    ready: 20s
