//! An archive: a place for backups that is not the data directory, a local folder or an object store that speaks S3.
//!
//! The only contact with the world beside [`disk`](crate::store::disk): what lies here lies elsewhere.
//!
//! ```text
//! PLACE/objects/<blake3>         a piece of one file or of several, 64 MiB at most, written once
//! PLACE/backups/<id>.json        what says of which pieces a backup consists, written last
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::prefix::PrefixStore;
use object_store::{Error, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::runtime::{Builder, Runtime};

use crate::store::fault::Fault;

/// How a place in an object store begins.
const S3: &str = "s3://";

/// How long one request is tried again.
const RETRY_FOR: Duration = Duration::from_secs(60);

/// A place for backups. Its calls wait for the answer, so it is not for threads of an asynchronous runtime.
pub struct Archive {
    /// As it was named.
    place: String,
    store: Arc<dyn ObjectStore>,
    runtime: Runtime,
}

impl Archive {
    /// The archive at a place, whose folder is made where it is missing.
    ///
    /// # Errors
    /// If it cannot be made, and as [`Archive::open`].
    pub fn make(place: &str) -> Result<Archive, Fault> {
        if !place.starts_with(S3) {
            let folder = Path::new(place);
            let made = std::fs::create_dir_all(folder);
            made.map_err(crate::store::fault::at("make", folder))?;
        }
        Archive::open(place)
    }

    /// The archive at a place: `s3://bucket/prefix`, with access as the environment's `AWS_...` variables say, or a local
    /// folder. Nothing is asked of an object store yet.
    ///
    /// # Errors
    /// [`Fault::NoBackup`] where there is no such folder; if no such access can be had.
    pub fn open(place: &str) -> Result<Archive, Fault> {
        let store = match place.strip_prefix(S3) {
            None => folder(Path::new(place))?,
            Some(path) => bucket(place, path)?,
        };
        Archive::over(place, store)
    }

    /// An archive over a store that is there already.
    ///
    /// # Errors
    /// If the operating system gives nothing to wait with.
    pub fn over(place: &str, store: Arc<dyn ObjectStore>) -> Result<Archive, Fault> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| fault("reach", Path::new(place), &error))?;
        Ok(Archive {
            place: place.to_owned(),
            store,
            runtime,
        })
    }

    /// Where something of a name lies, for people.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        Path::new(&self.place).join(name)
    }

    /// Puts an object in place, all of it or nothing; durable when this returns.
    ///
    /// # Errors
    /// If the store refuses.
    pub fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Fault> {
        let name_in_store = Name::from(name);
        let put = self.store.put(&name_in_store, bytes.into());
        let put = self.runtime.block_on(put);
        put.map(|_| ())
            .map_err(|error| self.fault("write", name, error))
    }

    /// All bytes of an object; none where there is none.
    ///
    /// # Errors
    /// If the store refuses.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let name_in_store = Name::from(name);
        let read = self
            .runtime
            .block_on(async { self.store.get(&name_in_store).await?.bytes().await });
        match read {
            Err(Error::NotFound { .. }) => Ok(None),
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) => Err(self.fault("read", name, error)),
        }
    }

    /// Names in a folder with the bytes of each, ascending.
    ///
    /// # Errors
    /// If the store refuses.
    pub fn list(&self, folder: &str) -> Result<Vec<(String, u64)>, Fault> {
        let prefix = Name::from(folder);
        let listed = self.store.list_with_delimiter(Some(&prefix));
        let listed = self.runtime.block_on(listed);
        let listed = listed.map_err(|error| self.fault("list", folder, error))?;
        let named = listed.objects.into_iter();
        let named =
            named.filter_map(|object| Some((object.location.filename()?.to_owned(), object.size)));
        let mut found: Vec<(String, u64)> = named.collect();
        found.sort_unstable();
        Ok(found)
    }

    /// Removes an object; one that is not there is no error.
    ///
    /// # Errors
    /// If the store refuses.
    pub fn remove(&self, name: &str) -> Result<(), Fault> {
        match self.runtime.block_on(self.store.delete(&Name::from(name))) {
            Err(Error::NotFound { .. }) => Ok(()),
            removed => removed.map_err(|error| self.fault("remove", name, error)),
        }
    }

    fn fault(&self, verb: &'static str, name: &str, error: Error) -> Fault {
        fault(verb, &self.path(name), &error)
    }
}

/// The cause is told with it: a store's own sentence says little.
fn fault(verb: &'static str, file: &Path, error: &(dyn std::error::Error + 'static)) -> Fault {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let more = deeper.to_string();
        if !message.contains(&more) {
            message = format!("{message}: {more}");
        }
        cause = deeper.source();
    }
    Fault::Io {
        verb,
        file: file.to_owned(),
        kind: io::ErrorKind::Other,
        message,
    }
}

fn folder(place: &Path) -> Result<Arc<dyn ObjectStore>, Fault> {
    if !place.is_dir() {
        return Err(Fault::NoBackup {
            archive: place.to_owned(),
            id: None,
        });
    }
    let store = LocalFileSystem::new_with_prefix(place);
    let store = store.map_err(|error| fault("open", place, &error))?;
    Ok(Arc::new(store.with_fsync(true)))
}

fn bucket(place: &str, path: &str) -> Result<Arc<dyn ObjectStore>, Fault> {
    // Another part of the program may have chosen; then that choice holds.
    drop(rustls::crypto::ring::default_provider().install_default());
    let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
    let retry = RetryConfig {
        retry_timeout: RETRY_FOR,
        ..RetryConfig::default()
    };
    let store = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_retry(retry)
        .build();
    let store = store.map_err(|error| fault("open", Path::new(place), &error))?;
    Ok(Arc::new(PrefixStore::new(store, Name::from(prefix))))
}
