//! What is said first on every connection: who we are, and whether it is Redis that answers.

use super::{
    connection::{Failure, Unfit, meaning, without_tls},
    url::ServerUrl,
};
use redis::{
    Cmd, ErrorKind, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use std::{future::Future, time::Duration};

/// How long it may take to reach the server, and then until it has answered the greeting.
pub(super) const CONNECT: Duration = Duration::from_secs(2);

/// A connection that is new.
pub(super) trait Speaks {
    /// Asks one thing.
    fn ask(&mut self, command: &Cmd) -> impl Future<Output = RedisResult<Value>> + Send;
}

impl Speaks for MultiplexedConnection {
    async fn ask(&mut self, command: &Cmd) -> RedisResult<Value> {
        self.req_packed_command(command).await
    }
}

/// Says who we are. Once the server was reached, silence and nonsense mean that it is not Redis.
pub(super) async fn greet(url: &ServerUrl, connection: &mut impl Speaks) -> Result<(), Unfit> {
    tokio::time::timeout(CONNECT, introduce(url, connection)).await.unwrap_or_else(|_| {
        Err(Unfit::NotRedis(format!("it takes connections and says nothing for {} s", CONNECT.as_secs())))
    })
}

async fn introduce(url: &ServerUrl, connection: &mut impl Speaks) -> Result<(), Unfit> {
    let mut answer = Value::Nil;
    // One by one: of several at once, an answer that is none of Redis' would be told as a broken connection.
    for command in url.greeting() {
        answer = match connection.ask(&command).await {
            Ok(Value::ServerError(error)) => {
                return Err(match meaning(url, &error) {
                    Failure::Refused(refusal) => Unfit::Refused(refusal),
                    failure => Unfit::NotNow(failure.text()),
                });
            }
            Ok(answer) => answer,
            Err(error) if error.kind() == ErrorKind::Parse => {
                return Err(Unfit::NotRedis("it does not speak the protocol of Redis".to_owned()));
            }
            Err(error) => {
                let closed = || format!("it closed the connection: {}", url.clean(&error.to_string()));
                return Err(Unfit::NotRedis(url.clean(&without_tls(&error).unwrap_or_else(closed))));
            }
        };
    }
    if matches!(&answer, Value::SimpleString(pong) if pong == "PONG") {
        return Ok(());
    }
    let found = url.clean(&format!("{answer:?}"));
    Err(Unfit::NotRedis(format!("expected PONG as the answer to PING, found {found}")))
}
