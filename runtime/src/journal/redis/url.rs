//! Where the server is: URLs, read and shown without their passwords.

use crate::journal::ConnectError;
use redis::{Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, io::tcp::TcpSettings};
use std::fmt;

/// Where the server is and who asks, as a URL says it.
#[derive(Clone)]
pub(super) struct ServerUrl {
    shown: String,
    address: ConnectionAddr,
    credentials: Option<Credentials>,
    database: u32,
}

#[derive(Clone)]
struct Credentials {
    user: Option<String>,
    password: String,
}

impl Credentials {
    /// The text with the password masked, as it is and as it may be written.
    fn masked_in(&self, text: &str) -> String {
        let escaped = self.password.escape_debug().to_string();
        let forms = [self.password.as_str(), &escaped, &one_line(&self.password), &one_line(&escaped)];
        let mut text = text.to_owned();
        for form in forms.into_iter().filter(|form| !form.trim().is_empty()) {
            text = text.replace(form, "***");
        }
        text
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl ServerUrl {
    /// Reads `redis://[user:password@]host[:port][/db]`, `rediss://…` and
    /// `redis+unix:///path[?db=…&user=…&pass=…]`, also written `unix:///path…`.
    ///
    /// # Errors
    ///
    /// [`ConnectError::Url`], with what is wrong.
    pub(super) fn parse(url: &str) -> Result<Self, ConnectError> {
        let shown = redacted(url);
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let parsed = match scheme {
            "redis" => tcp(rest).map(|(host, port, parts)| (ConnectionAddr::Tcp(host, port), parts)),
            "rediss" => tcp(rest).and_then(|(host, port, parts)| Ok((tls(host, port)?, parts))),
            "redis+unix" | "unix" => unix(rest).map(|(path, parts)| (ConnectionAddr::Unix(path.into()), parts)),
            _ => Err("expected it to begin with `redis://`, `rediss://` or `redis+unix://`".to_owned()),
        };
        match parsed {
            Ok((address, (credentials, database))) => Ok(Self { shown, address, credentials, database }),
            Err(reason) => Err(ConnectError::Url { url: shown, reason }),
        }
    }

    /// How to reach the server. Who asks is left to [`greeting`](Self::greeting).
    pub(super) fn connection_info(&self) -> redis::RedisResult<ConnectionInfo> {
        let info = self.address.clone().into_connection_info()?;
        let settings = info.redis_settings().clone().set_skip_set_lib_name();
        Ok(info.set_redis_settings(settings).set_tcp_settings(TcpSettings::default().set_nodelay(true)))
    }

    /// Whether TLS is spoken there.
    #[cfg(feature = "tls")]
    pub(super) fn is_tls(&self) -> bool {
        matches!(self.address, ConnectionAddr::TcpTls { .. })
    }

    /// Where the server is.
    pub(super) fn address(&self) -> &ConnectionAddr {
        &self.address
    }

    /// What is said first on a new connection.
    pub(super) fn greeting(&self) -> Vec<Cmd> {
        let mut commands = Vec::new();
        if let Some(Credentials { user, password }) = &self.credentials {
            commands.push(redis::cmd("AUTH").arg(user).arg(password).clone());
        }
        if self.database != 0 {
            commands.push(redis::cmd("SELECT").arg(self.database).clone());
        }
        commands.push(redis::cmd("PING"));
        commands
    }

    /// A text from outside as one short line, without the password: what is sent to a server may come back in what it
    /// answers.
    pub(super) fn clean(&self, text: &str) -> String {
        // What follows may be a part of a password alone: servers say back no more than the beginning.
        let text = text.split(", with args beginning with").next().unwrap_or_default();
        let masked = self.credentials.as_ref().map(|credentials| credentials.masked_in(text));
        let line = one_line(masked.as_deref().unwrap_or(text));
        // Where a space of the password was a line break, it is only found now.
        let masked = self.credentials.as_ref().map(|credentials| credentials.masked_in(&line));
        crate::codec::shortened(masked.as_deref().unwrap_or(&line))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({self})")
    }
}

type Parts = (Option<Credentials>, u32);

fn tcp(rest: &str) -> Result<(String, u16, Parts), String> {
    const ESCAPE: &str = "a `/`, `?`, `#` or `@` in a user name or password is written as %2F, %3F, %23 or %40";
    if let Some((_, fragment)) = rest.split_once('#') {
        return Err(format!("expected nothing after a `#`, found {} characters; {ESCAPE}", fragment.chars().count()));
    }
    if let Some((_, query)) = rest.split_once('?') {
        return Err(match query.split_once('=') {
            Some((key, _)) if key.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                format!("unknown option `{key}`; the database is written as in `redis://host/1`")
            }
            _ => format!("expected nothing after a `?`; {ESCAPE}"),
        });
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if path.contains('@') {
        return Err(format!("expected a database number after the `/`; {ESCAPE}"));
    }
    let (credentials, address) = match authority.rsplit_once('@') {
        None => (None, authority),
        Some((user_info, _)) if user_info.contains('@') => return Err(format!("found two `@`; {ESCAPE}")),
        Some((user_info, address)) => {
            let (user, password) = user_info
                .split_once(':')
                .ok_or("expected `user:password@`, or `:password@` for the default user; the `:` is missing")?;
            let user = Some(unescaped(user)?).filter(|user| !user.is_empty());
            (Some(Credentials { user, password: unescaped(password)? }), address)
        }
    };
    let (host, port) = match address.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']').ok_or("the `]` after the IPv6 address is missing")?;
            host.parse::<std::net::Ipv6Addr>()
                .map_err(|_| format!("expected an IPv6 address in brackets, found `{host}`"))?;
            match rest {
                "" => (host, None),
                rest => (host, Some(rest.strip_prefix(':').ok_or("expected `:` and a port after the `]`")?)),
            }
        }
        None if address.matches(':').count() > 1 => {
            return Err("found several `:` in the address; an IPv6 address is written in brackets".to_owned());
        }
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err("the host is missing, as in `redis://127.0.0.1:6379`".to_owned());
    }
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte)) {
        return Err(format!("expected a host name, found `{host}`"));
    }
    let port = match port {
        None => 6379,
        Some(port) => whole(port).filter(|&port| port != 0).ok_or_else(|| not_a_port(port))?,
    };
    Ok((host.to_owned(), port, (credentials, database(path.trim_end_matches('/'))?)))
}

