//! What is seen of a watched file: a live view on a terminal, plain lines elsewhere.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::{cursor, execute, terminal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::report::paragraph::broken;
use crate::report::summary::RunSummary;
use crate::session::SessionError;
use crate::watch::ran::Ran;

use super::screen::Screen;

/// A key that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Press {
    Pause,
    /// Twice the limit of rows.
    Wider,
    /// No limit of rows.
    All,
    Report,
    Quit,
}

/// What the watcher is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    /// The calls that are out are waited for.
    Stopping,
    Idle,
    Paused,
}

/// Between two plain lines of progress.
const NOW_AND_THEN: Duration = Duration::from_secs(10);

/// What is shown, and where.
pub(super) struct Face {
    screen: Screen,
    file: String,
    live: Option<Live>,
    state: State,
    limit: Option<u64>,
    watched: usize,
    /// What is wrong with the file as it is now.
    wrong: Option<String>,
    nodes: String,
    numbers: String,
    note: String,
    /// What the last run was kept from, or left waiting.
    words: Vec<String>,
    has_numbers: bool,
    spent: u64,
    said: Instant,
}

impl Face {
    pub(super) fn new(screen: Screen, file: String, plain: bool) -> Face {
        let is_terminal = screen.shows_output && std::io::stdin().is_terminal();
        let live = if is_terminal && !plain { Live::begin() } else { None };
        Face {
            screen,
            file,
            live,
            state: State::Running,
            limit: None,
            watched: 1,
            wrong: None,
            nodes: String::new(),
            numbers: String::new(),
            note: String::new(),
            words: Vec::new(),
            has_numbers: false,
            spent: 0,
            said: Instant::now(),
        }
    }

