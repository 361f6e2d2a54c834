//! The server-side functions of `journal.lua`: loaded where they are missing, and called.

use super::connection::{Connection, Failure, Refusal};
use crate::{model::fnv1a64, trace::tell};
use redis::{Cmd, Value};
use std::{
    borrow::Cow,
    sync::{PoisonError, RwLock},
};
use tokio::time::Instant;

const SOURCE: &str = include_str!("journal.lua");
/// What can be called.
const NAMES: [&str; 18] = [
    "about", "settings", "make", "append", "remember", "claim", "version", "restore", "keep", "seek", "commit",
    "clear", "page", "find", "build", "sweep", "lease", "release",
];
/// Which of them only read, so that a server calls them too when it takes no writes.
const READING: [&str; 7] = ["about", "settings", "version", "restore", "seek", "page", "find"];
/// Which of them make room, so that a server calls them too when its memory is full.
const FREEING: [&str; 3] = ["clear", "sweep", "release"];
/// How often one is called at most, where the server loses the functions in between.
const TIMES: u32 = 3;

/// The functions of one version of `journal.lua`. Its hash stands in every name, since names are global on a server and
/// other versions may be at work beside this one.
#[derive(Debug)]
pub(super) struct Functions {
    prefix: String,
    library: String,
    script: String,
    way: RwLock<Way>,
}

/// A function to be called, with others.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) function: &'static str,
    pub(super) keys: Vec<&'a str>,
    pub(super) arguments: Vec<Cow<'a, str>>,
}

impl Call<'_> {
    pub(super) fn new(function: &'static str) -> Self {
        Self { function, keys: Vec::new(), arguments: Vec::new() }
    }
}

/// How the functions are called.
#[derive(Clone, Debug)]
enum Way {
    /// As a library of functions.
    Library,
    /// As one script, with the function's name as its first argument: where a hosted Redis forbids functions.
    Script {
        /// By which the server knows it.
        sha: String,
    },
}

impl Functions {
    pub(super) fn new() -> Self {
        let prefix = format!("annals_{:016x}", fnv1a64(&[SOURCE, &NAMES.concat()].concat()));
        // While a library is loaded there is no `pairs` to find the functions with.
        let register = |name: &&str| {
            let flags = match *name {
                name if READING.contains(&name) => "'no-writes'",
                name if FREEING.contains(&name) => "'allow-oom'",
                _ => "",
            };
            format!(
                "redis.register_function{{function_name='{prefix}_{name}', flags={{{flags}}}, callback=function(keys, args) \
                 return answer(journal.{name}, keys, args) end}}\n"
            )
        };
        let library = format!("#!lua name={prefix}\n{SOURCE}\n{}", NAMES.iter().map(register).collect::<String>());
        let script =
            format!("{SOURCE}\nlocal name = table.remove(ARGV, 1)\nreturn answer(journal[name], KEYS, ARGV)\n");
        Self { prefix, library, script, way: RwLock::new(Way::Library) }
    }