/// What is no number may be a password, where the host behind it is missing.
fn not_a_port(text: &str) -> String {
    let expected = "expected a port from 1 to 65535";
    if looks_like_a_port(text) {
        format!("{expected}, found `{text}`")
    } else {
        format!("{expected} after the `:`, found something else; behind a password comes `@` and the host")
    }
}

fn looks_like_a_port(text: &str) -> bool {
    text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-".contains(&byte))
}

#[cfg(feature = "tls")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it is an error")]
fn tls(host: String, port: u16) -> Result<ConnectionAddr, String> {
    // A program may have chosen its provider already; then ours is not needed, which is what the error says.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None })
}

#[cfg(not(feature = "tls"))]
fn tls(_: String, _: u16) -> Result<ConnectionAddr, String> {
    Err("`rediss://` needs the feature `tls` of annals: write `annals = { version = \"…\", features = [\"tls\"] }`"
        .to_owned())
}

fn unix(rest: &str) -> Result<(String, Parts), String> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !path.starts_with('/') || path.len() < 2 {
        return Err("expected the path of a socket, as in `redis+unix:///run/redis.sock`".to_owned());
    }
    let (mut user, mut password, mut number) = (None, None, 0);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("db", value)) => number = database(value)?,
            Some(("user", value)) => user = Some(unescaped(value)?),
            Some(("pass", value)) => password = Some(unescaped(value)?),
            Some((key, _)) if key.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                return Err(format!("unknown option `{key}`; there are `db`, `user` and `pass`"));
            }
            _ => return Err("expected `key=value` after the `?`; a `&` in a password is written as %26".to_owned()),
        }
    }
    let credentials = match (user, password) {
        (user, Some(password)) => Some(Credentials { user, password }),
        (Some(_), None) => return Err("found `user`, and `pass` is missing".to_owned()),
        (None, None) => None,
    };
    Ok((unescaped(path)?, (credentials, number)))
}

fn database(text: &str) -> Result<u32, String> {
    if text.is_empty() {
        return Ok(0);
    }
    whole(text).ok_or_else(|| format!("expected a database number, found `{text}`"))
}

