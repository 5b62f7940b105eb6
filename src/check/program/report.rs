//! What a run prints.

use std::sync::Arc;

use super::{Expr, NodeId};

#[derive(Clone, Debug)]
pub struct Report {
    pub entries: Vec<ReportEntry>,
}

#[derive(Clone, Debug)]
pub enum ReportEntry {
    Title(Arc<str>),
    Text(Arc<str>),
    Table(NodeId),
    Failures { node: NodeId, condition: Option<Expr> },
}
