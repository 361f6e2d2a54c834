//! What something took: by the clock, and of the server's and the client's processor.
//!
//! On a machine that others use too, the clock tells how busy they were. What the processors did for us it does not: so
//! both are told, where the system says it.

use std::{
    fs,
    time::{Duration, Instant},
};

/// Measures from when it is made.
#[derive(Debug)]
pub(crate) struct Clock {
    server: u32,
    start: Instant,
    server_before: Option<Duration>,
    client_before: Option<Duration>,
}

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    pub(crate) wall: Duration,
    /// What the server's threads did, and what this process' did; `None` where the system does not say.
    pub(crate) processors: Option<[Duration; 2]>,
}

impl Clock {
    /// For a server of this process id.
    pub(crate) fn start(server: u32) -> Self {
        let (server_before, client_before) = (of_process(server), of_process(std::process::id()));
        Self { server, start: Instant::now(), server_before, client_before }
    }

    pub(crate) fn stop(&self) -> Spent {
        let wall = self.start.elapsed();
        let since = |process, before: Option<Duration>| Some(of_process(process)?.saturating_sub(before?));
        let server = since(self.server, self.server_before);
        let client = since(std::process::id(), self.client_before);
        Spent { wall, processors: server.zip(client).map(|(server, client)| [server, client]) }
    }
}

/// How long the threads of a process were on a processor.
fn of_process(process: u32) -> Option<Duration> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task")).ok()? {
        let statistics = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        total += statistics.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(total))
}
