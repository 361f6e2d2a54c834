//! What a test wants done to what goes over a wire, and the fate of each request.

use super::marker::Marker;
use std::time::Duration;

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Requests.
    ToServer,
    /// Replies.
    ToClient,
}

/// What is to be lost on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lose {
    /// The request arrives and is done; the reply is lost with the connection.
    Reply,
    /// The request is lost with the connection, and never arrives.
    Request,
}

/// What becomes of a request and its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Pass,
    Lose(Lose),
    /// Held under this number, until it is let go.
    Hold(Direction, u64),
}

/// All that is to be done.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) loss: Option<Loss>,
    pub(super) hold: Option<Hold>,
    /// How many times something was to be held.
    pub(super) holds: u64,
    /// What was held up to this number goes on.
    pub(super) let_go: u64,
    pub(super) to_server: Flow,
    pub(super) to_client: Flow,
    /// Nobody gets through.
    pub(super) shut: bool,
    pub(super) shut_after_loss: bool,
}

/// How one direction flows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flow {
    pub(super) frozen: bool,
    pub(super) delay: Duration,
    /// Bytes a second, where it is slow.
    pub(super) pace: Option<u32>,
}

#[derive(Debug)]
pub(super) struct Loss {
    pub(super) lose: Lose,
    pub(super) marker: Marker,
    pub(super) choice: Choice,
}

/// Which of the requests that are meant are lost.
#[derive(Debug)]
pub(super) enum Choice {
    /// Each `every`-th one, `times` times.
    Every { every: u32, seen: u32, times: u32 },
    /// Each with this probability.
    Chance { random: fastrand::Rng, probability: f64 },
}

#[derive(Debug)]
pub(super) struct Hold {
    pub(super) direction: Direction,
    pub(super) marker: Marker,
    pub(super) times: u32,
}

impl Rules {
    pub(super) fn flow(&mut self, direction: Direction) -> &mut Flow {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }

    /// What becomes of this request. It is asked once for each.
    pub(super) fn judge(&mut self, request: &[u8]) -> Fate {
        if let Some(hold) = &mut self.hold
            && hold.times > 0
            && hold.marker.is_in(request)
        {
            hold.times -= 1;
            return Fate::Hold(hold.direction, self.holds);
        }
        if let Some(loss) = &mut self.loss
            && loss.marker.is_in(request)
            && loss.choice.strikes()
        {
            self.shut |= self.shut_after_loss;
            return Fate::Lose(loss.lose);
        }
        Fate::Pass
    }
}

impl Choice {
    fn strikes(&mut self) -> bool {
        match self {
            Self::Every { times: 0, .. } => false,
            Self::Every { every, seen, times } => {
                *seen += 1;
                let strikes = seen.is_multiple_of(*every);
                *times -= u32::from(strikes);
                strikes
            }
            Self::Chance { random, probability } => random.f64() < *probability,
        }
    }
}
