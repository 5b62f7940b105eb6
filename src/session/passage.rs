//! What an author wrote of one item of a file, line by line, for telling where it was changed.

use serde::{Deserialize, Serialize};

use crate::diagnostics::source::{Sources, Span};

/// The lines of one item of a file; those that are blank or a comment are left out, and so is the
/// space around the others, so that layout doesn't show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    lines: Vec<(u32, String)>,
}

/// Where two passages part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// The line, from 1, where the newer one begins to differ.
    pub line: u32,
    /// The clause that the line belongs to, such as `user` or `where`.
    pub clause: Option<String>,
    /// Lines that are only in the older one.
    pub was: Vec<String>,
    /// Lines that are only in the newer one.
    pub is: Vec<String>,
}

/// Words that begin a clause of a node.
const CLAUSES: [&str; 45] = [
    "as",
    "ask",
    "baseline",
    "batch",
    "by",
    "compare",
    "cross",
    "dedup",
    "drop",
    "explode",
    "fetch",
    "gold",
    "group",
    "human",
    "image",
    "interval",
    "join",
    "keep",
    "key",
    "let",
    "max_tokens",
    "metric",
    "missing",
    "on",
    "one",
    "order",
    "otherwise",
    "read",
    "reason",
    "repeat",
    "require",
    "retry",
    "returns",
    "rows",
    "sample",
    "samples",
    "search",
    "system",
    "temperature",
    "total",
    "turns",
    "user",
    "verdict",
    "where",
    "with",
];

impl Passage {
    /// The item whose name stands at `span`: from its line to where the next item begins, which is
    /// the next line that starts without space and closes nothing.
    pub fn of(span: Span, sources: &Sources) -> Passage {
        let Some(source) = sources.get(span.source) else { return Passage::default() };
        let first = source.position(span.start).0;
        let begins =
            |line: &str| !line.starts_with([' ', '\t', '}', ')', ']', '#']) && !line.trim().is_empty();
        let numbered = source.text.lines().zip(1..).skip(first.saturating_sub(1) as usize);
        let own = numbered.enumerate().take_while(|(place, (line, _))| *place == 0 || !begins(line));
        let lines = own.map(|(_, (line, number))| (number, line.trim())).filter(|(_, line)| tells(line));
        Passage { lines: lines.map(|(number, line)| (number, line.to_owned())).collect() }
    }

    /// Where this passage differs from an older one; nothing where only places differ. The first
    /// line is left out: it has the item's name, which decides nothing.
    pub fn parts_from(&self, older: &Passage) -> Option<Parting> {
        let (is, was) = (self.body(), older.body());
        let same = is.iter().zip(was).take_while(|(is, was)| is.1 == was.1).count();
        let (is_rest, was_rest) = (&is[same..], &was[same..]);
        let ends =
            is_rest.iter().rev().zip(was_rest.iter().rev()).take_while(|(is, was)| is.1 == was.1).count();
        let is_only = &is_rest[..is_rest.len() - ends];
        let was_only = &was_rest[..was_rest.len() - ends];
        if is_only.is_empty() && was_only.is_empty() {
            return None;
        }
        let at = is_rest.first().or(is.last()).or(self.lines.last());
        let texts = |lines: &[(u32, String)]| lines.iter().map(|(_, line)| line.clone()).collect();
        let clause = is_only
            .first()
            .or(was_only.first())
            .and_then(|(_, line)| clause(line))
            .or_else(|| is[..same].iter().rev().find_map(|(_, line)| clause(line)));
        Some(Parting {
            line: at.map_or(0, |(number, _)| *number),
            clause,
            was: texts(was_only),
            is: texts(is_only),
        })
    }

    /// Where even the first line differs, as in a function that stands on one.
    pub fn first_parts_from(&self, older: &Passage) -> Option<Parting> {
        let (is, was) = (self.lines.first()?, older.lines.first()?);
        (is.1 != was.1).then(|| Parting {
            line: is.0,
            clause: None,
            was: vec![was.1.clone()],
            is: vec![is.1.clone()],
        })
    }

    /// Whether a name stands in it as a word.
    pub fn mentions(&self, name: &str) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        self.lines.iter().any(|(_, line)| line.split(|c| !is_part(c)).any(|word| word == name))
    }

    fn body(&self) -> &[(u32, String)] {
        self.lines.get(1..).unwrap_or_default()
    }
}

fn tells(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#')
}

/// The clause that a line begins.
fn clause(line: &str) -> Option<String> {
    let word = line.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    CLAUSES.contains(&word).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::source::Source;

    fn passage(text: &str) -> Passage {
        let mut sources = Sources::default();
        let source = sources.add(Source::new("a.tgp", None, text));
        let start = text.find("verdicts").unwrap();
        Passage::of(Span::new(source, start, start + 8), &sources)
    }

    const FILE: &str = "query answers from items {\n  user question\n}\n\njudge verdicts from answers {\n  \
        # rated\n  verdict good: bool = ask {\n    user \"Is it good? {{reply}}\"\n  } == yes\n}\n\nreport {\n}\n";

    #[test]
    fn the_changed_line_is_found_in_its_clause() {
        let newer = FILE.replace("Is it good?", "Is it fine?").replace("query", "\n\nquery");
        let parting = passage(&newer).parts_from(&passage(FILE)).unwrap();
        assert_eq!((parting.line, parting.clause.as_deref()), (10, Some("user")));
        assert_eq!(parting.was, ["user \"Is it good? {{reply}}\""]);
        assert_eq!(parting.is, ["user \"Is it fine? {{reply}}\""]);
    }

    #[test]
    fn layout_comments_and_other_items_do_not_part() {
        let newer = FILE.replace("# rated", "# rated by a judge\n\n").replace("  user q", "user   q");
        assert_eq!(passage(&newer).parts_from(&passage(FILE)), None);
        assert_eq!(passage(&FILE.replace("verdicts", "verdicts2")).parts_from(&passage(FILE)), None);
    }

    #[test]
    fn a_removed_line_is_told_where_it_stood() {
        let longer = FILE.replace("  verdict", "  when reply == \"\" -> false\n  verdict");
        let parting = passage(FILE).parts_from(&passage(&longer)).unwrap();
        assert_eq!((parting.line, parting.is.len(), parting.was.len()), (7, 0, 1));
    }
}
