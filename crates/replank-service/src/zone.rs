//! Ids of zones: names differ from account to account, ids do not.

/// The id of a zone name in its region: `us-west-2a` is `usw2-az1` in this account.
pub fn id(region: &str, zone: &str) -> String {
    let mut parts = region.split('-');
    let area = parts.next().unwrap_or_default();
    let side = parts.next().and_then(|side| side.chars().next()).map(String::from).unwrap_or_default();
    let number = parts.next().unwrap_or_default();
    let letter = zone.bytes().last().filter(u8::is_ascii_lowercase).map_or(1, |letter| letter - b'a' + 1);
    format!("{area}{side}{number}-az{letter}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_id_is_made_of_region_and_letter() {
        assert_eq!(super::id("us-west-2", "us-west-2b"), "usw2-az2");
        assert_eq!(super::id("eu-central-1", "eu-central-1a"), "euc1-az1");
    }
}
