//! The stable names of all rules of this room, each with a page under `docs/errors/`.

pub const AMBIGUOUS_NAME: &str = "ambiguous-name";
pub const ASKS_TARGETS: &str = "asks-targets";
pub const ASK_NOT_HERE: &str = "ask-not-here";
pub const BAD_SETTING: &str = "bad-setting";
pub const BASELINE_KEY: &str = "baseline-key";
pub const CIRCULAR_USE: &str = "circular-use";
pub const COMPARED_WITH_MISSING: &str = "compared-with-missing";
pub const COMPARE_ORDER: &str = "compare-order";
pub const CYCLE: &str = "cycle";
pub const DUPLICATE_COLUMN: &str = "duplicate-column";
pub const DUPLICATE_NAME: &str = "duplicate-name";
pub const GOLD_NOT_REWRITTEN: &str = "gold-not-rewritten";
pub const GOLD_NOT_TRACKED: &str = "gold-not-tracked";
pub const IDLE_WHEN: &str = "idle-when";
pub const IMAGE_IN_TEXT: &str = "image-in-text";
pub const IMPOSSIBLE_SETTING: &str = "impossible-setting";
pub const INTERVAL: &str = "interval";
pub const JUDGES_ITSELF: &str = "judges-itself";
pub const LOST_LINEAGE: &str = "lost-lineage";
pub const MAY_BE_MISSING: &str = "may-be-missing";
pub const METRIC_DIRECTION: &str = "metric-direction";
pub const MISPLACED: &str = "misplaced";
pub const MISSING_FIELD: &str = "missing-field";
pub const MISSING_POLICY: &str = "missing-policy";
pub const NATIVE_OUTSIDE: &str = "native-outside";
pub const NEAR_NAMES: &str = "near-names";
pub const NESTED_TOO_DEEP: &str = "nested-too-deep";
pub const NEVER_EQUAL: &str = "never-equal";
pub const NEVER_MISSING: &str = "never-missing";
pub const NOTHING_ASKED: &str = "nothing-asked";
pub const NOTHING_VARIED: &str = "nothing-varied";
pub const NOT_A_LABEL: &str = "not-a-label";
pub const NOT_A_LIBRARY: &str = "not-a-library";
pub const NOT_A_LIST: &str = "not-a-list";
pub const NOT_A_MODEL: &str = "not-a-model";
pub const NOT_A_PIPELINE: &str = "not-a-pipeline";
pub const NOT_A_RECORD: &str = "not-a-record";
pub const NOT_A_VALUE: &str = "not-a-value";
pub const NOT_A_VARIATION: &str = "not-a-variation";
pub const NOT_CONSTANT: &str = "not-constant";
pub const NO_BASELINE: &str = "no-baseline";
pub const NO_FIELDS: &str = "no-fields";
pub const NO_HEADER: &str = "no-header";
pub const NO_INPUT: &str = "no-input";
pub const NO_JUDGE: &str = "no-judge";
pub const NO_METRIC: &str = "no-metric";
pub const NO_TARGETS: &str = "no-targets";
pub const NO_VERDICT: &str = "no-verdict";
pub const OUTSIDE_AGGREGATE: &str = "outside-aggregate";
pub const RECURSION: &str = "recursion";
pub const RECURSIVE_TYPE: &str = "recursive-type";
pub const REPEATED_CLAUSE: &str = "repeated-clause";
pub const REPLAY_KEY: &str = "replay-key";
pub const SAME_FOR_ALL_MODELS: &str = "same-for-all-models";
pub const SCORE_BY_MODEL: &str = "score-by-model";
pub const SCRIPT_IDLE: &str = "script-idle";
pub const SCRIPT_INCOMPLETE: &str = "script-incomplete";
pub const SECOND_SOURCE: &str = "second-source";
pub const STEP_AFTER_CLAUSES: &str = "step-after-clauses";
pub const TYPE_MISMATCH: &str = "type-mismatch";
pub const UNBOUND_MODEL: &str = "unbound-model";
pub const UNKNOWN_CAPABILITY: &str = "unknown-capability";
pub const UNKNOWN_COLUMN: &str = "unknown-column";
pub const UNKNOWN_FIELD: &str = "unknown-field";
pub const UNKNOWN_FORMAT: &str = "unknown-format";
pub const UNKNOWN_FUNCTION: &str = "unknown-function";
pub const UNKNOWN_IMPORT: &str = "unknown-import";
pub const UNKNOWN_LABEL: &str = "unknown-label";
pub const UNKNOWN_METRIC: &str = "unknown-metric";
pub const UNKNOWN_MODEL: &str = "unknown-model";
pub const UNKNOWN_MODULE: &str = "unknown-module";
pub const UNKNOWN_NAME: &str = "unknown-name";
pub const UNKNOWN_NODE: &str = "unknown-node";
pub const UNKNOWN_PARAMETER: &str = "unknown-parameter";
pub const UNKNOWN_PROVIDER: &str = "unknown-provider";
pub const UNKNOWN_RUN: &str = "unknown-run";
pub const UNKNOWN_SETTING: &str = "unknown-setting";
pub const UNKNOWN_STEP: &str = "unknown-step";
pub const UNKNOWN_TEST: &str = "unknown-test";
pub const UNKNOWN_TYPE: &str = "unknown-type";
pub const UNSET_PARAMETER: &str = "unset-parameter";
pub const UNUSED: &str = "unused-binding";
pub const VOTE: &str = "vote";
pub const WRONG_ADDRESS: &str = "wrong-address";
pub const WRONG_ARGUMENTS: &str = "wrong-arguments";
pub const WRONG_BINDING: &str = "wrong-binding";
pub const WRONG_CAPABILITY: &str = "wrong-capability";
pub const WRONG_FORMAT: &str = "wrong-format";
pub const WRONG_ITEM: &str = "wrong-item";
pub const WRONG_NODE: &str = "wrong-node";
pub const WRONG_NUMBER: &str = "wrong-number";

