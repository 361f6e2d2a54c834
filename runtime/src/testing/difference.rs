//! The difference of two texts, line by line.

/// Both texts as one: lines of the expected one alone behind `-`, of the found one alone behind `+`.
///
/// By their longest common subsequence, which is quadratic and enough for what a failed expectation prints.
pub(super) fn difference(expected: &str, found: &str) -> String {
    let (left, right): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    // How many lines the rests from (i, j) on have in common.
    let mut common = vec![vec![0_usize; right.len() + 1]; left.len() + 1];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            common[i][j] =
                if left[i] == right[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let mut text = String::new();
    let mut line = |mark: char, line: &str| text.extend([mark.to_string().as_str(), " ", line, "\n"]);
    let (mut i, mut j) = (0, 0);
    while i < left.len() || j < right.len() {
        if i < left.len() && j < right.len() && left[i] == right[j] {
            line(' ', left[i]);
            (i, j) = (i + 1, j + 1);
        } else if j == right.len() || (i < left.len() && common[i + 1][j] >= common[i][j + 1]) {
            line('-', left[i]);
            i += 1;
        } else {
            line('+', right[j]);
            j += 1;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn what_is_common_stands_once() {
        assert_eq!(difference("a\nb\nc", "a\nx\nc"), "  a\n- b\n+ x\n  c\n");
        assert_eq!(difference("", "a"), "+ a\n");
        assert_eq!(difference("a\nb", "b"), "- a\n  b\n");
        assert_eq!(difference("a", "a"), "  a\n");
    }
}
