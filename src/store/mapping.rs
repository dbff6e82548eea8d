//! A file's bytes mapped into memory: the one place outside the arena with `unsafe`.

use std::fs::File;
use std::io;
use std::sync::Arc;

use memmap2::Mmap;

use crate::base::bytes::SharedBytes;

/// Maps a whole file that nobody changes as long as it is mapped.
///
/// # Errors
/// As the operating system says.
pub(super) fn map(file: &File) -> io::Result<SharedBytes> {
    // SAFETY: what is mapped is written once under another name and never changed after, by us; whoever changes or cuts it
    // from outside works on the directory against its lock, and a part that is gone ends the process, as any loss of it does.
    let mapping = unsafe { Mmap::map(file) }?;
    Ok(Arc::new(mapping))
}
