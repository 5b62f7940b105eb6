//! The file that a run is of, as the store knows it from one run to the next.

use std::path::PathBuf;

use crate::diagnostics::source::Sources;

use super::open::Opened;
use super::suite::Entry;

/// A pipeline's file, run for itself or within a suite.
#[derive(Clone, Copy)]
pub struct Filed<'a> {
    /// As it was given.
    pub file: &'a PathBuf,
    pub sources: &'a Sources,
    /// The suite's name for it, where it runs within one: with the suite's parameters and models it
    /// is another program than the file alone.
    run: Option<&'a str>,
    opened: &'a Opened,
}

impl Opened {
    /// The file itself.
    pub fn filed(&self) -> Filed<'_> {
        Filed { file: &self.file, sources: &self.sources, run: self.within.as_deref(), opened: self }
    }

    /// A pipeline of this suite.
    pub fn filed_in_suite<'a>(&'a self, entry: &'a Entry) -> Filed<'a> {
        Filed { file: &entry.file, sources: &self.sources, run: Some(&entry.name), opened: self }
    }
}

impl Filed<'_> {
    /// What it is known by in its store: the opened file's path within the project, and the suite's
    /// name for the run.
    pub fn key(&self) -> String {
        let absolute = &self.opened.place;
        let within = absolute.strip_prefix(&self.opened.project.root).unwrap_or(absolute);
        match self.run {
            None => format!("file {}", within.display()),
            Some(run) => format!("run {run} of file {}", within.display()),
        }
    }
}
