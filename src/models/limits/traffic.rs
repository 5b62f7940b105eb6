//! When the next request may go, given all that came back so far.

use std::time::Duration;

use tokio::time::Instant;

use super::Limits;
use super::bucket::Bucket;
use super::history::History;
use super::pace::Pace;
use super::quota::Quotas;
use super::ramp::Ramp;
use super::suspicion::{Finding, Suspicion};

/// Answers after which an endpoint counts as known.
const SEASONED: u64 = 50;
/// Minute quotas are spent over the minute; this much of one may go at once.
const MINUTE_BURST: Duration = Duration::from_secs(6);
/// The wait after a refusal that names none.
const UNNAMED_WAIT: Duration = Duration::from_millis(500);

/// The state of one endpoint's traffic. It is told the time and waits for nothing.
#[derive(Debug)]
pub(super) struct Traffic {
    concurrency: usize,
    window: f64,
    in_flight: usize,
    /// Answers that came and are not on disk yet.
    unkept: usize,
    sent: u64,
    answers: u64,
    latency: f64,
    ramp: Option<Ramp>,
    pace: Option<Pace>,
    requests: Vec<Bucket>,
    tokens: Option<Bucket>,
    held_until: Option<Instant>,
    suspicion: Option<Suspicion>,
    /// Requests up to this one went out before the last finding and are no evidence after it.
    settled: u64,
    history: History,
}

/// When a request may go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Now,
    /// Not before; ask again then, or when an answer has come.
    At(Instant),
    /// When an answer has come.
    AfterAnswer,
}

/// A request on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    number: u64,
    at: Instant,
    tokens: f64,
}

impl Ticket {
    /// When it left.
    pub(super) fn at(&self) -> Instant {
        self.at
    }
}

/// What became of a request, as far as traffic goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::models) enum Arrival {
    /// Answered, with the tokens it took where the provider says.
    Answered { tokens: Option<u64> },
    /// Told to wait (429).
    Refused { wait: Option<Duration> },
    /// Any other failure; says nothing about how much may be sent.
    Failed,
    /// The caller went away.
    Abandoned,
}

/// What was concluded from an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::models) struct Slowdown {
    /// Nothing is sent for so long,
    pub(in crate::models) wait: Duration,
    /// and from then on so much a second.
    pub(in crate::models) per_second: f64,
}

impl Traffic {
    pub(super) fn new(limits: &Limits, now: Instant) -> Traffic {
        let concurrency = limits.concurrency.max(1) as usize;
        let per_second = limits.requests_per_second.map(|rate| Bucket::new(rate, Duration::ZERO, now));
        let per_minute = limits.requests_per_minute.map(|rate| Bucket::new(rate / 60.0, MINUTE_BURST, now));
        Traffic {
            concurrency,
            window: concurrency as f64,
            in_flight: 0,
            unkept: 0,
            sent: 0,
            answers: 0,
            latency: 0.0,
            ramp: Some(Ramp::new(concurrency)),
            pace: None,
            requests: per_second.into_iter().chain(per_minute).collect(),
            tokens: limits.tokens_per_minute.map(|rate| Bucket::new(rate / 60.0, MINUTE_BURST, now)),
            held_until: None,
            suspicion: None,
            settled: 0,
            history: History::default(),
        }
    }

    #[cfg(test)]
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// When a request of about `tokens` tokens may go.
    pub(super) fn turn(&mut self, tokens: f64, now: Instant) -> Turn {
        if self.in_flight >= (self.window as usize).max(1) {
            return Turn::AfterAnswer;
        }
        // What a killed process would have to ask for again is never more than this.
        if self.in_flight + self.unkept >= self.concurrency {
            return Turn::AfterAnswer;
        }
        self.ramp.take_if(|ramp| ramp.is_over(self.sent, self.concurrency, now));
        let mut ready = self.held_until.map_or(now, |until| until.max(now));
        if let Some(ramp) = &mut self.ramp {
            ready = match ramp.held_until() {
                Some(until) if self.in_flight > 0 => ready.max(until),
                Some(_) => ready,
                None => ready.max(ramp.ready_at(self.sent, now)),
            };
        }
        if let Some(pace) = &self.pace {
            ready = ready.max(pace.ready_at(now));
        }
        for bucket in &mut self.requests {
            ready = ready.max(bucket.ready_at(1.0, now));
        }
        if let Some(bucket) = &mut self.tokens {
            ready = ready.max(bucket.ready_at(tokens, now));
        }
        if ready > now { Turn::At(ready) } else { Turn::Now }
    }

    /// Notes that a request goes now, and reserves its tokens.
    pub(super) fn depart(&mut self, tokens: f64, now: Instant) -> Ticket {
        self.in_flight += 1;
        self.sent += 1;
        if let Some(ramp) = &mut self.ramp {
            ramp.depart(now);
        }
        if let Some(pace) = &mut self.pace {
            pace.depart(now);
            if pace.per_second() * self.latency > 4.0 * self.concurrency as f64 {
                self.pace = None;
            }
        }
        for bucket in &mut self.requests {
            bucket.take(1.0, now);
        }
        if let Some(bucket) = &mut self.tokens {
            bucket.take(tokens, now);
        }
        Ticket { number: self.sent, at: now, tokens }
    }

