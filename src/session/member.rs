//! The runs that a file consists of, each as a file of its own: a pipeline is one run, a suite several.

use std::path::PathBuf;

use crate::check::program::{NodeId, SuiteRun};
use crate::project::place::settled;

use super::open::{Opened, SessionError};

impl Opened {
    /// The runs in the order written: the file itself, where it is no suite.
    pub fn runs(&self) -> Result<Vec<Opened>, SessionError> {
        let program = self.sound()?;
        Ok(match &program.suite {
            Some(suite) => suite.runs.iter().map(|run| self.member(run)).collect(),
            None => vec![self.clone()],
        })
    }

    /// The run that has the node of a name, and the node: of a suite, `RUN.NODE`.
    pub fn at_node(&self, name: &str) -> Result<(Opened, NodeId), SessionError> {
        let program = self.sound()?;
        let Some(suite) = &program.suite else {
            let node = self.node(&program, name)?;
            return Ok((self.clone(), node));
        };
        let named = name.split_once('.').and_then(|(run, node)| {
            let stated = suite.runs.iter().find(|stated| *stated.name == *run)?;
            Some((stated, node))
        });
        let Some((stated, node)) = named else {
            return Err(SessionError::NoRunNamed {
                file: self.file.display().to_string(),
                name: name.to_owned(),
                runs: suite.runs.iter().map(|run| run.name.to_string()).collect(),
            });
        };
        let member = self.member(stated);
        let node = member.node(&stated.program, node)?;
        Ok((member, node))
    }

    fn member(&self, stated: &SuiteRun) -> Opened {
        Opened {
            file: self.member_file(stated),
            within: Some(stated.name.clone()),
            program: Some(stated.program.clone()),
            ..self.clone()
        }
    }

    /// The file of one of the suite's runs.
    pub(super) fn member_file(&self, stated: &SuiteRun) -> PathBuf {
        self.file.parent().map(|folder| settled(&folder.join(&*stated.path))).unwrap_or_default()
    }

    /// What something of the file goes by in the file that was given: of a run within a suite, after
    /// the run's name.
    pub fn prefixed(&self, name: &str) -> String {
        match &self.within {
            Some(run) => format!("{run}.{name}"),
            None => name.to_owned(),
        }
    }
}
