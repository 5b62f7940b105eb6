//! The page of one file.

use crate::check::program::Program;
use crate::syntax::tree::{Docs, File, FileKind, Function, FunctionBody, Item, ItemKind, Model, Stage};

use super::node::node;
use super::written::{between, headings, paragraphs, sentence};

pub(super) struct Page<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a File,
    pub(super) program: Option<&'a Program>,
    /// Of the title, from 1.
    pub(super) level: usize,
}

impl Page<'_> {
    pub(super) fn render(&self) -> String {
        let mut out = String::new();
        if let Some(header) = &self.file.header {
            let kind = match header.kind {
                FileKind::Pipeline => "pipeline ",
                FileKind::Suite => "suite ",
                FileKind::Library => "",
            };
            out.push_str(&self.title(0, &format!("{kind}`{}` {}", header.name.value, header.version.value)));
        }
        if !self.file.docs.is_empty() {
            out.push_str(&format!("\n{}\n", paragraphs(&self.file.docs)));
        }
        let sections = [
            ("Parameters", self.parameters()),
            ("Models", self.models()),
            ("Types", self.types()),
            ("Functions", self.functions()),
            ("Stages", self.stages()),
            ("Nodes", self.nodes()),
            ("Tests", self.tests()),
        ];
        let sections: Vec<_> = sections.iter().filter(|(_, content)| !content.is_empty()).collect();
        for (title, content) in &sections {
            // A page of one kind of thing needs no title for it.
            if sections.len() > 1 {
                out.push_str(&format!("\n{}", self.title(1, title)));
            }
            out.push_str(&format!("\n{}\n", content.trim_matches('\n')));
        }
        out
    }

    fn title(&self, below: usize, text: &str) -> String {
        format!("{} {text}\n", "#".repeat(self.level + below))
    }

    fn list(&self, entry: impl Fn(&Item) -> Option<String>) -> String {
        self.file.items.iter().filter_map(entry).collect()
    }

    fn parameters(&self) -> String {
        self.list(|item| match &item.kind {
            ItemKind::Param(param) => {
                let end = param.default.as_ref().map_or(param.kind.span, |default| default.span);
                Some(entry(&between(self.text, param.name.span, end), "", &item.docs))
            }
            _ => None,
        })
    }

    fn models(&self) -> String {
        self.list(|item| match &item.kind {
            ItemKind::Model(model) => Some(entry(&model_line(model), "", &item.docs)),
            _ => None,
        })
    }

    fn types(&self) -> String {
        self.list(|item| match &item.kind {
            ItemKind::Type(kind) => {
                Some(entry(&between(self.text, kind.name.span, kind.kind.span), "", &item.docs))
            }
            _ => None,
        })
    }

    /// In the order written, under the comments that head them.
    fn functions(&self) -> String {
        let mut out = String::new();
        let mut end = 0;
        for item in &self.file.items {
            let stretch = self.text.get(end..item.span.start as usize).unwrap_or("");
            for heading in headings(stretch) {
                out.push_str(&format!("\n{}\n", self.title(2, heading)));
            }
            end = item.span.end as usize;
            if let ItemKind::Function(function) = &item.kind {
                let random = matches!(function.body, FunctionBody::Native { random: true });
                let mark = if random { " *random*" } else { "" };
                out.push_str(&entry(&self.signature(function), mark, &item.docs));
            }
        }
        out
    }

    fn signature(&self, function: &Function) -> String {
        between(self.text, function.name.span, function.returns.span)
    }

    fn stages(&self) -> String {
        self.list(|item| match &item.kind {
            ItemKind::Stage(stage) => Some(entry(&self.stage(stage), "", &item.docs)),
            _ => None,
        })
    }

    fn stage(&self, stage: &Stage) -> String {
        let written = |name: crate::diagnostics::source::Span, end| between(self.text, name, end);
        let parameters = stage.parameters.iter().map(|parameter| {
            let end = parameter.default.as_ref().map_or(parameter.kind.span, |default| default.span);
            written(parameter.name.span, end)
        });
        let adds = stage.adds.iter().map(|field| written(field.name.span, field.kind.span));
        let (parameters, adds): (Vec<_>, Vec<_>) = (parameters.collect(), adds.collect());
        let adds = if adds.is_empty() { String::new() } else { format!(" adds {{ {} }}", adds.join(", ")) };
        format!("{}({}){adds}", stage.name.value, parameters.join(", "))
    }

    fn nodes(&self) -> String {
        self.list(|item| match &item.kind {
            ItemKind::Node(written) => {
                let checked = self
                    .program
                    .and_then(|program| program.nodes.iter().find(|node| node.name == written.name.value));
                Some(format!(
                    "\n{}{}",
                    self.title(2, &node_title(written)),
                    node(written, &item.docs, checked)
                ))
            }
            _ => None,
        })
    }

    fn tests(&self) -> String {
        self.list(|item| match &item.kind {
            ItemKind::Test(test) => Some(format!("- {}\n", test.name.value)),
            _ => None,
        })
    }
}

fn entry(code: &str, mark: &str, docs: &Docs) -> String {
    let said = if docs.is_empty() { String::new() } else { format!(": {}", sentence(docs)) };
    format!("- `{code}`{mark}{said}\n")
}

fn model_line(model: &Model) -> String {
    let word = if model.many { "models" } else { "model" };
    let can =
        model.capability.as_ref().map(|capability| format!(": {}", capability.value)).unwrap_or_default();
    format!("{word} {}{can}", model.name.value)
}

fn node_title(node: &crate::syntax::tree::Node) -> String {
    format!("{} `{}`", crate::plan::draw::kind(node.kind.value), node.name.value)
}
