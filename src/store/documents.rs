//! Large documents by content hash: on disk before the command that names them, and proven when read.

use std::path::PathBuf;

use crate::store::directory::Directory;
use crate::store::disk::{put_whole, read_whole};
use crate::store::fault::{Fault, at};

/// Bytes of the largest document.
pub const DOCUMENT_BYTES_MAX: u64 = 64 << 20;

/// Where a document lies.
#[must_use]
pub fn path(directory: &Directory, hash: &[u8; 32]) -> PathBuf {
    directory.documents().join(name(hash))
}

/// Keeps a document; returns its BLAKE3 hash when its bytes and its name are durable.
///
/// # Errors
/// If the disk refuses.
///
/// # Panics
/// If it is longer than [`DOCUMENT_BYTES_MAX`]; callers bound what they take.
pub fn put(directory: &Directory, bytes: &[u8]) -> Result<[u8; 32], Fault> {
    assert!(
        bytes.len() as u64 <= DOCUMENT_BYTES_MAX,
        "a bounded document"
    );
    let hash = *blake3::hash(bytes).as_bytes();
    let dir = directory.documents();
    directory.disk.create_dir(&dir).map_err(at("make", &dir))?;
    // A file of that name may be a leftover whose bytes never reached the disk, so it is always written anew.
    put_whole(directory.disk.as_ref(), &dir, &name(&hash), bytes)?;
    Ok(hash)
}

/// The document with this hash.
///
/// # Errors
/// If it is missing, or its bytes have another hash.
pub fn get(directory: &Directory, hash: &[u8; 32]) -> Result<Vec<u8>, Fault> {
    let path = path(directory, hash);
    let bytes = read_whole(directory.disk.as_ref(), &path, DOCUMENT_BYTES_MAX)?;
    if blake3::hash(&bytes) != *hash {
        return Err(Fault::damaged(
            &path,
            0,
            "its content does not have the hash in its name",
        ));
    }
    Ok(bytes)
}

fn name(hash: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}
