//! One process at a time acts on a group.

use replank_kube::lease::{Lease, LeaseError};
use serde_json::json;

use crate::bench::shared;

#[test]
fn a_lease_is_held_renewed_given_back_and_taken_over() {
    let bench = shared();
    let client = &bench.connection.client;
    let take = |holder: &str| bench.runtime.block_on(Lease::take(client, "leased", holder));
    let mut first = take("first").unwrap();
    let refused = take("second").unwrap_err();
    assert!(matches!(&refused, LeaseError::Held { holder, .. } if holder == "first"), "{refused}");
    bench.runtime.block_on(first.renew()).unwrap();
    assert!(matches!(take("second"), Err(LeaseError::Held { .. })));
    bench.runtime.block_on(first.release());
    let mut second = take("second").unwrap();

    // It dies, and its time runs out.
    let path = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/replank-leased";
    let old = json!({"spec": {"renewTime": "2026-01-01T00:00:00.000000Z"}});
    bench.lab.api().merge(path, &old).unwrap();
    let mut third = take("third").unwrap();
    assert!(matches!(bench.runtime.block_on(second.renew()), Err(LeaseError::Lost)));
    bench.runtime.block_on(third.renew()).unwrap();
    assert_eq!(bench.get(path)["spec"]["holderIdentity"], "third");
}
