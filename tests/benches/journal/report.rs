//! Rounds, medians, ratios, and the lines that are printed.

use super::spent::Spent;
use std::time::Duration;

/// What was measured of several ways to do the same, round by round.
#[derive(Debug)]
pub(crate) struct Rounds {
    ways: Vec<Vec<Unit>>,
}

/// What one unit took in one round, in seconds: by the clock, of the server's processor and of the client's.
#[derive(Clone, Copy, Debug)]
struct Unit {
    wall: f64,
    processors: Option<[f64; 2]>,
}

impl Unit {
    /// What the busier of the two did: with a core each, nothing can be faster.
    fn busier(self) -> Option<f64> {
        self.processors.map(|[server, client]| server.max(client))
    }
}

impl Rounds {
    pub(crate) fn new(ways: usize) -> Self {
        Self { ways: vec![Vec::new(); ways] }
    }

    /// The order of the ways in this round: each begins in its turn.
    pub(crate) fn order(&self, round: usize) -> impl Iterator<Item = usize> + use<> {
        let ways = self.ways.len();
        (0..ways).map(move |turn| (turn + round) % ways)
    }

    /// Takes in what so many units took.
    pub(crate) fn add(&mut self, way: usize, spent: Spent, units: usize) {
        let each = |time: Duration| time.as_secs_f64() / f64::from(u32::try_from(units).unwrap());
        let unit = Unit { wall: each(spent.wall), processors: spent.processors.map(|both| both.map(each)) };
        self.ways[way].push(unit);
    }

    /// Units a second.
    pub(crate) fn rate(&self, way: usize) -> f64 {
        1.0 / median(self.ways[way].iter().map(|unit| unit.wall).collect())
    }

    /// How fast one way is against another: the median over the rounds, so that a round in which the machine was busy
    /// with something else does not count.
    pub(crate) fn ratio(&self, way: usize, other: usize) -> f64 {
        median(self.pairs(way, other).map(|(way, other)| other.wall / way.wall).collect())
    }

    /// The same as it is printed, and what it would be if only the processors counted.
    pub(crate) fn against(&self, what: &str, way: usize, other: usize, goal: Goal) -> String {
        let ratios = self.pairs(way, other).map(|(way, other)| Some(other.busier()? / way.busier()?));
        let by_work = ratios.collect::<Option<Vec<_>>>().map(median);
        let by_work = by_work.map_or(String::new(), |ratio| format!(", by work {ratio:.2}"));
        against(what, self.ratio(way, other), goal) + &by_work
    }

    fn pairs(&self, way: usize, other: usize) -> impl Iterator<Item = (Unit, Unit)> {
        self.ways[way].iter().copied().zip(self.ways[other].iter().copied())
    }

    /// What a unit took of the server's processor and of the client's, as it is printed.
    pub(crate) fn work(&self, way: usize) -> String {
        let of = |which: usize| {
            let times = self.ways[way].iter().map(|unit| unit.processors.map(|both| both[which]));
            times.collect::<Option<Vec<_>>>().map(|times| median(times) * 1e6)
        };
        match (of(0), of(1)) {
            (Some(server), Some(client)) => format!("server {server:.2} µs, client {client:.2} µs"),
            _ => "no word of the processors".to_owned(),
        }
    }
}

pub(crate) fn median(values: Vec<f64>) -> f64 {
    quantile(values, 50)
}

/// The value that so many of a hundred do not exceed.
pub(crate) fn quantile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

/// The same of times, in microseconds.
pub(crate) fn micros(times: &[Duration], percent: usize) -> f64 {
    quantile(times.iter().map(|time| time.as_secs_f64() * 1e6).collect(), percent)
}

/// What is hoped for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// Nothing: the line is there to be compared with.
    None,
}

/// A ratio as it is printed: against what, how much, and whether that is what was hoped for.
pub(crate) fn against(what: &str, ratio: f64, goal: Goal) -> String {
    let (met, sign, wanted) = match goal {
        Goal::AtLeast(wanted) => (ratio >= wanted, '≥', wanted),
        Goal::AtMost(wanted) => (ratio <= wanted, '≤', wanted),
        Goal::None => return format!("{ratio:.2} of {what}"),
    };
    format!("{ratio:.2} of {what} (goal {sign} {wanted:.2}: {})", if met { "met" } else { "missed" })
}

/// A rate as it is printed.
pub(crate) fn per_second(rate: f64) -> String {
    if rate >= 10_000.0 { format!("{:.0} k/s", rate / 1e3) } else { format!("{:.2} k/s", rate / 1e3) }
}

pub(crate) fn heading(text: &str) {
    println!("\n{text}");
}

pub(crate) fn line(what: &str, durability: &str, value: &str, ratios: &[String]) {
    println!("  {what:<42} {durability:<13} {value:>12}  {}", ratios.join("; "));
}
