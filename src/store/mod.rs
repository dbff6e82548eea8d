//! Disk: log segments, batches, frames, documents. Stands on `base` alone.
