//! How each construct is written: for help, and to know which words there are.

/// The word that a construct begins with, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Form {
    pub(super) word: &'static str,
    pub(super) written: &'static str,
}

impl Form {
    pub(super) fn help(self) -> String {
        format!("it is written `{}`", self.written)
    }
}

const fn form(word: &'static str, written: &'static str) -> Form {
    Form { word, written }
}

/// Constructs that stand in one kind of place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// What each of them is called.
    pub(super) called: &'static str,
    /// The diagnostic of a word that begins none of them.
    pub(super) code: &'static str,
    pub(super) forms: &'static [Form],
}

impl Place {
    /// What each is called where it is clear of what it is one.
    pub(super) fn noun(self) -> &'static str {
        self.called.split(' ').next().unwrap_or(self.called)
    }

    pub(super) fn form(self, word: &str) -> Option<Form> {
        self.forms.iter().find(|form| form.word == word).copied()
    }

    /// The form whose word is most like `word`, where one is like it at all.
    pub(super) fn nearest(self, word: &str) -> Option<Form> {
        nearest(word, self.forms.iter().map(|form| form.word)).and_then(|word| self.form(word))
    }
}

/// The candidate that takes the fewest slips of the finger to get to, if that are few.
pub(super) fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let slips = |candidate: &&str| strsim::damerau_levenshtein(word, candidate);
    let nearest = candidates.min_by_key(slips)?;
    (slips(&nearest) <= (word.chars().count() / 3).max(1)).then_some(nearest)
}

pub(super) const ITEMS: Place = Place {
    called: "item",
    code: "unknown-item",
    forms: &[
        form("pipeline", "pipeline some.name @ 1.0.0"),
        form("library", "library some.name @ 1.0.0"),
        form("suite", "suite some.name @ 1.0.0"),
        form("use", "use some.module { name, other as alias }"),
        form("param", "param NAME: TYPE = VALUE"),
        form("model", "model NAME: CAPABILITY"),
        form("models", "models NAME: CAPABILITY"),
        form("type", "type NAME = TYPE"),
        form("fn", "fn NAME(PARAMETER: TYPE) -> TYPE = EXPRESSION"),
        form("native", "native fn NAME(PARAMETER: TYPE) -> TYPE"),
        form("random", "random native fn NAME(PARAMETER: TYPE) -> TYPE"),
        form("stage", "stage NAME(PARAMETER: TYPE) adds { COLUMN: TYPE } { STEPS }"),
        form("curate", "curate NAME from INPUT { STEPS }"),
        form("generate", "generate NAME from INPUT { STEPS }"),
        form("vary", "vary NAME from INPUT { STEPS }"),
        form("query", "query NAME from INPUT to MODELS { STEPS }"),
        form("judge", "judge NAME from INPUT by MODEL { STEPS }"),
        form("measure", "measure NAME from INPUT { STEPS }"),
        form("report", "report { ENTRIES }"),
        form("test", "test \"what it shows\" { CLAUSES }"),
        form("dynamic", "dynamic"),
        form("allow", "allow self"),
        form("seed", "seed 7"),
        form("run", "run \"some/pipeline.tgp\" as NAME { CLAUSES }"),
        form("score", "score NAME = EXPRESSION"),
        form("leaderboard", "leaderboard { SCORES }"),
    ],
};