/// A number in plain digits: `str::parse` alone would take a sign.
fn whole<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Undoes `%XX`. The error does not repeat the text, which may be a password.
fn unescaped(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte != b'%' {
            bytes.push(byte);
            rest = tail;
            continue;
        }
        let digit = |at: usize| tail.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        let escaped = digit(0).zip(digit(1)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(escaped.ok_or("a `%` begins no escape such as %40; the character itself is written as %25")?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| "an escape such as %FF does not give UTF-8".to_owned())
}

/// A URL with everything masked that may be a password, however badly it is written.
fn redacted(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let (base, query) = match rest.split_once('?') {
        // Then the `?` may be a part of the password.
        Some((_, query)) if query.contains('@') => return format!("{scheme}***"),
        Some((base, query)) => (base, Some(query)),
        None => (rest, None),
    };
    let base = match base.rsplit_once('@') {
        Some((user_info, address)) => match user_info.split_once(':') {
            Some((user, _)) if user.bytes().all(|byte| byte.is_ascii_alphanumeric()) => format!("{user}:***@{address}"),
            _ => format!("***@{address}"),
        },
        None if base.starts_with('/') => base.to_owned(),
        None => without_port(base),
    };
    let query = query.map(|query| {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some(("db", _)) => pair.to_owned(),
            Some((key, _)) => format!("{key}=***"),
            None => "***".to_owned(),
        });
        format!("?{}", pairs.collect::<Vec<_>>().join("&"))
    });
    format!("{scheme}{base}{}", query.unwrap_or_default())
}

