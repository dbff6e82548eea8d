//! The disk's own speed: how long a bare write and fdatasync take, without any server.

use std::fs::{self, OpenOptions};
use std::io::{Result, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// Syncs measured each time.
const SYNCS: u64 = 200;
/// Bytes of one write: about what a log writes for a single order.
const WRITE: usize = 512;

/// Adds nanoseconds of `SYNCS` times write and fdatasync to `into`, on a zero-filled file in `folder`, as a log
/// would do it, with a pause before each: a disk that has been idle takes longer. The file is removed again.
///
/// # Errors
/// When the folder cannot be written.
pub fn measure(folder: &Path, pause: Duration, into: &mut Histogram<u64>) -> Result<()> {
    let path = folder.join(format!(".arborline-loadtest-{}", std::process::id()));
    let result = measure_on(&path, pause, into);
    fs::remove_file(&path)?;
    result
}

fn measure_on(path: &Path, pause: Duration, into: &mut Histogram<u64>) -> Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).open(path)?;
    // Zeros must be on the disk first: writing into holes would measure the allocation of blocks as well.
    file.write_all(&vec![0; WRITE * SYNCS as usize])?;
    file.sync_all()?;
    let line = [0x61; WRITE];
    for at in 0..SYNCS {
        std::thread::sleep(pause);
        let start = Instant::now();
        file.write_all_at(&line, at * WRITE as u64)?;
        file.sync_data()?;
        into.saturating_record(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::worker::histogram;

    #[test]
    fn every_sync_is_counted_and_nothing_is_left_behind() {
        let folder = std::env::temp_dir().join(format!("arborline-disk-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("made");
        let mut syncs = histogram();
        measure(&folder, Duration::ZERO, &mut syncs).expect("measured");
        assert_eq!(syncs.len(), SYNCS);
        assert_eq!(fs::read_dir(&folder).expect("readable").count(), 0);
        fs::remove_dir(&folder).expect("removed");
    }
}
