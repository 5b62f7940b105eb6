//! Where rows come from: files, and rows written in the file.

use std::sync::Arc;

use crate::data::address::Address;
use crate::data::types::{Field, Type};
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, ExprKind, ListItem, Name, NamedExpr, OnError, Rows};

use super::super::checker::{Checker, Definition};
use super::super::codes;
use super::super::complaint::{Explained, error, suggestion};
use super::super::expressions::{bare, convert};
use super::super::library::ModuleId;
use super::super::nodes::Building;
use super::super::program::{Expr, Format, Local, NativeArgument, NativeCall, Read, StepKind};
use super::super::scope::{LocalName, LocalValue, Scope, Typed};
use super::super::types::{TypeReader, join};

/// What may be read, by the word for it.
const FORMATS: [(&str, Format); 8] = [
    ("csv", Format::Csv),
    ("tsv", Format::Tsv),
    ("jsonl", Format::Jsonl),
    ("json", Format::Json),
    ("parquet", Format::Parquet),
    ("yaml", Format::Yaml),
    ("texts", Format::Texts),
    ("images", Format::Images),
];

/// Rows written in the file: the steps' content with the columns' names and types.
pub(in super::super) struct WrittenRows {
    pub(in super::super) kind: StepKind,
    pub(in super::super) columns: Vec<(Name, Type)>,
    pub(in super::super) frame: u32,
}

impl<'l> Checker<'l> {
    pub(super) fn read(&mut self, building: &mut Building<'l>, read: &tree::Read, span: Span) {
        self.first_step(building, "read", span);
        let (source, fields) = self.read_source(building.module, read);
        if let Some(source) = source {
            self.push(building, StepKind::Read(source), 0, span);
        }
        for (field, written) in fields.iter().zip(&read.fields) {
            let name = Name::new(Arc::clone(&field.name), written.name.span);
            // Fields may be read for people's eyes; a picture that is never sent is a mistake.
            let picture = field.kind == Type::Image;
            if picture {
                self.define(&name, Definition::Image);
            }
            self.add(building, &name, field.kind.clone(), picture.then_some(name.span));
        }
    }

    /// Rows can only come before other steps.
    fn first_step(&mut self, building: &mut Building<'l>, word: &str, span: Span) {
        if !building.node.from.is_empty() || building.row.width > 0 {
            self.tell(
                error(
                    codes::SECOND_SOURCE,
                    span,
                    format!("`{word}` would replace the rows that are already there"),
                )
                .help("read in a curate node of its own, then `join` or `union` it"),
            );
            building.row.columns.clear();
            building.row.width = 0;
        }
    }

    /// What is read, for sources and for labels by people; its fields are known even if it cannot be.
    pub(in super::super) fn read_source(
        &mut self,
        module: ModuleId,
        read: &tree::Read,
    ) -> (Option<Read>, Arc<[Field]>) {
        let format = FORMATS.iter().find(|(word, _)| **word == *read.format.value).map(|(_, format)| *format);
        if format.is_none() {
            let message = format!("no format `{}`", read.format.value);
            let mut problem = error(codes::UNKNOWN_FORMAT, read.format.span, message);
            problem.help = suggestion(&read.format.value, "there are", FORMATS.iter().map(|(word, _)| *word));
            self.tell(problem);
        }
        let path = self.constant_text(&read.path, "the path");
        if let Some(path) = &path {
            self.address(path, format, read.path.span);
            self.named_otherwise(path, &read.format, read.path.span);
        }
        let mut reader = TypeReader::new(self.library, module);
        let fields = reader.fields(&read.fields);
        self.used.extend(reader.used);
        self.fields.extend(reader.named);
        self.diagnostics.extend(reader.diagnostics);
        if fields.is_empty() {
            self.tell(
                error(codes::NO_FIELDS, read.format.span, "nothing is read")
                    .help("name the fields: `as { question: text, gold: text }`"),
            );
        }
        for (field, written) in fields.iter().zip(&read.fields) {
            let fits = match field.kind.present() {
                Type::Turns | Type::Id => false,
                Type::Image => format != Some(Format::Csv) && format != Some(Format::Tsv),
                _ => true,
            };
            if !fits {
                self.tell(
                    error(
                        codes::TYPE_MISMATCH,
                        written.kind.span,
                        format!("{} cannot be read from a file", field.kind),
                    )
                    .help("read texts or records, and make it with `let`"),
                );
            }
        }
        let on_error = read.on_error.as_ref().map_or(OnError::Stop, |on_error| on_error.value);
        let source = format.zip(path).map(|(format, path)| {
            let fields = Arc::clone(&fields);
            Read { format, path, fields, on_error }
        });
        (source, fields)
    }