/// All of them, in order.
pub const ALL: [&str; 91] = [
    AMBIGUOUS_NAME,
    ASKS_TARGETS,
    ASK_NOT_HERE,
    BAD_SETTING,
    BASELINE_KEY,
    CIRCULAR_USE,
    COMPARED_WITH_MISSING,
    COMPARE_ORDER,
    CYCLE,
    DUPLICATE_COLUMN,
    DUPLICATE_NAME,
    GOLD_NOT_REWRITTEN,
    GOLD_NOT_TRACKED,
    IDLE_WHEN,
    IMAGE_IN_TEXT,
    IMPOSSIBLE_SETTING,
    INTERVAL,
    JUDGES_ITSELF,
    LOST_LINEAGE,
    MAY_BE_MISSING,
    METRIC_DIRECTION,
    MISPLACED,
    MISSING_FIELD,
    MISSING_POLICY,
    NATIVE_OUTSIDE,
    NEAR_NAMES,
    NESTED_TOO_DEEP,
    NEVER_EQUAL,
    NEVER_MISSING,
    NOTHING_ASKED,
    NOTHING_VARIED,
    NOT_A_LABEL,
    NOT_A_LIBRARY,
    NOT_A_LIST,
    NOT_A_MODEL,
    NOT_A_PIPELINE,
    NOT_A_RECORD,
    NOT_A_VALUE,
    NOT_A_VARIATION,
    NOT_CONSTANT,
    NO_BASELINE,
    NO_FIELDS,
    NO_HEADER,
    NO_INPUT,
    NO_JUDGE,
    NO_METRIC,
    NO_TARGETS,
    NO_VERDICT,
    OUTSIDE_AGGREGATE,
    RECURSION,
    RECURSIVE_TYPE,
    REPEATED_CLAUSE,
    REPLAY_KEY,
    SAME_FOR_ALL_MODELS,
    SCORE_BY_MODEL,
    SCRIPT_IDLE,
    SCRIPT_INCOMPLETE,
    SECOND_SOURCE,
    STEP_AFTER_CLAUSES,
    TYPE_MISMATCH,
    UNBOUND_MODEL,
    UNKNOWN_CAPABILITY,
    UNKNOWN_COLUMN,
    UNKNOWN_FIELD,
    UNKNOWN_FORMAT,
    UNKNOWN_FUNCTION,
    UNKNOWN_IMPORT,
    UNKNOWN_LABEL,
    UNKNOWN_METRIC,
    UNKNOWN_MODEL,
    UNKNOWN_MODULE,
    UNKNOWN_NAME,
    UNKNOWN_NODE,
    UNKNOWN_PARAMETER,
    UNKNOWN_PROVIDER,
    UNKNOWN_RUN,
    UNKNOWN_SETTING,
    UNKNOWN_STEP,
    UNKNOWN_TEST,
    UNKNOWN_TYPE,
    UNSET_PARAMETER,
    UNUSED,
    VOTE,
    WRONG_ADDRESS,
    WRONG_ARGUMENTS,
    WRONG_BINDING,
    WRONG_CAPABILITY,
    WRONG_FORMAT,
    WRONG_ITEM,
    WRONG_NODE,
    WRONG_NUMBER,
];