pub(super) const STEPS: Place = Place {
    called: "step",
    code: "unknown-step",
    forms: &[
        form("read", "read FORMAT PATH as { FIELD: TYPE }"),
        form("rows", "rows COUNT { COLUMN = VALUE }"),
        form("key", "key COLUMNS"),
        form("where", "where CONDITION"),
        form("let", "let NAME = EXPRESSION"),
        form("keep", "keep COLUMNS"),
        form("drop", "drop COLUMNS"),
        form("rename", "rename COLUMN as NAME"),
        form("explode", "explode LIST as NAME"),
        form("cross", "cross NAME in LIST"),
        form("join", "join NODE on COLUMNS"),
        form("union", "union NODE"),
        form("group", "group KEYS { NAME = AGGREGATE }"),
        form("sample", "sample [up to] COUNT [per COLUMNS]"),
        form("repeat", "repeat COUNT as NAME"),
        form("dedup", "dedup by EXPRESSION"),
        form("order", "order by EXPRESSION [descending]"),
        form("batch", "batch COUNT as NAME"),
        form("unbatch", "unbatch"),
        form("require", "require COLUMNS"),
        form("search", "search MODEL QUERY [top COUNT] as NAME [otherwise drop]"),
        form("fetch", "fetch ADDRESS as NAME [otherwise drop]"),
        form("on", "on COLUMNS"),
        form("with", "with [VARIATIONS]"),
        form("one", "one of [VARIATIONS]"),
        form("gold", "gold COLUMN"),
        form("user", "user TEXT"),
        form("system", "system TEXT"),
        form("turns", "turns CONVERSATION"),
        form("image", "image IMAGE"),
        form("samples", "samples COUNT"),
        form("temperature", "temperature NUMBER"),
        form("max_tokens", "max_tokens COUNT"),
        form("top_p", "top_p NUMBER"),
        form("seed", "seed NUMBER"),
        form("stop", "stop [TEXTS]"),
        form("reasoning_effort", "reasoning_effort TEXT"),
        form("size", "size TEXT"),
        form("verdict", "verdict NAME: TYPE = EXPRESSION"),
        form("when", "when CONDITION -> VALUE"),
        form("otherwise", "otherwise EXPRESSION"),
        form("compare", "compare FIRST, SECOND [swap random | both orders]"),
        form("labels", "labels FORMAT PATH as { FIELD: TYPE } on COLUMNS"),
        form("by", "by COLUMNS"),
        form("metric", "metric NAME = AGGREGATE [where CONDITION] better higher|lower|near VALUE"),
        form("baseline", "baseline CONDITION on COLUMNS"),
        form("total", "total over COLUMNS pooled|macro"),
        form("interval", "interval 95% [wilson|bootstrap|normal] [by NODE]"),
        form("missing", "missing excluded|zero|one|error"),
    ],
};

pub(super) const ASK_CLAUSES: Place = Place {
    called: "clause of `ask`",
    code: "unknown-clause",
    forms: &[
        form("system", "system TEXT"),
        form("user", "user TEXT"),
        form("turns", "turns CONVERSATION"),
        form("image", "image IMAGE"),
        form("returns", "returns TYPE"),
        form("reason", "reason first"),
        form("retry", "retry COUNT [until CONDITION]"),
        form("otherwise", "otherwise drop|fail|VALUE"),
        form("samples", "samples COUNT"),
        form("temperature", "temperature NUMBER"),
        form("max_tokens", "max_tokens COUNT"),
        form("top_p", "top_p NUMBER"),
        form("seed", "seed NUMBER"),
        form("stop", "stop [TEXTS]"),
        form("reasoning_effort", "reasoning_effort TEXT"),
        form("size", "size TEXT"),
    ],
};

pub(super) const TEST_CLAUSES: Place = Place {
    called: "clause of a test",
    code: "unknown-clause",
    forms: &[
        form("bind", "bind MODEL = VALUE"),
        form("set", "set PARAM = VALUE"),
        form("replace", "replace NODE with COUNT rows { COLUMN = VALUE }"),
        form("take", "take COUNT [from NODE]"),
        form("seeds", "seeds COUNT"),
        form("expect", "expect VALUE [within TOLERANCE of TARGET]"),
    ],
};

pub(super) const REPORT_ENTRIES: Place = Place {
    called: "entry of a report",
    code: "unknown-clause",
    forms: &[
        form("title", "title TEXT"),
        form("text", "text TEXT"),
        form("table", "table NODE"),
        form("failures", "failures NODE [where CONDITION]"),
    ],
};
