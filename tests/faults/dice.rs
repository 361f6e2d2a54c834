//! Chance that can be repeated: every test rolls by a seed that it prints, and `FAULTS_SEED` sets it.

use fastrand::Rng;
use std::env;

/// The dice of this test. What they are thrown for, others can have dice of their own for: [`Rng::fork`].
pub(crate) fn dice(test: &str) -> Rng {
    let seed = match env::var("FAULTS_SEED") {
        Ok(seed) => seed.parse().unwrap_or_else(|error| panic!("FAULTS_SEED is `{seed}`: {error}")),
        Err(_) => fastrand::u64(..),
    };
    println!("{test}: repeat it with FAULTS_SEED={seed}");
    Rng::with_seed(seed)
}
