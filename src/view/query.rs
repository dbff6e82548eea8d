//! Query parameters that several questions share, and their bounds.

use crate::view::error::ViewError;

/// Rows on a page when none are asked for.
pub const LIMIT_DEFAULT: u32 = 100;
/// Rows on a page at most.
pub const LIMIT_MAX: u32 = 1_000;

/// The page size asked for, within its bounds.
///
/// # Errors
/// For 0 or more than [`LIMIT_MAX`].
pub fn limit(asked: Option<u32>) -> Result<usize, ViewError> {
    let limit = asked.unwrap_or(LIMIT_DEFAULT);
    if limit == 0 || limit > LIMIT_MAX {
        return Err(ViewError::BadValue {
            field: "limit",
            given: limit.to_string(),
            allowed: format!("1 to {LIMIT_MAX}"),
        });
    }
    Ok(limit as usize)
}
