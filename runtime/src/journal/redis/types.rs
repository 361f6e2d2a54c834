//! Of which kind of aggregate the events of each type are.

use super::{JournalError, RedisJournal, checks, foreign};

impl RedisJournal {
    pub(super) async fn claim_types(&self, aggregate: String, types: Vec<String>) -> Result<(), JournalError> {
        checks::claim(&aggregate, &types)?;
        let operation = format!("claim the event types of `{aggregate}`");
        let mut arguments = vec![aggregate];
        arguments.extend(types);
        // A claim that was made is made again without a change, so a lost answer is asked for again.
        let mut reply = self.call(&operation, "claim", &[&self.keys.types()], &arguments).await?;
        let mut next = || reply.text().map_err(|found| found.during(&operation));
        match next()?.as_str() {
            "done" => {
                // A server that takes this one's place may not have it.
                self.connection.introduction().claim(&arguments[0], &arguments[1..]);
                Ok(())
            }
            "taken" => {
                let event_type = next()?;
                let owner = reply.told().map_err(|found| found.during(&operation))?;
                Err(JournalError::TypeTaken { event_type, owner, aggregate: arguments.swap_remove(0) })
            }
            word => Err(foreign(&operation, word, reply)),
        }
    }

    pub(super) async fn owners_of(&self, types: Vec<String>) -> Result<Vec<Option<String>>, JournalError> {
        self.values("read whose the event types are", &self.keys.types(), &types).await
    }
}
