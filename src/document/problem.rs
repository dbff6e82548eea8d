//! What is wrong with a document: the line, the field, what stands there, what may stand there, and a hint.

use std::fmt;

/// One thing wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the text, from 1.
    pub line: usize,
    /// Dotted path of the field, such as `trees[1].placement`; empty where the text is not TOML at all.
    pub field: String,
    /// What the document says.
    pub given: String,
    /// What it may say.
    pub allowed: String,
    /// A way out, where one can be guessed.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        write!(f, ": given {}; allowed: {}", self.given, self.allowed)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// The word among `words` that `given` was probably meant to be, as a question, if one is close enough.
///
/// Close enough is a third of its letters changed, added, left out or swapped.
#[must_use]
pub fn did_you_mean<'w>(given: &str, words: impl IntoIterator<Item = &'w str>) -> Option<String> {
    let lower = given.to_lowercase().replace('-', "_");
    words
        .into_iter()
        .map(|word| {
            let same_letters = word.to_lowercase().replace('-', "_");
            (distance(&lower, &same_letters), word)
        })
        .filter(|&(distance, word)| distance <= word.chars().count().max(3) / 3)
        .min()
        .map(|(_, word)| format!("did you mean `{word}`?"))
}

/// How many letters must be changed, added, left out or swapped to turn `a` into `b`. Costs the product of lengths.
fn distance(a: &str, b: &str) -> usize {
    // A whole page pasted into a field is not a misspelling, and must not cost its length squared.
    if a.len() > 100 || b.len() > 100 {
        return usize::MAX;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let width = b.len() + 1;
    let mut rows = vec![0usize; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i * width + j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(a[i - 1] != b[j - 1]);
                let mut best = (rows[(i - 1) * width + j] + 1)
                    .min(rows[i * width + j - 1] + 1)
                    .min(rows[(i - 1) * width + j - 1] + change);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[(i - 2) * width + j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_guessed_and_a_stranger_is_not() {
        let words = ["weaker_volume", "weaker_count", "alternate"];
        for (given, guess) in [
            ("weaker_volumes", Some("did you mean `weaker_volume`?")),
            ("Weaker-Count", Some("did you mean `weaker_count`?")),
            ("altrenate", Some("did you mean `alternate`?")),
            ("left", None),
            ("", None),
        ] {
            assert_eq!(did_you_mean(given, words).as_deref(), guess, "{given}");
        }
    }
}
