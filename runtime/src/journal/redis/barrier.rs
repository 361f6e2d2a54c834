//! Waiting until what was written is as safe as was asked for, and how far it came.

use super::connection::Connection;
use crate::journal::{Demand, Reached};
use redis::{Cmd, Value};
use std::time::Duration;

/// What a server can be asked about what it has written, and for how long it is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Barrier {
    within: Duration,
    /// Whether it can wait until what was written is fsynced.
    waitaof: bool,
    /// Whether it is taken at the user's word that the server fsyncs, since it does not let us see.
    trusting: bool,
}

impl Barrier {
    pub(super) fn new(within: Duration, waitaof: bool, trusting: bool) -> Self {
        Self { within, waitaof, trusting }
    }

    /// How long it takes at most to be waited for: twice where replicas and files are waited for.
    pub(super) fn longest(&self) -> Duration {
        self.within * 2
    }

    /// Why this server cannot give what is asked for, if so.
    pub(super) fn cannot(&self, demand: Demand) -> Option<String> {
        (demand.fsynced_replicas > 0 && !self.waitaof)
            .then(|| "to wait for the disks of replicas it would have to be Redis 7.2 or later".to_owned())
    }

    /// What is asked behind the writes. Redis waits for all that a connection has written before.
    pub(super) fn commands(&self, demand: Demand) -> Vec<Cmd> {
        let mut commands = Vec::new();
        // Redis takes 0 for ever.
        let millis = u64::try_from(self.within.as_millis()).unwrap_or(u64::MAX).max(1);
        if demand.replicas > 0 {
            commands.push(redis::cmd("WAIT").arg(demand.replicas).arg(millis).clone());
        }
        if demand.fsynced && self.waitaof {
            commands.push(redis::cmd("WAITAOF").arg(1).arg(demand.fsynced_replicas).arg(millis).clone());
        } else if demand.fsynced && !self.trusting {
            commands.push(redis::cmd("CONFIG").arg("GET").arg("appendonly").arg("appendfsync").clone());
        }
        commands
    }

    /// How far the writes came, by the answers to [`commands`](Self::commands); and why that is not known, if so.
    pub(super) fn read(
        &self,
        connection: &Connection,
        demand: Demand,
        answers: Vec<Value>,
    ) -> (Reached, Option<String>) {
        let mut reached = Reached::default();
        let mut unknown = None;
        let mut answers = answers.into_iter();
        let mut next = || match answers.next() {
            Some(Value::ServerError(error)) => Err(connection.failure(&error).text()),
            Some(answer) => Ok(answer),
            None => Err("the server did not answer".to_owned()),
        };
        let mut note = |result: Result<(), String>| {
            if let Err(reason) = result {
                unknown.get_or_insert(reason);
            }
        };
        if demand.replicas > 0 {
            note(next().and_then(|answer| {
                reached.replicas = Some(count(&answer)?);
                Ok(())
            }));
        }
        if demand.fsynced && self.waitaof {
            note(next().and_then(|answer| match answer {
                Value::Array(counts) if counts.len() == 2 => {
                    reached.fsynced = Some(count(&counts[0])? > 0);
                    reached.fsynced_replicas = (demand.fsynced_replicas > 0).then(|| count(&counts[1])).transpose()?;
                    Ok(())
                }
                other => Err(format!("expected two counts, found {other:?}")),
            }));
        } else if demand.fsynced && self.trusting {
            reached.fsynced = Some(true);
        } else if demand.fsynced {
            // A server that fsyncs always does so before it answers, and ends where it cannot.
            note(next().and_then(|answer| {
                let settings = settings(answer);
                let is = |name: &str, value: &str| settings.iter().any(|(key, found)| key == name && found == value);
                let fsynced = is("appendonly", "yes") && is("appendfsync", "always");
                reached.fsynced = Some(fsynced);
                if fsynced {
                    Ok(())
                } else {
                    let found: Vec<_> = settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
                    Err(format!("expected appendonly yes and appendfsync always, found {}", found.join(" and ")))
                }
            }));
        }
        (reached, unknown)
    }
}

fn count(answer: &Value) -> Result<u32, String> {
    match answer {
        Value::Int(number) => u32::try_from(*number).map_err(|_| format!("expected a count, found {number}")),
        other => Err(format!("expected a count, found {other:?}")),
    }
}

/// The names and values that `CONFIG GET` answers.
pub(super) fn settings(answer: Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    };
    match answer {
        Value::Array(words) => words.chunks_exact(2).map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
        Value::Map(pairs) => pairs.iter().map(|(name, value)| (text(name), text(value))).collect(),
        _ => Vec::new(),
    }
}