    /// Notes what became of a request, settling its reservation.
    pub(super) fn arrive(&mut self, ticket: Ticket, arrival: Arrival, now: Instant) -> Option<Slowdown> {
        self.in_flight = self.in_flight.saturating_sub(1);
        let used = match arrival {
            Arrival::Answered { tokens } => tokens.map(|tokens| tokens as f64),
            Arrival::Refused { .. } => Some(0.0),
            Arrival::Failed | Arrival::Abandoned => None,
        };
        if let (Some(bucket), Some(used)) = (&mut self.tokens, used) {
            bucket.take(used - ticket.tokens, now);
        }
        if let (Some(ramp), false) = (&mut self.ramp, arrival == Arrival::Abandoned) {
            let is_answer = matches!(arrival, Arrival::Answered { .. });
            ramp.came_back(now.saturating_duration_since(ticket.at), is_answer, now);
        }
        match arrival {
            Arrival::Answered { .. } => self.answered(ticket, now),
            Arrival::Refused { wait } => return self.refused(ticket, wait, now),
            Arrival::Failed | Arrival::Abandoned => {}
        }
        None
    }

    /// Notes that an answer is there, and not on disk.
    pub(super) fn hold_answer(&mut self) {
        self.unkept += 1;
    }

    /// Notes that an answer is on disk, or that nobody keeps it.
    pub(super) fn release_answer(&mut self) {
        self.unkept = self.unkept.saturating_sub(1);
    }

    /// Takes in what the provider's headers say about what is left.
    pub(super) fn told(&mut self, quotas: &Quotas, tokens: f64, now: Instant) {
        let waits = [
            quotas.requests.as_ref().and_then(|quota| quota.wait_for(1.0)),
            quotas.tokens.as_ref().and_then(|quota| quota.wait_for(tokens)),
        ];
        if let Some(wait) = waits.into_iter().flatten().max() {
            self.hold(now + wait);
        }
    }

    fn answered(&mut self, ticket: Ticket, now: Instant) {
        let latency = now.saturating_duration_since(ticket.at);
        self.answers += 1;
        self.latency += (latency.as_secs_f64() - self.latency) / (self.answers.min(32) as f64);
        self.history.record(now);
        self.window = (self.window + 1.0 / self.window).min(self.concurrency as f64);
        if let Some(suspicion) = &mut self.suspicion {
            suspicion.answered(ticket.number);
            self.conclude(now);
        }
    }

    fn refused(&mut self, ticket: Ticket, wait: Option<Duration>, now: Instant) -> Option<Slowdown> {
        if ticket.number <= self.settled {
            return None;
        }
        if let Some(ramp) = &mut self.ramp {
            ramp.hold(now);
        }
        self.suspicion.get_or_insert_with(|| Suspicion::new(ticket.number, now)).refused(ticket.number, wait);
        if let Some(slowdown) = self.conclude(now) {
            return Some(slowdown);
        }
        if self.pace.as_mut().is_some_and(|pace| !pace.cut(now)) {
            self.pace = None;
        }
        None
    }

    fn conclude(&mut self, now: Instant) -> Option<Slowdown> {
        let seasoned = self.answers >= SEASONED;
        let suspicion = self.suspicion.as_ref()?;
        let began = suspicion.began();
        match suspicion.finding(seasoned) {
            Finding::Unknown => None,
            Finding::Random => {
                self.suspicion = None;
                if let Some(ramp) = &mut self.ramp {
                    ramp.release();
                }
                None
            }
            Finding::Limited(wait) => Some(self.slow_down(wait, began, now)),
        }
    }

    /// The rate to keep to is what the server let through in the time it counts over, which
    /// the wait it asks for tells: it says when that time is over.
    fn slow_down(&mut self, wait: Option<Duration>, began: Instant, now: Instant) -> Slowdown {
        let span = match wait.unwrap_or_default().as_secs() {
            0..=2 => 1,
            3..=15 => 10,
            _ => 60,
        };
        let passed = self.history.within(Duration::from_secs(span), now);
        let measured = passed.max(1) as f64 / span as f64;
        let before = self.pace.as_ref().map_or(0.0, |pace| pace.per_second() / 2.0);
        let per_second = measured.max(before);

        let until = (began + wait.unwrap_or(UNNAMED_WAIT)).max(now);
        self.hold(until);
        self.pace = Some(Pace::new(per_second, until));
        // The pace is what holds now. The window bounds what the pace can't see, such as a
        // limit on requests at a time, so it must leave the pace room.
        let room = per_second * self.latency * 2.0 + 2.0;
        self.window = (self.window / 2.0).max(room).min(self.concurrency as f64);
        self.ramp = None;
        self.suspicion = None;
        self.settled = self.sent;
        Slowdown { wait: until - now, per_second }
    }

    fn hold(&mut self, until: Instant) {
        self.held_until = Some(self.held_until.map_or(until, |held| held.max(until)));
    }
}