/// An address as it was written, but for what may be a password in the place of a port.
fn without_port(address: &str) -> String {
    let from = if address.starts_with('[') { address.find(']').unwrap_or_default() } else { 0 };
    let may_be_secret = |(colon, _): &(usize, &str)| {
        let rest = &address[from + colon + 1..];
        !looks_like_a_port(rest.split(['/', ':']).next().unwrap_or_default())
    };
    match address[from..].match_indices(':').find(may_be_secret) {
        Some((colon, _)) => format!("{}:***", &address[..from + colon]),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> ServerUrl {
        ServerUrl::parse(url).unwrap_or_else(|error| panic!("{error}"))
    }

    fn reason(url: &str) -> String {
        match ServerUrl::parse(url) {
            Err(ConnectError::Url { reason, .. }) => reason,
            other => panic!("{url} gave {other:?}"),
        }
    }

    fn greeting(url: &str) -> String {
        let packed = read(url).greeting().iter().flat_map(Cmd::get_packed_command).collect();
        String::from_utf8(packed).unwrap().replace("\r\n", " ")
    }

    #[test]
    fn an_address_is_read_with_its_defaults() {
        for (url, host, port) in [
            ("redis://localhost", "localhost", 6379),
            ("redis://127.0.0.1:7000/", "127.0.0.1", 7000),
            ("redis://[::1]:7000", "::1", 7000),
            ("redis://[fe80::1]", "fe80::1", 6379),
            ("redis://u:p@my_host.example/3", "my_host.example", 6379),
        ] {
            assert_eq!(read(url).address, ConnectionAddr::Tcp(host.to_owned(), port), "{url}");
        }
        for url in ["redis+unix:///run/my%20redis.sock", "unix:///run/my redis.sock?db=2"] {
            assert_eq!(read(url).address, ConnectionAddr::Unix("/run/my redis.sock".into()), "{url}");
        }
    }

    #[test]
    fn who_asks_for_which_database_is_said_first() {
        assert_eq!(greeting("redis://h"), "*1 $4 PING ");
        assert_eq!(greeting("redis://:p%40ss@h/2"), "*2 $4 AUTH $4 p@ss *2 $6 SELECT $1 2 *1 $4 PING ");
        assert_eq!(greeting("redis://bob:a:b@h"), "*3 $4 AUTH $3 bob $3 a:b *1 $4 PING ");
        assert_eq!(
            greeting("unix:///s?user=bob&pass=%26&db=1"),
            "*3 $4 AUTH $3 bob $1 & *2 $6 SELECT $1 1 *1 $4 PING "
        );
    }

    #[test]
    fn a_bad_url_says_what_is_wrong() {
        for (url, part) in [
            ("", "begin with `redis://`"),
            ("localhost:6379", "begin with `redis://`"),
            ("http://localhost", "begin with `redis://`"),
            ("redis://", "the host is missing"),
            ("redis://:6379", "the host is missing"),
            ("redis://h:0", "a port from 1 to 65535, found `0`"),
            ("redis://h:+1", "a port from 1 to 65535, found `+1`"),
            ("redis://h:65536", "found `65536`"),
            ("redis://::1", "in brackets"),
            ("redis://[::1", "the `]`"),
            ("redis://[::g]", "found `::g`"),
            ("redis://[::1]7", "expected `:` and a port"),
            ("redis://h o", "found `h o`"),
            ("redis://h/one", "a database number, found `one`"),
            ("redis://h/-1", "a database number"),
            ("redis://user@h", "the `:` is missing"),
            ("redis://u:a@b@h", "two `@`"),
            ("redis://u:%zz@h", "%25"),
            ("redis://u:%ff@h", "UTF-8"),
            ("redis://h?protocol=resp3", "unknown option `protocol`"),
            ("redis://h#insecure", "after a `#`"),
            ("redis://:a/b@h", "%2F"),
            ("redis://:a?b@h", "%3F"),
            ("unix://relative", "the path of a socket"),
            ("unix:///", "the path of a socket"),
            ("unix:///s?password=x", "unknown option `password`"),
            ("unix:///s?user=x", "`pass` is missing"),
            ("unix:///s?pass=a&b", "%26"),
        ] {
            let reason = reason(url);
            assert!(reason.contains(part), "{url}: {reason}");
        }
    }

    #[test]
    fn no_password_is_shown_however_badly_it_is_written() {
        for url in [
            "redis://user:secret@host",
            "redis://:secret@host:1/2",
            "redis://:secret/secret@host",
            "redis://:secret?secret@host",
            "redis://:secret#secret@host",
            "redis://:secret@secret@host",
            "redis://secret@host",
            "redis://us er:secret@host",
            "redis//user:secret@host",
            "user:secret@host",
            "http://user:secret@host",
            "redis://host?pass=secret",
            "redis://host?secret",
            "unix:///sock?user=u&pass=secret&db=1",
            "unix:///sock?pass=secret@secret",
            "unix:///sock?pass=secret&secret",
            "redis://:%zzsecret@host",
            "redis://:secret",
            "redis://user:secret",
            "redis://user:secret/0",
            "redis://user:12secret",
            "redis://user:1:secret",
            "redis://user:secret%40host:6379",
            "redis://[::1]:secret",
            "redis:user:secret",
            "redis:/user:secret",
            "user:secret",
        ] {
            let shown = match ServerUrl::parse(url) {
                Ok(read) => format!("{read} {read:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!shown.contains("secret"), "{shown}");
        }
        assert_eq!(redacted("redis://user:secret@host:1/2"), "redis://user:***@host:1/2");
        assert_eq!(redacted("unix:///sock?pass=secret&db=1"), "unix:///sock?pass=***&db=1");
        for address in ["host", "host:1/2", "[::1]:6379", "127.0.0.1:65536", "localhost:6379"] {
            assert_eq!(redacted(&format!("redis://{address}")), format!("redis://{address}"));
        }
    }

    #[test]
    fn what_a_server_says_becomes_one_short_line_without_the_password() {
        let said = "ERR no 'secret',\r\n thanks: \"secret\"";
        assert_eq!(read("redis://:secret@h").clean(said), "ERR no '***', thanks: \"***\"");
        // Of a long one, a server says back no more than the beginning.
        let said = "ERR unknown command 'AUTH', with args beginning with: 'sec";
        assert_eq!(read("redis://:secret@h").clean(said), "ERR unknown command 'AUTH'");
        let odd = read("redis://:a%20%20b%0D%0A%22c%22%09d@h");
        for said in ["x a  b\r\n\"c\"\td y", "x a b \"c\" d y", "x a  b  \"c\" d y", r#"x a  b\r\n\"c\"\td y"#] {
            assert_eq!(odd.clean(said), "x *** y", "{said}");
        }
        assert!(read("redis://h").clean(&"x".repeat(10_000)).len() < 300);
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn tls_without_its_feature_says_which_one_it_needs() {
        assert!(reason("rediss://h").contains("features = [\"tls\"]"));
    }

    #[cfg(feature = "tls")]
    #[test]
    fn tls_finds_a_provider_for_its_cryptography() {
        let url = read("rediss://u:p@h:6390");
        assert_eq!(
            url.address,
            ConnectionAddr::TcpTls { host: "h".to_owned(), port: 6390, insecure: false, tls_params: None }
        );
        assert!(rustls::crypto::CryptoProvider::get_default().is_some());
    }
}
