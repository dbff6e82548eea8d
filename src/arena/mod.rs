//! Memory: fixed-layout records in pages that can be forked.
