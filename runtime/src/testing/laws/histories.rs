//! The events that the laws are held against: the samples of the lock, and what is invented beside them.

use crate::{
    codec::{self, shape::shape_of_variant, shortened},
    model::Event,
    testing::lock,
};
use std::{collections::BTreeSet, path::Path};

pub(super) struct Histories<E> {
    /// How many samples of the lock were read.
    pub(super) samples: usize,
    pub(super) histories: Vec<Vec<E>>,
}

impl<E: Event + Clone> Histories<E> {
    /// One history with an event of every kind; and one more for each further sample, in the place of the first.
    ///
    /// An event stands once in a history, since two of the same may mean what one does not: a second line of an order
    /// that has the same number as the first.
    pub(super) fn of(folder: Option<&Path>) -> Result<Self, String> {
        let variants = E::DESCRIPTOR.variants;
        let mut known: Vec<Vec<E>> = variants.iter().map(|_| Vec::new()).collect();
        let samples = folder.map_or(Ok(0), |folder| read_samples(folder, &mut known))?;
        for (index, (variant, events)) in variants.iter().zip(&mut known).enumerate() {
            // What an unknown event says is known to nobody.
            if events.is_empty() && E::DESCRIPTOR.unknown != Some(index) {
                let invented = shape_of_variant::<E>(index).sample.and_then(|sample| {
                    let event = codec::decode::<E>(variant.event_type, variant.schema_version, &sample);
                    event.map_err(|reason| reason.to_string())
                });
                events.push(invented.map_err(|reason| {
                    format!(
                        "no `{}` can be invented to hold the laws of `{}` against: {}\nhelp: keep an annals.lock with a \
                         real payload as its sample, or give histories of your own to `laws_of`",
                        variant.event_type,
                        E::DESCRIPTOR.name,
                        shortened(&reason)
                    )
                })?);
            }
        }
        let first: Vec<Option<E>> = known.iter().map(|events| events.first().cloned()).collect();
        let mut histories = vec![first.iter().flatten().cloned().collect()];
        for (index, events) in known.into_iter().enumerate() {
            for event in events.into_iter().skip(1) {
                let mut history = first.clone();
                history[index] = Some(event);
                histories.push(history.into_iter().flatten().collect());
            }
        }
        Ok(Self { samples, histories })
    }
}

/// Reads the samples of every type that `E` reads, the newest version first, and says how many there are.
fn read_samples<E: Event>(folder: &Path, known: &mut [Vec<E>]) -> Result<usize, String> {
    let lock = lock::read(folder)?;
    let mut seen = BTreeSet::new();
    let mut samples = 0;
    let blocks = lock.sections.values().flat_map(|section| section.blocks.iter().rev());
    for ((event_type, version), block) in blocks {
        let (Some(index), Some(sample)) = (E::DESCRIPTOR.position(event_type), &block.sample) else { continue };
        let event = codec::decode::<E>(event_type, *version, sample).map_err(|reason| {
            format!(
                "a law is broken by `{}`: every locked sample reads\nthat of `{event_type}` {version} in annals.lock: \
                 {reason}",
                E::DESCRIPTOR.name
            )
        })?;
        samples += 1;
        if seen.insert((index, sample)) {
            known[index].push(event);
        }
    }
    Ok(samples)
}