    /// Whether a file's name says that it is of another format.
    fn named_otherwise(&mut self, path: &str, format: &Name, span: Span) {
        let packed = path.strip_suffix(".gz").or(path.strip_suffix(".zst")).unwrap_or(path);
        let Some((_, ending)) = packed.rsplit_once('.') else { return };
        let readers: &[&str] = match ending {
            "csv" | "tsv" => &["csv", "tsv"],
            "jsonl" | "ndjson" => &["jsonl"],
            // Many files of JSON lines go by this ending too, and YAML can say whatever JSON can.
            "json" => &["json", "jsonl", "yaml"],
            "parquet" => &["parquet"],
            "yaml" | "yml" => &["yaml"],
            _ => return,
        };
        let known = FORMATS.iter().any(|(word, _)| **word == *format.value);
        if known && !readers.contains(&&*format.value) {
            let message = format!("a file that ends in `.{ending}` is not read as `{}`", format.value);
            self.tell(
                error(codes::WRONG_FORMAT, format.span, message)
                    .also(span, "it is named here")
                    .help(format!("write `{}`, or rename the file", readers.join("` or `"))),
            );
        }
    }

    /// Whether a source can lie where it is said to.
    fn address(&mut self, path: &str, format: Option<Format>, span: Span) {
        match Address::parse(path) {
            Err(problem) => {
                let message = format!("`{path}` {problem}");
                self.tell(error(codes::WRONG_ADDRESS, span, message).help(problem.help()));
            }
            Ok(address) if address.is_remote() && matches!(format, Some(Format::Texts | Format::Images)) => {
                let message = "a folder of files is read from this machine only".to_owned();
                self.tell(
                    error(codes::WRONG_ADDRESS, span, message).help("get the folder, and name its path"),
                );
            }
            Ok(Address::HuggingFace(_)) if format.is_some_and(|format| format != Format::Parquet) => {
                let message = "what Hugging Face keeps of a split is Parquet".to_owned();
                self.tell(error(codes::WRONG_ADDRESS, span, message).help("write `read parquet`"));
            }
            Ok(_) => {}
        }
    }

    pub(super) fn rows(&mut self, building: &mut Building<'l>, rows: &'l Rows, span: Span) {
        self.first_step(building, "rows", span);
        let written = self.written_rows(building.module, rows, None, span);
        self.push(building, written.kind, written.frame, span);
        for (name, kind) in written.columns {
            self.add(building, &name, kind, None);
        }
    }

    /// Rows as written; `wanted` says the columns where a table is replaced.
    pub(in super::super) fn written_rows(
        &mut self,
        module: ModuleId,
        rows: &Rows,
        wanted: Option<&[Field]>,
        span: Span,
    ) -> WrittenRows {
        match rows {
            Rows::Counted { count, fields } => {
                let mut scope = Scope::bare(module);
                let count = self.count(&mut scope, count, "rows", 0).unwrap_or(0);
                scope.quiet = Some("in rows that are written in the file");
                scope.frame = 1;
                scope.locals.push(LocalName {
                    name: "i".into(),
                    value: LocalValue::Local(Local(0)),
                    kind: Type::Int,
                    defined: None,
                });
                let typed = self.row_fields(&mut scope, fields, wanted);
                let mut columns = Vec::new();
                let mut exprs = Vec::new();
                for (name, typed) in typed {
                    columns.push((name, typed.kind));
                    exprs.push(typed.expr);
                }
                WrittenRows {
                    kind: StepKind::Rows { count: u64::from(count), fields: exprs },
                    columns,
                    frame: scope.frame,
                }
            }
            Rows::Listed(list) => self.listed_rows(module, list, wanted, span),
        }
    }

    fn row_fields(
        &mut self,
        scope: &mut Scope<'_>,
        fields: &[NamedExpr],
        wanted: Option<&[Field]>,
    ) -> Vec<(Name, Typed)> {
        let mut typed: Vec<(Name, Typed)> = Vec::new();
        for field in fields {
            if let Some((earlier, _)) = typed.iter().find(|(name, _)| name.value == field.name.value) {
                let problem = super::super::loading::twice(&field.name.value, field.name.span, earlier.span);
                self.tell(problem);
                continue;
            }
            let known = wanted.map(|wanted| wanted.iter().find(|known| known.name == field.name.value));
            match known {
                // A replaced table has just these columns.
                Some(None) => {
                    let wanted = wanted.unwrap_or_default();
                    let message = format!("no column `{}` in the table that is replaced", field.name.value);
                    let mut problem = error(codes::UNKNOWN_COLUMN, field.name.span, message);
                    let names = wanted.iter().map(|known| &*known.name);
                    problem.help = suggestion(&field.name.value, "it has", names);
                    self.tell(problem);
                }
                Some(Some(known)) => {
                    let expr = self.replaced_value(scope, field, &known.kind);
                    typed.push((field.name.clone(), Typed::new(expr, known.kind.clone())));
                }
                None => {
                    let value = self.expr(scope, &field.value, None);
                    typed.push((field.name.clone(), value));
                }
            }
        }
        typed
    }

