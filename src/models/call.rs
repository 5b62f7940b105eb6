//! One call: its attempts, and what is done between them.

use std::time::Duration;

use super::anteroom::Waiting;
use super::attempt::AttemptEvent;
use super::dialects::Message;
use super::endpoint::{Endpoint, Lines};
use super::exchange;
use super::judgement::{self, Health, Judgement};
use super::limits::Unkept;
use super::limits::circuit::{Change, Entry};
use super::limits::limiter::Pass;
use super::limits::patience::Tried;
use super::limits::quota::{Quotas, retry_after};
use super::limits::retry::delay;
use super::limits::traffic::Arrival;
use super::provider::ProviderKind;
use super::reply::{CallFailure, FailureCause, RawReply, Reply};
use super::request::Request;
use super::transport::{Answer, Fault};

/// How often a waiting call looks whether it has waited too long by what others have learned.
const LOOK: Duration = Duration::from_millis(500);

/// What a call brought.
pub struct Brought<'e> {
    pub raw: RawReply,
    /// What it means.
    pub reply: Reply,
    /// Drop it when the answer is on disk.
    pub unkept: Unkept<'e>,
}

/// One call on its way, over all its attempts.
pub(super) struct Call<'e, 'r> {
    pub(super) endpoint: &'e Endpoint,
    pub(super) lines: &'e Lines,
    pub(super) request: &'r Request,
    pub(super) tokens: u64,
}

