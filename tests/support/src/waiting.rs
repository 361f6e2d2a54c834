//! Waiting for what will come, instead of for a time after which it should have.

use std::time::{Duration, Instant};

/// Waits until the condition holds.
///
/// # Panics
///
/// When that takes longer than 20 seconds; the message says what did not happen.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    const PATIENCE: Duration = Duration::from_secs(20);
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "this did not happen within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
