//! A connection to a server, over TCP or a Unix socket.

use redis::ConnectionAddr;
use std::{io, path::PathBuf};
use tokio::{
    io::{Interest, Ready},
    net::TcpStream,
};

/// Where a server is that a [`Socket`] can reach.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Tcp(String, u16),
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Place {
    /// `None` where something else is needed to speak with what is there, as with TLS.
    pub(super) fn of(address: &ConnectionAddr) -> Option<Self> {
        match address {
            ConnectionAddr::Tcp(host, port) => Some(Self::Tcp(host.clone(), *port)),
            #[cfg(unix)]
            ConnectionAddr::Unix(path) => Some(Self::Unix(path.clone())),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl Socket {
    pub(super) async fn connect(place: &Place) -> io::Result<Self> {
        match place {
            Place::Tcp(host, port) => {
                let addresses = tokio::net::lookup_host((host.as_str(), *port)).await?;
                let tries: Vec<_> = addresses.map(|address| Box::pin(TcpStream::connect(address))).collect();
                if tries.is_empty() {
                    return Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
                }
                // Whichever address answers first: one of them may lead nowhere.
                let (stream, _) = futures_util::future::select_ok(tries).await?;
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
            #[cfg(unix)]
            Place::Unix(path) => Ok(Self::Unix(tokio::net::UnixStream::connect(path).await?)),
        }
    }

    pub(super) async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        match self {
            Self::Tcp(stream) => stream.ready(interest).await,
            #[cfg(unix)]
            Self::Unix(stream) => stream.ready(interest).await,
        }
    }

    /// Reads what has come; `None` where that is nothing yet.
    pub(super) fn read(&self, room: &mut [u8]) -> io::Result<Option<usize>> {
        unless_it_would_wait(match self {
            Self::Tcp(stream) => stream.try_read(room),
            #[cfg(unix)]
            Self::Unix(stream) => stream.try_read(room),
        })
    }

    /// Writes what there is room for; `None` where there is none yet.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        unless_it_would_wait(match self {
            Self::Tcp(stream) => stream.try_write(bytes),
            #[cfg(unix)]
            Self::Unix(stream) => stream.try_write(bytes),
        })
    }
}

fn unless_it_would_wait(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Ok(length) => Ok(Some(length)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
