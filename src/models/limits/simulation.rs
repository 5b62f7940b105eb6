//! The limiter against simulated servers, on a simulated clock.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::Instant;

use super::Limits;
use super::limiter::Limiter;
use super::traffic::Arrival;

/// How a server counts the requests that it allows.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// So many within any second.
    Sliding(usize),
    /// So many within each second by the clock.
    Fixed(usize),
    /// So many at once, coming back at so many a second.
    Bucket(f64),
    /// Refuses one in so many, whatever the rate, by the draws of a seed.
    Random { one_in: u64, seed: u64 },
    /// So many at a time.
    AtATime(usize),
}

#[derive(Debug)]
struct Server {
    rule: Rule,
    latency: Duration,
    started: Instant,
    recent: VecDeque<Instant>,
    level: f64,
    filled: Instant,
    in_flight: usize,
    answered: u64,
    refused: u64,
    random: u64,
}

impl Server {
    fn new(rule: Rule, latency: Duration) -> Server {
        let now = Instant::now();
        let level = if let Rule::Bucket(rate) = rule { rate } else { 0.0 };
        let random = if let Rule::Random { seed, .. } = rule { seed } else { 1 };
        Server {
            rule,
            latency,
            started: now,
            recent: VecDeque::new(),
            level,
            filled: now,
            in_flight: 0,
            answered: 0,
            refused: 0,
            random,
        }
    }

    fn draw(&mut self) -> u64 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.random >> 33
    }

    fn allows(&mut self) -> bool {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        match self.rule {
            Rule::Sliding(most) => {
                while self.recent.front().is_some_and(|at| now - *at >= second) {
                    self.recent.pop_front();
                }
                let allowed = self.recent.len() < most;
                if allowed {
                    self.recent.push_back(now);
                }
                allowed
            }
            Rule::Fixed(most) => {
                let window = (now - self.started).as_secs();
                while self.recent.front().is_some_and(|at| (*at - self.started).as_secs() < window) {
                    self.recent.pop_front();
                }
                let allowed = self.recent.len() < most;
                if allowed {
                    self.recent.push_back(now);
                }
                allowed
            }
            Rule::Bucket(rate) => {
                self.level = (self.level + (now - self.filled).as_secs_f64() * rate).min(rate);
                self.filled = now;
                let allowed = self.level >= 1.0;
                if allowed {
                    self.level -= 1.0;
                }
                allowed
            }
            Rule::Random { one_in, .. } => !self.draw().is_multiple_of(one_in),
            Rule::AtATime(most) => self.in_flight < most,
        }
    }
}

/// Some network time, the server's verdict, and the rest of the latency.
async fn ask(server: &RefCell<Server>) -> bool {
    let (there, back) = {
        let mut server = server.borrow_mut();
        let jitter = Duration::from_micros(server.draw() % 4_000);
        (server.latency / 4 + jitter, server.latency * 3 / 4)
    };
    tokio::time::sleep(there).await;
    let allowed = server.borrow_mut().allows();
    if allowed {
        server.borrow_mut().in_flight += 1;
    }
    tokio::time::sleep(back).await;
    let mut server = server.borrow_mut();
    if allowed {
        server.in_flight -= 1;
        server.answered += 1;
    } else {
        server.refused += 1;
    }
    allowed
}

/// Asks from so many tasks until all rows are answered or the time is over. Gives what the
/// server counted and the time it took.
async fn run(
    rule: Rule,
    latency: u64,
    limits: Limits,
    rows: u64,
    until: Duration,
    named_wait: bool,
) -> (Server, Duration) {
    let server = Rc::new(RefCell::new(Server::new(rule, Duration::from_millis(latency))));
    let limiter = Rc::new(Limiter::new(&limits));
    let left = Rc::new(RefCell::new(rows));
    let started = Instant::now();
    let tasks = LocalSet::new();
    for _ in 0..256 {
        let (server, limiter, left) = (Rc::clone(&server), Rc::clone(&limiter), Rc::clone(&left));
        tasks.spawn_local(async move {
            while let Some(next) = { left.borrow().checked_sub(1) } {
                *left.borrow_mut() = next;
                for attempt in 0.. {
                    let pass = limiter.admit(0, attempt > 0).await.unwrap();
                    if ask(&server).await {
                        pass.arrive(Arrival::Answered { tokens: None });
                        break;
                    }
                    let wait = named_wait.then_some(Duration::from_secs(1));
                    pass.arrive(Arrival::Refused { wait });
                    tokio::time::sleep(wait.unwrap_or(Duration::from_millis(200))).await;
                }
            }
        });
    }
    let _ = tokio::time::timeout(until, tasks).await;
    let took = started.elapsed();
    drop(limiter);
    let server = server.replace(Server::new(rule, Duration::ZERO));
    (server, took)
}

