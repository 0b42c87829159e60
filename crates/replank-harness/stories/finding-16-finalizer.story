# A pod held by a finalizer blocks its node until patience ends. Nothing but whoever put the finalizer there can
# let it go.
# Watch: pods legacy/
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: audit
    namespace: legacy
    replicas: 1
    finalizer: example.com/archive-first