    /// A value of a replaced table. A text stands for a picture that shows it, as with models that
    /// paint in a test.
    fn replaced_value(&mut self, scope: &mut Scope<'_>, field: &NamedExpr, kind: &Type) -> Expr {
        let what = format!("`{}`", field.name.value);
        if kind.present() != &Type::Image {
            return self.wanted(scope, &field.value, kind, &what);
        }
        let text = self.wanted(scope, &field.value, &Type::Text, &what);
        let arguments = vec![NativeArgument::Value(text)];
        Expr::Native(NativeCall {
            name: "row.plant".into(),
            arguments,
            kinds: vec![Type::Text],
            random: None,
        })
    }

    fn listed_rows(
        &mut self,
        module: ModuleId,
        list: &tree::Expr,
        wanted: Option<&[Field]>,
        span: Span,
    ) -> WrittenRows {
        let mut scope = Scope::bare(module);
        scope.quiet = Some("in rows that are written in the file");
        let mut columns: Vec<(Name, Type)> = Vec::new();
        let mut records: Vec<Vec<(Name, Typed)>> = Vec::new();
        let mut places: Vec<Span> = Vec::new();
        for item in items(list) {
            match &bare(&item.value).kind {
                ExprKind::Record(fields) => {
                    records.push(self.row_fields(&mut scope, fields, wanted));
                    places.push(item.value.span);
                }
                ExprKind::Broken => {}
                _ => self.tell(
                    error(codes::TYPE_MISMATCH, item.value.span, "a row must be a record")
                        .help("write it as `{ name = value, ... }`"),
                ),
            }
        }
        for (name, typed) in records.iter().flatten() {
            match columns.iter_mut().find(|(known, _)| known.value == name.value) {
                None => columns.push((name.clone(), typed.kind.clone())),
                Some((_, kind)) => match join(kind, &typed.kind) {
                    Some(joined) => *kind = joined,
                    None => {
                        let message =
                            format!("`{}` is {} here and {kind} in a row before", name.value, typed.kind);
                        self.tell(
                            error(codes::TYPE_MISMATCH, name.span, message)
                                .help("a column has one type in all rows"),
                        );
                    }
                },
            }
        }
        for (record, span) in records.iter().zip(&places) {
            for (name, _) in &columns {
                let has = record.iter().any(|(known, _)| known.value == name.value);
                if !has {
                    self.tell(
                        error(codes::MISSING_FIELD, *span, format!("this row lacks `{}`", name.value))
                            .also(name.span, "another row has it")
                            .help(format!("add it; where there is none, say so: `{} = missing`", name.value)),
                    );
                }
            }
        }
        if records.is_empty() && wanted.is_none() {
            self.tell(
                error(codes::NO_FIELDS, span, "there are no rows")
                    .help("write at least one: `rows [ { question = \"...\" } ]`"),
            );
        }
        let rows = records
            .into_iter()
            .map(|mut record| {
                columns
                    .iter()
                    .map(|(name, kind)| {
                        let at = record.iter().position(|(known, _)| known.value == name.value);
                        match at.map(|at| record.swap_remove(at)) {
                            Some((_, typed)) => convert(&mut scope, typed.expr, &typed.kind, kind),
                            None => Expr::Constant(Value::Missing),
                        }
                    })
                    .collect()
            })
            .collect();
        WrittenRows { kind: StepKind::Listed { rows }, columns, frame: scope.frame }
    }

    pub(super) fn key(&mut self, building: &mut Building<'l>, names: &[Name], span: Span) {
        let mut slots = Vec::with_capacity(names.len());
        for name in names {
            if let Some(column) = self.column(building, name) {
                if column.kind == Type::Image {
                    self.tell(
                        error(
                            codes::TYPE_MISMATCH,
                            name.span,
                            format!("`{}` is an image, which is no key", name.value),
                        )
                        .help("name what tells the pictures apart"),
                    );
                }
                slots.push(column.slot);
            }
        }
        self.push(building, StepKind::Key(slots), 0, span);
    }
}

fn items(list: &tree::Expr) -> &[ListItem] {
    match &bare(list).kind {
        ExprKind::List(items) => items,
        _ => &[],
    }
}
