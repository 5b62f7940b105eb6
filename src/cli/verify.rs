//! `tgp verify`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::engine::allowance::Asking;
use crate::project::binding::parse_bindings;
use crate::session::derived::{Derived, Part, figures, holdings, marks};
use crate::session::seal::Seal;
use crate::session::sealing::{Finding, compared, keep_list, numbers, scored, tables};
use crate::session::{Opened, Opening, SessionError};
use crate::store::{DiskStore, Store};
use crate::world::World;

use super::choices::RunChoices;
use super::exit::Exit;
use super::progress::Manner;
use super::screen::Screen;

/// Derive every number of a finished run again from the replies on record, and compare
///
/// Of a program, its tables and numbers are held against those that its last run left; of a seal,
/// everything that it pins is held against what is there now. Nobody is asked, and no table is
/// taken from the store: what is compared was worked out from the ledger alone.
#[derive(Args)]
pub(super) struct Arguments {
    /// A program, or a seal written by `tgp seal`
    file: PathBuf,

    #[command(flatten)]
    choices: RunChoices,

    /// A line of JSON a finding
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let opening = match arguments.choices.opening(screen) {
        Ok(opening) => opening,
        Err(exit) => return exit,
    };
    let findings = if Seal::is_named(&arguments.file) {
        of_seal(&arguments.file, opening, world, screen)
    } else {
        of_program(&arguments.file, opening, world, screen)
    };
    match findings {
        Ok((head, findings)) => told(arguments, &head, &findings, screen),
        Err(error) => screen.session_error(&error),
    }
}

fn of_program(
    file: &Path,
    mut opening: Opening,
    world: &Arc<dyn World>,
    screen: &Screen,
) -> Result<(String, Vec<Finding>), SessionError> {
    let opened = Opened::new(file, &opening.overrides, world)?;
    opening.allowance.asking = Asking::Nobody;
    let (store, warnings) = DiskStore::open(&opened.store_folder(&opening))?;
    screen.warnings(&warnings);
    let store = Arc::new(store);
    let mut parts = Vec::new();
    for opened in opened.runs()? {
        let run = opened.ready_on(store.clone(), &opening, world)?;
        let finished = super::run::drive(&run, &[], Manner::Quiet, screen)?;
        parts.push(Part { opened, run, finished });
    }
    let (was, were, scores) = (holdings(&parts)?, figures(&parts)?, marks(&opened, &parts)?);
    drop(parts);
    let derived = Derived::from_record(store, &opened, &opening, world)?;
    let mut findings = Vec::new();
    let mut find = |what, name: &str, differs: Option<String>| {
        findings.push(Finding { what, name: name.to_owned(), differs });
    };
    let absent = (derived.absent > 0).then(|| format!("{} are not on record", derived.absent));
    find("replies", &format!("{} replies", derived.seen.len()), absent);
    let parts = &derived.parts;
    tables(&was, &holdings(parts)?, |name, differs| find("table", name, differs));
    numbers(&were, &figures(parts)?, |name, differs| find("number", name, differs));
    scored(&scores, &marks(&opened, parts)?, |name, differs| find("score", name, differs));
    Ok((format!("{}, as it was last run", file.display()), findings))
}

fn of_seal(
    path: &Path,
    mut opening: Opening,
    world: &Arc<dyn World>,
    screen: &Screen,
) -> Result<(String, Vec<Finding>), SessionError> {
    let seal = Seal::read(&**world, path)?;
    opening.edition.clone_from(&seal.edition);
    opening.limit = seal.limit;
    for set in &seal.set {
        opening
            .overrides
            .set
            .extend(set.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    for bind in &seal.bind {
        let pair = bind.split_once('=');
        let bound = pair.and_then(|(name, models)| Some((name.to_owned(), parse_bindings(models).ok()?)));
        opening.overrides.bind.extend(bound);
    }
    let opened = Opened::new(&seal.program(path), &opening.overrides, world)?;
    opened.sound()?;
    let (store, warnings) = DiskStore::open(&opened.store_folder(&opening))?;
    screen.warnings(&warnings);
    let store = Arc::new(store);
    let derived = Derived::from_record(store.clone(), &opened, &opening, world)?;
    let findings = compared(&seal, &derived, &opened, &**world)?;
    // A list that was lost is made again, so that what is pinned stays known.
    keep_list(&derived, &*store)?;
    store.flush()?;
    let edition = seal.edition.as_ref().map(|edition| format!(", edition {edition}")).unwrap_or_default();
    let head = format!(
        "{} @ {}{edition}, sealed {} by tgp {}",
        seal.pipeline, seal.pipeline_version, seal.sealed, seal.tgp
    );
    Ok((head, findings))
}

fn told(arguments: &Arguments, head: &str, findings: &[Finding], screen: &Screen) -> Exit {
    let differing = findings.iter().filter(|finding| finding.differs.is_some()).count();
    let exit = if differing == 0 { Exit::Complete } else { Exit::Stopped };
    if arguments.json {
        let lines = findings.iter().filter_map(|finding| serde_json::to_string(finding).ok());
        screen.print(&lines.map(|line| line + "\n").collect::<String>());
        return exit;
    }
    let paint = |text: &str, code: &str| {
        if screen.colour_output { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let mut out = format!("{}\n\n", paint(head, "1"));
    let kinds: Vec<&str> = findings.iter().fold(Vec::new(), |mut kinds, finding| {
        if kinds.last() != Some(&finding.what) && !kinds.contains(&finding.what) {
            kinds.push(finding.what);
        }
        kinds
    });
    for kind in kinds {
        let all: Vec<&Finding> = findings.iter().filter(|finding| finding.what == kind).collect();
        let wrong: Vec<&&Finding> = all.iter().filter(|finding| finding.differs.is_some()).collect();
        let of = match all.as_slice() {
            [one] => one.name.clone(),
            all => format!("all {}", all.len()),
        };
        let mark = match (wrong.len(), all.len()) {
            (0, _) => format!("{of} {}", paint("the same", "32")),
            (wrong, all) => paint(&format!("{wrong} of {all} differ"), "31"),
        };
        out.push_str(&format!("  {kind:<8}  {mark}\n"));
        for finding in wrong {
            let differs = finding.differs.as_deref().unwrap_or_default();
            out.push_str(&format!("            {} {differs}\n", paint(&finding.name, "1")));
        }
    }
    out.push_str(&match differing {
        0 => "\nVerified: every number follows, bit for bit, from the replies on record.\n".to_owned(),
        1 => "\nNot verified: 1 thing differs.\n".to_owned(),
        count => format!("\nNot verified: {count} things differ.\n"),
    });
    screen.print(&out);
    exit
}
