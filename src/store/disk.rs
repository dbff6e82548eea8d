//! The whole contact with the operating system, as two traits that a test can stand behind.

use std::any::Any;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::base::bytes::SharedBytes;
use crate::base::planted::{Planted, planted};
use crate::store::fault::{Fault, at};

/// A file held open.
pub type File = Arc<dyn DiskFile>;

/// Whatever keeps a lock while it lives.
pub type Lock = Box<dyn Any + Send + Sync>;

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To read.
    Read,
    /// To read and write.
    Write,
}

/// Directories and names. Errors are the operating system's own.
#[expect(
    clippy::missing_errors_doc,
    reason = "every call fails as the operating system does"
)]
pub trait Disk: Send + Sync + 'static {
    /// Makes a directory and those above it; one that exists is left alone.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// Opens a file that exists.
    fn open(&self, path: &Path, access: Access) -> io::Result<File>;
    /// Makes an empty file to write; one that exists is emptied.
    fn create(&self, path: &Path) -> io::Result<File>;
    /// Gives a file another name; a file of that name is replaced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Names in a directory, in no particular order; names that are not UTF-8 are left out.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Returns when names made, changed and removed in a directory are durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Locks a file, making it where there is none; `None` when another holds it.
    fn lock(&self, path: &Path) -> io::Result<Option<Lock>>;
    /// Bytes that may still be written below a directory.
    fn free_space(&self, dir: &Path) -> io::Result<u64>;
    /// Makes the calling thread give way to all others from now on: a wish that need not be granted.
    fn give_way(&self) {}
}

/// Bytes of one file, by position. Usable from several threads at once.
#[expect(
    clippy::missing_errors_doc,
    reason = "every call fails as the operating system does"
)]
pub trait DiskFile: Send + Sync {
    /// Length in bytes.
    fn size(&self) -> io::Result<u64>;
    /// Reads at a position; fewer bytes than asked for is no error, none at all is the end.
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize>;
    /// Writes at a position; fewer bytes than given is no error.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize>;
    /// Cuts or extends the file.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Returns when everything written so far, and the length, is durable.
    fn sync_data(&self) -> io::Result<()>;
    /// All its bytes, beginning where words may; whoever changes the file meanwhile breaks them. A copy, where the disk cannot
    /// do better.
    fn map(&self) -> io::Result<SharedBytes> {
        let len = usize::try_from(self.size()?).map_err(io::Error::other)?;
        let mut copy = Copied {
            words: vec![0; len.div_ceil(size_of::<u128>())],
            len,
        };
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut copy.words);
        match fill(self, &mut bytes[..len], 0)? {
            read if read < len => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(Arc::new(copy)),
        }
    }
}

/// A file's bytes in memory.
struct Copied {
    words: Vec<u128>,
    len: usize,
}

impl AsRef<[u8]> for Copied {
    fn as_ref(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.len]
    }
}

/// Writes all of `bytes`, going on after a short or interrupted write.
///
/// # Errors
/// If the disk refuses, or takes no bytes at all.
pub fn write_all(
    file: &dyn DiskFile,
    path: &Path,
    bytes: &[u8],
    at_byte: u64,
) -> Result<(), Fault> {
    let mut done = 0;
    while done < bytes.len() {
        match file.write_at(&bytes[done..], at_byte + done as u64) {
            Ok(0) => return Err(at("write", path)(io::ErrorKind::WriteZero.into())),
            Ok(_) if planted(Planted::ShortWriteTaken) => done = bytes.len(),
            Ok(written) => done += written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(at("write", path)(error)),
        }
    }
    Ok(())
}

/// Fills `bytes` from a position as far as the file reaches; how many were read.
///
/// # Errors
/// If the disk refuses.
pub fn read_full(
    file: &dyn DiskFile,
    path: &Path,
    bytes: &mut [u8],
    at_byte: u64,
) -> Result<usize, Fault> {
    fill(file, bytes, at_byte).map_err(at("read", path))
}

/// The same, with the operating system's own error.
fn fill(file: &(impl DiskFile + ?Sized), bytes: &mut [u8], at_byte: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match file.read_at(&mut bytes[done..], at_byte + done as u64) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// A whole small file.
///
/// # Errors
/// If the disk refuses, or the file is longer than `bytes_max`.
pub fn read_whole(disk: &dyn Disk, path: &Path, bytes_max: u64) -> Result<Vec<u8>, Fault> {
    let file = disk.open(path, Access::Read).map_err(at("open", path))?;
    let size = file.size().map_err(at("measure", path))?;
    if size > bytes_max {
        return Err(Fault::damaged(
            path,
            bytes_max,
            "it is longer than any such file",
        ));
    }
    let mut bytes = vec![0; usize::try_from(size).expect("below a limit that fits")];
    let read = read_full(file.as_ref(), path, &mut bytes, 0)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Puts a whole file in place so that a crash leaves either nothing of it or all of it.
///
/// # Errors
/// If any step of it fails; the file may then be in place or not.
pub fn put_whole(disk: &dyn Disk, dir: &Path, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    let (path, temporary) = (dir.join(name), dir.join(format!("{name}.tmp")));
    let file = disk.create(&temporary).map_err(at("create", &temporary))?;
    write_all(file.as_ref(), &temporary, bytes, 0)?;
    file.sync_data().map_err(at("sync", &temporary))?;
    disk.rename(&temporary, &path)
        .map_err(at("rename", &path))?;
    disk.sync_dir(dir).map_err(at("sync", dir))
}
