//! Which server it is that the tests run on.

use std::{env, ffi::OsString, fmt};

/// The program that [`RedisServer`](crate::RedisServer) starts: what `ANNALS_TEST_SERVER` names, else `redis-server`.
pub(crate) fn program() -> OsString {
    env::var_os("ANNALS_TEST_SERVER").filter(|path| !path.is_empty()).unwrap_or_else(|| STANDARD.into())
}

/// What the distribution installs.
pub(crate) const STANDARD: &str = "redis-server";

/// What a server calls itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion {
    /// The version of Redis that it is, or that it does as.
    pub redis: String,
    /// The version of Valkey, where it is that.
    pub valkey: Option<String>,
}

impl ServerVersion {
    /// Reads what `INFO server` answers.
    pub(crate) fn read(info: &str) -> Self {
        let field = |name: &str| {
            let value = |line: &str| Some(line.trim_end().strip_prefix(name)?.strip_prefix(':')?.to_owned());
            info.lines().find_map(value)
        };
        Self { redis: field("redis_version").unwrap_or_default(), valkey: field("valkey_version") }
    }

    /// Whether there is `WAITAOF`: from Redis 7.2 on.
    #[must_use]
    pub fn has_waitaof(&self) -> bool {
        let mut numbers = self.redis.split('.').map_while(|number| number.parse::<u32>().ok());
        (numbers.next(), numbers.next()) >= (Some(7), Some(2))
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.valkey {
            Some(version) => write!(f, "Valkey {version}"),
            None => write!(f, "Redis {}", self.redis),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redis_and_valkey_are_told_apart() {
        let redis = ServerVersion::read("# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n");
        assert_eq!((redis.to_string().as_str(), redis.has_waitaof()), ("Redis 7.0.15", false));
        let valkey = ServerVersion::read("# Server\r\nredis_version:7.2.4\r\nvalkey_version:9.1.2\r\n");
        assert_eq!((valkey.to_string().as_str(), valkey.has_waitaof()), ("Valkey 9.1.2", true));
        assert!(ServerVersion::read("redis_version:10.0.0\r\n").has_waitaof());
    }
}