const HEALTHY: Rule = Rule::Random { one_in: u64::MAX, seed: 1 };
const FOREVER: Duration = Duration::from_secs(3_600);

#[tokio::test(start_paused = true)]
async fn two_hundred_rows_at_twenty_a_second() {
    for rule in [Rule::Sliding(20), Rule::Fixed(20), Rule::Bucket(20.0)] {
        for latency in [1, 20, 50, 100, 200] {
            for concurrency in [16, 32, 64, 128, 256] {
                if latency * 20 >= u64::from(concurrency) * 125 {
                    // So few at a time reach the limit so late that the first second is lost.
                    continue;
                }
                let limits = Limits { concurrency, ..Limits::default() };
                let (server, took) = run(rule, latency, limits, 200, FOREVER, true).await;
                let case = format!("{rule:?}, {latency} ms, {concurrency} at a time");
                assert_eq!(server.answered, 200, "{case}");
                assert!(took < Duration::from_millis(10_500), "{case}: {took:?}");
                assert!(server.refused <= 40, "{case}: {} refused", server.refused);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_at_what_is_allowed() {
    let minutes = Duration::from_secs(600);
    for (rule, rate) in [
        (Rule::Sliding(20), 20.0),
        (Rule::Fixed(20), 20.0),
        (Rule::Bucket(20.0), 20.0),
        (Rule::Sliding(150), 150.0),
    ] {
        for named_wait in [true, false] {
            let (server, _) = run(rule, 50, Limits::default(), u64::MAX, minutes, named_wait).await;
            let share = server.answered as f64 / (rate * 600.0);
            assert!(share > 0.95, "{rule:?}: {share:.3} of what is allowed");
            assert!(
                server.refused as f64 / (server.answered as f64) < 0.05,
                "{rule:?}: {} refused",
                server.refused
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_at_random_do_not_slow_a_run() {
    let limits = Limits::default();
    let (_, healthy) = run(HEALTHY, 50, limits.clone(), 10_000, FOREVER, false).await;
    for named_wait in [true, false] {
        // The first answers must not be misread either, whatever their order.
        for seed in 1..=40 {
            let rule = Rule::Random { one_in: 10, seed: seed * 7_919 };
            let (server, took) = run(rule, 50, limits.clone(), 10_000, FOREVER, named_wait).await;
            assert_eq!(server.answered, 10_000);
            assert!(took < healthy * 2, "seed {seed}: {took:?} against {healthy:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_on_requests_at_a_time_is_kept_to() {
    let (server, took) = run(Rule::AtATime(10), 500, Limits::default(), 2_000, FOREVER, false).await;
    assert!(took < Duration::from_secs(150), "{took:?}");
    assert!(server.refused < 400, "{}", server.refused);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_at_a_time_are_soon_out() {
    let limits = Limits { concurrency: 1_000, ..Limits::default() };
    let server = Rc::new(RefCell::new(Server::new(HEALTHY, Duration::from_millis(500))));
    let limiter = Rc::new(Limiter::new(&limits));
    let tasks = LocalSet::new();
    let started = Instant::now();
    for _ in 0..10_000 {
        let (server, limiter) = (Rc::clone(&server), Rc::clone(&limiter));
        tasks.spawn_local(async move {
            let pass = limiter.admit(0, false).await.unwrap();
            ask(&server).await;
            pass.arrive(Arrival::Answered { tokens: None });
        });
    }
    tasks.await;
    let took = started.elapsed();
    assert!(took < Duration::from_millis(6_500), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_near_server_is_soon_at_full_use() {
    let limits = Limits { concurrency: 256, ..Limits::default() };
    let (_, took) = run(HEALTHY, 2, limits, 2_560, FOREVER, true).await;
    assert!(took < Duration::from_millis(80), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn stated_limits_are_kept_from_the_first_request_on() {
    let minutes = Duration::from_secs(180);
    let limits = Limits { requests_per_minute: Some(600.0), ..Limits::default() };
    let (server, _) = run(Rule::Bucket(60.0), 50, limits, u64::MAX, minutes, true).await;
    assert_eq!(server.refused, 0);
    assert!((1_790..=1_870).contains(&server.answered), "{}", server.answered);
}