impl<'e> Call<'e, '_> {
    pub(super) async fn run(&self, waiting: Waiting) -> Result<Brought<'e>, CallFailure> {
        let Call { endpoint, lines, .. } = self;
        let limits = &endpoint.limits;
        let mut sent = 0;
        let mut refusals = 0;
        let mut timeouts = 0;
        let mut failure =
            CallFailure { cause: FailureCause::CircuitOpen, attempts: 0, excerpt: String::new() };
        lines.budget.earn();
        // Many calls wait for their turn, and few are out: what it takes to send is made for those.
        let mut message = None;
        let mut waiting = Some(waiting);
        loop {
            let entry = match lines.circuit.enter_at_once() {
                Some(entry) => entry,
                // What is seldom waited for is boxed, and takes no place in each call.
                None => match Box::pin(endpoint.unless_stopped(lines.circuit.enter())).await {
                    Some(Ok(entry)) => entry,
                    Some(Err(_)) => {
                        if let (FailureCause::CircuitOpen, Some(trouble)) =
                            (&failure.cause, endpoint.trouble())
                        {
                            failure.excerpt = trouble.told();
                        }
                        return Err(self.give_up(endpoint.reason(failure)));
                    }
                    // A stopped endpoint sends nothing more; what is out is waited for.
                    None => return Err(self.give_up(endpoint.reason(failure))),
                },
            };
            let Some(pass) = lines.limiter.admit(self.tokens, sent > 0).await else {
                return Err(self.give_up(endpoint.reason(failure)));
            };
            if !entry.is_current() {
                continue;
            }
            sent += 1;
            drop(waiting.take());
            let faults = sent - refusals;
            let message = message
                .get_or_insert_with(|| endpoint.site.profile.dialect.message(&endpoint.site, self.request));
            let tried = Tried { attempt: faults, timeouts };
            let answer = Box::pin(self.attempt(message, &pass, tried)).await;
            timeouts += u32::from(matches!(answer, Err(Fault::TimedOut)));
            let latency = pass.elapsed();
            let now = endpoint.world.now();
            let (judgement, wait) = self.judge(&answer, &pass, now);
            // Before the request's own place is free again.
            let unkept = matches!(judgement, Judgement::Answer(_)).then(|| lines.limiter.unkept());
            self.settle(&judgement, wait, faults, pass, entry);

            let (cause, bearable) = match judgement {
                Judgement::Answer(reply) => {
                    endpoint.learn_output(&reply.usage);
                    endpoint.tell(AttemptEvent::Answered { latency, attempt: sent });
                    if let (Ok(Answer { status, body, .. }), Some(unkept)) = (answer, unkept) {
                        let raw = RawReply { status, body, latency, attempts: sent, at: now };
                        return Ok(Brought { raw, reply, unkept });
                    }
                    continue;
                }
                Judgement::Wait => {
                    refusals += 1;
                    (FailureCause::RateLimited, refusals < limits.refusals)
                }
                Judgement::Retry(cause) => (cause, faults < limits.attempts),
                Judgement::Final(cause) => (cause, false),
            };
            let excerpt = answer.map(|answer| endpoint.excerpt(&answer.body)).unwrap_or_default();
            failure = CallFailure { cause, attempts: sent, excerpt };
            endpoint.note_trouble(&failure);
            if !bearable || wait.is_some_and(|wait| wait > limits.longest_wait) {
                return Err(self.give_up(failure));
            }
            let wait = self.pause(&failure.cause, wait, faults.max(refusals));
            endpoint.tell(AttemptEvent::Retrying { cause: failure.cause.clone(), attempt: sent, wait });
            Box::pin(endpoint.unless_stopped(tokio::time::sleep(wait))).await;
        }
    }

    /// One request and its answer, for as long as it is worth waiting.
    async fn attempt(&self, message: &Message, pass: &Pass<'_>, tried: Tried) -> Result<Answer, Fault> {
        let Call { endpoint, lines, request, .. } = self;
        let exchange = exchange::exchange(&endpoint.site, request, message, &lines.carrier);
        tokio::pin!(exchange);
        loop {
            let patience = lines.limiter.patience(tried, &endpoint.limits);
            let left = patience.saturating_sub(pass.elapsed());
            if left.is_zero() {
                return Err(Fault::TimedOut);
            }
            tokio::select! {
                biased;
                answer = &mut exchange => return answer,
                () = tokio::time::sleep(left.min(LOOK)) => {}
            }
        }
    }

    fn judge(
        &self,
        answer: &Result<Answer, Fault>,
        pass: &Pass<'_>,
        now: Duration,
    ) -> (Judgement, Option<Duration>) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(fault) => return (judgement::of_fault(fault.clone()), None),
        };
        pass.told(&Quotas::read(&answer.headers, now), self.tokens);
        let site = &self.endpoint.site;
        match site.profile.dialect.read(site, self.request, answer.status, &answer.body) {
            Ok(reply) => (Judgement::Answer(reply), None),
            Err(error) => {
                let judgement = judgement::of_unreadable(error, answer.status, &answer.body);
                (judgement, retry_after(&answer.headers, now))
            }
        }
    }

    fn settle(
        &self,
        judgement: &Judgement,
        wait: Option<Duration>,
        attempt: u32,
        pass: Pass<'_>,
        entry: Entry<'_>,
    ) {
        let arrival = match judgement {
            Judgement::Answer(reply) => {
                let tokens = reply.usage.input + reply.usage.output;
                Arrival::Answered { tokens: (tokens > 0).then_some(tokens) }
            }
            Judgement::Wait => Arrival::Refused { wait },
            Judgement::Retry(_) | Judgement::Final(_) => Arrival::Failed,
        };
        if let Some(slowdown) = pass.arrive(arrival) {
            let (wait, per_second) = (slowdown.wait, slowdown.per_second);
            self.endpoint.tell(AttemptEvent::Limited { wait, per_second });
        }
        // Behind a page's address is a server of its own, and its refusals are about the page.
        let is_of_many = self.endpoint.provider() == ProviderKind::Web;
        let change = match (judgement, judgement.health()) {
            (Judgement::Final(_), _) if is_of_many => entry.alive(),
            (_, Health::Alive) => entry.alive(),
            (_, Health::Doubtful) => entry.doubtful(),
            // Only our patience ended, which says little about the endpoint at first.
            (Judgement::Retry(FailureCause::TimedOut), _) if attempt <= 2 && !entry.is_trying() => {
                Change::None
            }
            (_, Health::Failing) => entry.failed(),
        };
        match change {
            Change::None => {}
            Change::Opened(pause) => self.endpoint.tell(AttemptEvent::CircuitOpened { pause }),
            Change::Closed => self.endpoint.tell(AttemptEvent::CircuitClosed),
        }
    }

    /// The wait before the next attempt: what the server asks for, and a random part on top
    /// so that not all come back at once.
    fn pause(&self, cause: &FailureCause, wait: Option<Duration>, attempt: u32) -> Duration {
        let jitter = self.endpoint.world.jitter();
        match (cause, wait) {
            // Behind a pace the queue spreads them better than chance does.
            (FailureCause::RateLimited, Some(wait)) => wait,
            (_, Some(wait)) => wait + delay(1, jitter),
            (_, None) => self.lines.budget.delay(attempt, jitter),
        }
    }

    fn give_up(&self, failure: CallFailure) -> CallFailure {
        let (cause, attempts) = (failure.cause.clone(), failure.attempts);
        self.endpoint.tell(AttemptEvent::Failed { cause, attempts });
        failure
    }
}
