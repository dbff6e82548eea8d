//! One line of JSON with its checksum in the next: the form of what says that other files are whole.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::fault::Fault;

/// The bytes of a value: its line, and the line's crc32c in 8 hex digits.
///
/// # Panics
/// If the value has no form in JSON.
#[must_use]
pub fn put(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("it has a form in JSON");
    let crc = crc32c::crc32c(&line);
    line.extend_from_slice(format!("\n{crc:08x}\n").as_bytes());
    line
}

/// Reads what [`put`] made.
///
/// # Errors
/// Damage, of the file at `path`.
pub fn read<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, Fault> {
    let damaged = |reason| Fault::damaged(path, 0, reason);
    let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is not text"))?;
    let (line, crc) = text
        .strip_suffix('\n')
        .and_then(|text| text.rsplit_once('\n'))
        .ok_or_else(|| damaged("its lines are not whole"))?;
    if crc != format!("{:08x}", crc32c::crc32c(line.as_bytes())) {
        return Err(damaged("its checksum differs"));
    }
    serde_json::from_str(line).map_err(|_| damaged("it is no manifest"))
}
