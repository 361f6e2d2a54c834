//! A line by the client of the `redis` crate, for what a socket of ours does not speak: TLS.

use super::{parts::Parts, request::Request};
use crate::journal::redis::connection::{Connection, Failure};
use redis::Value;
use tokio::time::Instant;

/// Sends a request and gives each reply to `take`, in their order.
pub(super) async fn ask(
    connection: &Connection,
    request: &Request,
    deadline: Instant,
    mut take: impl FnMut(Parts<'_>),
) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    for answer in connection.pipeline(&request.pipeline(), deadline).await? {
        bytes.clear();
        write(&answer, &mut bytes);
        take(Parts::new(&bytes));
    }
    Ok(())
}

/// Writes a value as it came.
fn write(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Nil => bytes.extend_from_slice(b"$-1\r\n"),
        Value::Okay => bytes.extend_from_slice(b"+OK\r\n"),
        Value::Int(number) => line(bytes, ':', &number.to_string()),
        Value::SimpleString(word) => line(bytes, '+', word),
        Value::ServerError(error) => match error.details() {
            Some(details) => line(bytes, '-', &format!("{} {details}", error.code())),
            None => line(bytes, '-', error.code()),
        },
        Value::BulkString(text) => {
            line(bytes, '$', &text.len().to_string());
            bytes.extend_from_slice(text);
            bytes.extend_from_slice(b"\r\n");
        }
        Value::Array(list) => {
            line(bytes, '*', &list.len().to_string());
            for value in list {
                write(value, bytes);
            }
        }
        // Of the newer protocol, which is not spoken.
        other => line(bytes, '+', &format!("{other:?}").replace(['\r', '\n'], " ")),
    }
}

fn line(bytes: &mut Vec<u8>, kind: char, text: &str) {
    bytes.extend_from_slice(format!("{kind}{text}\r\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_written_as_it_came() {
        for came in [
            "*5\r\n$3\r\na\r\n\r\n:-1\r\n+OK\r\n+PONG\r\n*1\r\n$-1\r\n",
            "-ERR no such thing\r\n",
            "-WRONGTYPE Operation against a key\r\n",
            "-NOAUTH\r\n",
            "*0\r\n",
        ] {
            let mut bytes = Vec::new();
            write(&redis::parse_redis_value(came.as_bytes()).unwrap(), &mut bytes);
            assert_eq!(String::from_utf8(bytes).unwrap(), came);
        }
        let mut bytes = Vec::new();
        write(&Value::Boolean(true), &mut bytes);
        assert_eq!(bytes, b"+boolean(true)\r\n");
    }
}
