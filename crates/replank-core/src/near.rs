//! Suggestions for misspelled words and names.

/// The accepted word nearest to `given`, if it is near enough to be meant.
pub fn nearest<'a>(given: &str, accepted: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let reach = match given.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    accepted
        .into_iter()
        .map(|word| (distance(&given, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= reach && *distance < word.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// The same words, the nearest to `given` first; those that are equally near keep their order.
pub fn nearest_first<'a>(given: &str, words: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let given = given.to_lowercase();
    let mut words: Vec<&str> = words.into_iter().collect();
    words.sort_by_cached_key(|word| distance(&given, &word.to_lowercase()));
    words
}

/// Edit distance with transpositions (optimal string alignment).
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().take(64).collect();
    let to: Vec<char> = to.chars().take(64).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, from_char) in from.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, to_char) in to.iter().enumerate() {
            let replace = last[column] + usize::from(from_char != to_char);
            let mut best = replace.min(last[column + 1] + 1).min(line[column] + 1);
            let swapped = row > 0 && column > 0 && *from_char == to[column - 1] && from[row - 1] == *to_char;
            if swapped {
                best = best.min(before_last[column - 1] + 1);
            }
            line.push(best);
        }
        before_last = std::mem::replace(&mut last, line);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::{nearest, nearest_first};

    #[test]
    fn a_slip_finds_its_word() {
        let accepted = ["name", "namespace", "maxUnavailable", "min", "max"];
        let table = [
            ("nmae", Some("name")),
            ("nameSpace", Some("namespace")),
            ("maxUnavailible", Some("maxUnavailable")),
            ("mni", Some("min")),
            ("colour", None),
            ("", None),
        ];
        for (given, expected) in table {
            assert_eq!(nearest(given, accepted), expected, "{given}");
        }
    }

    #[test]
    fn the_nearest_is_named_first() {
        assert_eq!(nearest_first("wokers", ["default", "gpu", "workers"]), ["workers", "gpu", "default"]);
    }
}