    /// The next key; never one where there are none.
    pub(super) async fn press(&mut self) -> Press {
        match &mut self.live {
            Some(live) => match live.presses.recv().await {
                Some(press) => press,
                None => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }

    pub(super) fn state(&mut self, state: State) {
        self.state = state;
        self.note.clear();
        if state == State::Running {
            self.words.clear();
        }
        self.paint();
    }

    /// How many files are watched, and how many rows of each source are taken.
    pub(super) fn watched(&mut self, files: usize, limit: Option<u64>) {
        let first = self.watched == 1 && files > 1;
        (self.watched, self.limit) = (files, limit);
        if first && self.live.is_none() {
            self.screen.print(&format!("watching {} and {} more\n", self.file, files - 1));
        }
    }

    /// Files were saved.
    pub(super) fn saved(&mut self, paths: &BTreeSet<PathBuf>) {
        let names = paths.iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        let names: Vec<String> = names.collect();
        if self.live.is_none() && !names.is_empty() {
            self.screen.print(&format!("\nsaved {}\n", names.join(", ")));
        }
    }

    pub(super) fn note(&mut self, note: &str) {
        if self.live.is_none() && self.note != note {
            self.screen.print(&format!("  {note}\n"));
        }
        self.note = note.to_owned();
        self.paint();
    }

    /// The file is as it should be.
    pub(super) fn sound(&mut self) {
        self.wrong = None;
        self.said = Instant::now();
    }

    pub(super) fn wrong(&mut self, error: &SessionError) {
        let told = self.screen.told(error);
        if self.live.is_none() {
            let kept = if self.has_numbers { "\n  the last good numbers stay\n" } else { "" };
            self.screen.print(&format!("{told}\n{kept}"));
        }
        self.wrong = Some(told);
        if self.state == State::Running {
            self.state = State::Idle;
        }
        self.paint();
    }

    pub(super) fn progress(&mut self, so_far: &RunSummary) {
        if self.live.is_some() {
            self.nodes = so_far.lines(self.screen.colour_output);
            self.paint();
        } else if self.said.elapsed() > NOW_AND_THEN {
            self.said = Instant::now();
            let busy = so_far.nodes.iter().filter(|node| !node.known && node.calls > 0);
            let busy: Vec<String> =
                busy.map(|node| format!("{}: {} rows, {} calls", node.name, node.rows, node.calls)).collect();
            self.screen.print(&format!("  {:>4.0} s  {}\n", so_far.elapsed.as_secs_f64(), busy.join("; ")));
        }
    }

    pub(super) fn ran(&mut self, ran: &Ran) {
        self.state = State::Idle;
        self.spent += ran.summary.nodes.iter().map(|node| node.spent_microdollars).sum::<u64>();
        self.nodes = ran.summary.lines(self.screen.colour_output);
        let (width, colour) = (self.screen.width, self.screen.colour_output);
        let only_moved = self.live.is_none() && self.has_numbers;
        let moved = ran.moves.iter().any(|measure| measure.has_moved());
        if !ran.moves.is_empty() {
            let each = ran.moves.iter().map(|measure| measure.render(width, colour, only_moved));
            self.numbers = each.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
        }
        self.words.clone_from(&ran.words);
        self.note = match ran.stopped {
            true => "Stopped. Everything paid for is kept.".to_owned(),
            false => String::new(),
        };
        if self.live.is_none() {
            let numbers = match (moved, ran.moves.is_empty()) {
                (true, _) => self.numbers.clone(),
                (false, false) => "  no number moved\n".to_owned(),
                (false, true) => String::new(),
            };
            // The numbers first: they are what is waited for.
            self.screen.print(&format!("{numbers}\n{}", self.nodes));
            for words in self.words.iter().chain(Some(&self.note)).filter(|words| !words.is_empty()) {
                self.screen.print(&format!("  {words}\n"));
            }
        }
        self.has_numbers |= !ran.moves.is_empty();
        self.paint();
    }

    fn paint(&self) {
        let Some(live) = &self.live else { return };
        let paint = |text: &str, code: &str| {
            if self.screen.colour_output { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
        };
        let state = match self.state {
            _ if self.wrong.is_some() && self.state == State::Idle => paint("not sound", "31"),
            State::Running => paint("running", "36"),
            State::Stopping => paint("waiting for the calls that are out", "36"),
            State::Idle => paint("up to date", "32"),
            State::Paused => paint("paused", "33"),
        };
        let mut facts = vec![state];
        facts.extend(self.limit.map(|limit| format!("{limit} rows of each source")));
        if self.spent > 0 {
            facts.push(format!("${:.4} since it began", self.spent as f64 / 1e6));
        }
        facts.push(format!("{} files watched", self.watched));
        let mut text = format!("{}  {}\n\n", paint(&self.file, "1"), facts.join(" · "));
        if let Some(wrong) = &self.wrong {
            text.push_str(&format!("{wrong}\n\n"));
            if self.has_numbers {
                text.push_str(&format!("{}\n\n", paint("The last good results:", "2")));
            }
        }
        text.push_str(&format!("{}\n", self.nodes));
        for words in &self.words {
            for line in broken(words, self.screen.width.saturating_sub(4)) {
                text.push_str(&format!("  {}\n", paint(&line, "33")));
            }
            text.push('\n');
        }
        text.push_str(&format!("{}\n", self.numbers));
        let mut keys = "p pause · q quit · o report".to_owned();
        if self.state == State::Paused {
            keys = keys.replace("pause", "go on");
        }
        if self.limit.is_some() {
            keys.push_str(" · l twice the rows · a all rows");
        }
        let foot = if self.note.is_empty() { String::new() } else { format!("{}   ", self.note) };
        live.paint(&text, &format!("{foot}{}", paint(&keys, "2")));
    }
}

impl Drop for Face {
    /// What was seen last stays to be read.
    fn drop(&mut self) {
        if self.live.take().is_some() {
            self.screen.print(&self.numbers);
        }
    }
}

/// A terminal in the hands of the live view; given back when dropped.
struct Live {
    presses: UnboundedReceiver<Press>,
}

impl Live {
    fn begin() -> Option<Live> {
        terminal::enable_raw_mode().ok()?;
        let _ = execute!(std::io::stdout(), terminal::EnterAlternateScreen, cursor::Hide);
        let (sender, presses) = unbounded_channel();
        std::thread::spawn(move || {
            while !sender.is_closed() {
                match crossterm::event::poll(Duration::from_millis(200)) {
                    Ok(true) => {
                        let press = crossterm::event::read().ok().as_ref().and_then(meaning);
                        if press.is_some_and(|press| sender.send(press).is_err()) {
                            return;
                        }
                    }
                    Ok(false) => {}
                    Err(_) => return,
                }
            }
        });
        Some(Live { presses })
    }

    /// Puts a page on the screen, cut to its size, with a line at its foot.
    fn paint(&self, text: &str, foot: &str) {
        let (columns, rows) = terminal::size().unwrap_or((100, 40));
        let mut page = String::from("\u{1b}[H");
        let room = usize::from(rows).saturating_sub(2);
        for line in text.lines().take(room) {
            page.push_str(&console::truncate_str(line, usize::from(columns), "…"));
            page.push_str("\u{1b}[0m\u{1b}[K\r\n");
        }
        page.push_str("\u{1b}[J");
        page.push_str(&format!("\u{1b}[{rows};1H"));
        page.push_str(&console::truncate_str(foot, usize::from(columns), "…"));
        page.push_str("\u{1b}[0m\u{1b}[K");
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(page.as_bytes()).and_then(|()| out.flush());
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = execute!(std::io::stdout(), cursor::Show, terminal::LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

/// What a key means.
fn meaning(event: &Event) -> Option<Press> {
    let Event::Key(key) = event else { return None };
    if key.kind == KeyEventKind::Release {
        return None;
    }
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Press::Quit),
        KeyCode::Char('q') | KeyCode::Esc => Some(Press::Quit),
        KeyCode::Char('p' | ' ') => Some(Press::Pause),
        KeyCode::Char('l' | '+') => Some(Press::Wider),
        KeyCode::Char('a') => Some(Press::All),
        KeyCode::Char('o') => Some(Press::Report),
        _ => None,
    }
}