    /// Loads the functions, in the way that this server and this user's rights allow.
    pub(super) async fn load(&self, connection: &Connection, deadline: Instant) -> Result<(), Failure> {
        let about = self.command(&Way::Library, "about", &[], std::iter::empty::<&str>());
        // They may be there, and a replica or a user without the right to load them takes them as they are.
        if connection.command(&about, deadline).await.is_ok() {
            self.go(Way::Library);
            return Ok(());
        }
        let mut commands = redis::pipe();
        commands.cmd("FUNCTION").arg("LOAD").arg(&self.library);
        commands.add_command(about);
        let answers = connection.pipeline(&commands, deadline).await?;
        // What loading answers does not matter: another program may have done it meanwhile.
        if !matches!(answers.last(), None | Some(Value::ServerError(_))) {
            self.go(Way::Library);
            return Ok(());
        }
        if was_forgotten(connection, &answers) {
            return Err(lost());
        }
        match connection.command(redis::cmd("SCRIPT").arg("LOAD").arg(&self.script), deadline).await {
            Ok(Value::BulkString(sha)) => {
                tell!(
                    info,
                    library = self.prefix.as_str(),
                    "the server takes no functions from us; scripts do the same"
                );
                self.go(Way::Script { sha: String::from_utf8_lossy(&sha).into_owned() });
                Ok(())
            }
            Ok(other) => {
                let text = format!("expected the hash of the script that was loaded, found {other:?}");
                Err(Failure::Refused(Refusal { code: "ERR".to_owned(), text: connection.url().clean(&text) }))
            }
            Err(Failure::Refused(script)) => {
                let reasons = answers.iter().filter_map(|answer| match answer {
                    Value::ServerError(error) => Some(connection.failure(error)),
                    _ => None,
                });
                let reasons = reasons.filter_map(|failure| match failure {
                    Failure::Refused(refusal) => Some(refusal.text),
                    _ => None,
                });
                let text = format!(
                    "it takes neither functions nor scripts: {}; {}",
                    reasons.collect::<Vec<_>>().join("; "),
                    script.text
                );
                Err(Failure::Refused(Refusal { text, ..script }))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Calls a function once; where the server has lost it, it is loaded again first.
    pub(super) async fn call<A: AsRef<[u8]>>(
        &self,
        connection: &Connection,
        deadline: Instant,
        function: &str,
        keys: &[&str],
        arguments: &[A],
    ) -> Result<Value, Failure> {
        for _ in 0..TIMES {
            let command = self.command(&self.way(), function, keys, arguments.iter());
            match connection.command(&command, deadline).await {
                Err(Failure::Refused(refusal)) if is_missing(&refusal) => self.load(connection, deadline).await?,
                answer => return answer,
            }
        }
        Err(lost())
    }

    /// Calls several functions in one trip, each once, with other commands behind them. Where the server has lost the
    /// functions, they are loaded, and those that were missing are called again.
    ///
    /// Answers for each what it answered, and what the commands behind it did.
    pub(super) async fn call_all(
        &self,
        connection: &Connection,
        deadline: Instant,
        calls: Vec<Call<'_>>,
        behind: &[Cmd],
    ) -> Vec<Result<(Value, Vec<Value>), Failure>> {
        if let ([Call { function, keys, arguments }], []) = (&calls[..], behind) {
            let arguments: Vec<_> = arguments.iter().map(|text| text.as_bytes()).collect();
            let answer = self.call(connection, deadline, function, keys, &arguments).await;
            return vec![answer.map(|answer| (answer, Vec::new()))];
        }
        let mut answers: Vec<_> = calls.iter().map(|_| Err(lost())).collect();
        let mut open: Vec<usize> = (0..calls.len()).collect();
        for _ in 0..TIMES {
            let way = self.way();
            let mut commands = redis::pipe();
            for &index in &open {
                let Call { function, keys, arguments } = &calls[index];
                commands.add_command(self.command(&way, function, keys, arguments.iter().map(|text| text.as_bytes())));
            }
            for command in behind {
                commands.add_command(command.clone());
            }
            let mut replies = match connection.pipeline(&commands, deadline).await {
                Ok(replies) => replies,
                Err(failure) => {
                    for index in open {
                        answers[index] = Err(failure.clone());
                    }
                    return answers;
                }
            };
            let behind = replies.split_off(open.len().min(replies.len()));
            let mut missing = Vec::new();
            for (index, reply) in open.into_iter().zip(replies) {
                answers[index] = match connection.accepted(reply) {
                    Ok(reply) => Ok((reply, behind.clone())),
                    Err(Failure::Refused(refusal)) if is_missing(&refusal) => {
                        missing.push(index);
                        Err(lost())
                    }
                    Err(failure) => Err(failure),
                };
            }
            if missing.is_empty() {
                return answers;
            }
            open = missing;
            if let Err(failure) = self.load(connection, deadline).await {
                for index in open {
                    answers[index] = Err(failure.clone());
                }
                return answers;
            }
        }
        answers
    }

    /// By which name the server has the functions.
    pub(super) fn name(&self) -> String {
        match self.way() {
            Way::Library => format!("the library {}", self.prefix),
            Way::Script { sha } => format!("the script {sha}"),
        }
    }

    fn way(&self) -> Way {
        self.way.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn command<A: AsRef<[u8]>>(
        &self,
        way: &Way,
        function: &str,
        keys: &[&str],
        arguments: impl Iterator<Item = A>,
    ) -> Cmd {
        let mut command = Cmd::with_capacity(keys.len() + 64, 64 * (keys.len() + 8));
        command.arg(match way {
            Way::Library => "FCALL",
            Way::Script { .. } => "EVALSHA",
        });
        match way {
            Way::Library => command.arg(format!("{}_{function}", self.prefix)).arg(keys.len()).arg(keys),
            Way::Script { sha } => command.arg(sha).arg(keys.len()).arg(keys).arg(function),
        };
        for argument in arguments {
            command.arg(argument.as_ref());
        }
        command
    }

    fn go(&self, way: Way) {
        *self.way.write().unwrap_or_else(PoisonError::into_inner) = way;
    }
}

/// Whether the library was loaded, by us or by another program, and was gone again when it was called: the server takes
/// functions, and loses them.
fn was_forgotten(connection: &Connection, answers: &[Value]) -> bool {
    let refusal = |answer: &Value| match answer {
        Value::ServerError(error) => match connection.failure(error) {
            Failure::Refused(refusal) => Some(refusal),
            _ => None,
        },
        _ => None,
    };
    let [loaded, about] = answers else { return false };
    let is_there = match loaded {
        Value::ServerError(_) => refusal(loaded).is_some_and(|refusal| refusal.text.contains("already exists")),
        _ => true,
    };
    is_there && refusal(about).is_some_and(|refusal| is_missing(&refusal))
}

fn lost() -> Failure {
    Failure::NotNow("the server loses the functions as fast as they are loaded".to_owned())
}

/// Whether the server says that it does not know the function or script, and so did nothing.
fn is_missing(refusal: &Refusal) -> bool {
    refusal.code == "NOSCRIPT" || refusal.text.contains("Function not found")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_the_source_can_be_called() {
        let defined: Vec<_> =
            SOURCE.lines().filter_map(|line| line.strip_prefix("function journal.")?.split('(').next()).collect();
        assert_eq!(defined, NAMES);
        assert!(READING.iter().chain(&FREEING).all(|name| NAMES.contains(name)));
    }
}
