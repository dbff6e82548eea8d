//! Cursors: where a walk through pages goes on. Opaque to clients: a letter for the walk, numbers, and a check.

use crate::base::ids::hash_id;
use crate::view::error::ViewError;

/// Writes a cursor: the walk's letter, its numbers, and a check that ties it to the question asked.
#[must_use]
pub fn write(walk: char, question: &str, numbers: &[u64]) -> String {
    let mut text = String::new();
    text.push(walk);
    for number in numbers {
        text.push_str(&format!("{number:x}."));
    }
    let check = check(&text, question);
    text.push_str(&format!("{check:08x}"));
    text
}

/// Reads a cursor of `N` numbers written by [`write()`] for the same walk and question.
///
/// # Errors
/// [`ViewError::BadCursor`] for anything else.
pub fn read<const N: usize>(
    walk: char,
    question: &str,
    cursor: &str,
) -> Result<[u64; N], ViewError> {
    let body = cursor.strip_prefix(walk).ok_or(ViewError::BadCursor)?;
    let cut = body.rfind('.').ok_or(ViewError::BadCursor)? + 1;
    let (head, given) = cursor.split_at(cut + walk.len_utf8());
    if given != format!("{:08x}", check(head, question)) {
        return Err(ViewError::BadCursor);
    }
    let mut numbers = [0; N];
    let mut parts = body[..cut - 1].split('.');
    for number in &mut numbers {
        let part = parts.next().ok_or(ViewError::BadCursor)?;
        *number = u64::from_str_radix(part, 16).map_err(|_| ViewError::BadCursor)?;
    }
    match parts.next() {
        None => Ok(numbers),
        Some(_) => Err(ViewError::BadCursor),
    }
}

/// Ties a cursor's text to its question, so that a page of one walk is not continued in another.
fn check(head: &str, question: &str) -> u32 {
    (hash_id(question).rotate_left(17) ^ hash_id(head)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_only_to_its_own_question() {
        let text = write('j', "downline of M1", &[7, 300]);
        assert_eq!(read('j', "downline of M1", &text), Ok([7, 300]));
        assert_eq!(
            read::<2>('j', "downline of M2", &text),
            Err(ViewError::BadCursor)
        );
        assert_eq!(
            read::<2>('l', "downline of M1", &text),
            Err(ViewError::BadCursor)
        );
        assert_eq!(
            read::<1>('j', "downline of M1", &text),
            Err(ViewError::BadCursor)
        );
        for cut in 0..text.len() {
            assert_eq!(
                read::<2>('j', "downline of M1", &text[..cut]),
                Err(ViewError::BadCursor)
            );
        }
        for bad in ["", "j", "j.", "j\u{e9}.00000000", "j7.12c.xxxxxxxx"] {
            assert_eq!(
                read::<2>('j', "downline of M1", bad),
                Err(ViewError::BadCursor)
            );
        }
    }
}
