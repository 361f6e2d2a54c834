//! Another database as the place where rows are kept.

use super::{
    super::{
        OnChanged, ProjectError,
        fold::Changed,
        keeper::{Keeper, Loaded, Standing, Step},
        write_row,
    },
    RowStore, RowStoreError, RowsCommit,
};
use crate::{
    journal::{Committed, Fingerprint},
    model::Projection,
};
use futures_util::future::BoxFuture;
use std::{collections::BTreeMap, sync::Arc};

/// Rows in another database.
pub(super) struct Foreign<S> {
    pub(super) rows: Arc<S>,
    pub(super) fingerprint: Fingerprint,
    pub(super) on_changed: OnChanged,
}

/// The database's error, as that of the projection.
pub(super) fn failed<P: Projection>(source: RowStoreError) -> ProjectError {
    ProjectError::RowStore { projection: P::NAME, source }
}

impl<P: Projection, S: RowStore<P>> Keeper<P> for Foreign<S> {
    fn standing(&self) -> BoxFuture<'_, Result<Standing, ProjectError>> {
        Box::pin(async move {
            let mut standing = self.rows.standing().await.map_err(failed::<P>)?;
            if let Some(found) = standing.fingerprint.filter(|found| *found != self.fingerprint) {
                match self.on_changed {
                    OnChanged::Refuse => {
                        let (version, expected) = (P::VERSION, self.fingerprint);
                        return Err(ProjectError::Changed { projection: P::NAME, version, expected, found });
                    }
                    OnChanged::Rebuild => {
                        self.rows.clear().await.map_err(failed::<P>)?;
                        standing = self.rows.standing().await.map_err(failed::<P>)?;
                    }
                    OnChanged::Keep => {}
                }
            }
            let (revision, checkpoints) = (standing.revision, standing.checkpoints);
            Ok(Standing { revision, checkpoints, parked: BTreeMap::new() })
        })
    }

    fn load(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Loaded<P>>, ProjectError>> {
        Box::pin(async move {
            let rows = self.rows.load(keys.clone()).await.map_err(failed::<P>)?;
            if rows.len() != keys.len() {
                let reason = format!("expected {} rows, one of each key, found {}", keys.len(), rows.len());
                return Err(failed::<P>(RowStoreError::new(reason)));
            }
            let loaded = rows.into_iter().zip(&keys).map(|(row, key)| match row {
                None => Loaded::Absent,
                Some(row) => match write_row(key, &row) {
                    Ok(json) => Loaded::Row { json, row },
                    Err(error) => Loaded::Unreadable(error),
                },
            });
            Ok(loaded.collect())
        })
    }

    fn commit(&self, step: Step<P>) -> BoxFuture<'_, Result<Committed, ProjectError>> {
        Box::pin(async move {
            let changes = step.changes.into_iter().map(|Changed { key, now, .. }| (key, now.map(|now| now.row)));
            let commit =
                RowsCommit::new(step.revision, step.partition, step.reached, self.fingerprint, changes.collect());
            let done = self.rows.commit(commit).await.map_err(failed::<P>)?;
            Ok(if done { Committed::Done } else { Committed::Moved { found: None } })
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), ProjectError>> {
        Box::pin(async move { self.rows.clear().await.map_err(failed::<P>) })
    }

    fn parks(&self) -> bool {
        false
    }
}
