//! What each rule of the grammar is called when one speaks of it.

use super::grammar::Rule;

/// How a rule is spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    /// A word or mark that says what stands beside it and is nothing itself.
    Mark(&'static str),
    /// What begins with this word or mark.
    Beginning(&'static str),
    Thing(&'static str),
    /// One of a few words.
    OneOf(&'static [&'static str]),
    /// What comes after the end of something.
    Next(&'static str),
    /// Carries an expression on.
    Operator,
    /// Not worth a word.
    Silent,
}

impl Rule {
    /// Every rule has its case: one that is added to the grammar does not compile before it has a name.
    pub(super) fn spoken(self) -> Spoken {
        use Spoken::{Beginning, Mark, Next, OneOf, Operator, Silent, Thing};
        match self {
            Rule::kw_adds => Mark("adds"),
            Rule::kw_allow => Mark("allow"),
            Rule::kw_as => Mark("as"),
            Rule::kw_ask => Mark("ask"),
            Rule::kw_baseline => Mark("baseline"),
            Rule::kw_batch => Mark("batch"),
            Rule::kw_better => Mark("better"),
            Rule::kw_bind => Mark("bind"),
            Rule::kw_both => Mark("both"),
            Rule::kw_by => Mark("by"),
            Rule::kw_compare => Mark("compare"),
            Rule::kw_cross => Mark("cross"),
            Rule::kw_dedup => Mark("dedup"),
            Rule::kw_descending => Mark("descending"),
            Rule::kw_drop => Mark("drop"),
            Rule::kw_dynamic => Mark("dynamic"),
            Rule::kw_else => Mark("else"),
            Rule::kw_expect => Mark("expect"),
            Rule::kw_explode => Mark("explode"),
            Rule::kw_fail => Mark("fail"),
            Rule::kw_failures => Mark("failures"),
            Rule::kw_fetch => Mark("fetch"),
            Rule::kw_first => Mark("first"),
            Rule::kw_fn => Mark("fn"),
            Rule::kw_from => Mark("from"),
            Rule::kw_gold => Mark("gold"),
            Rule::kw_group => Mark("group"),
            Rule::kw_higher => Mark("higher"),
            Rule::kw_if => Mark("if"),
            Rule::kw_image => Mark("image"),
            Rule::kw_images => Mark("images"),
            Rule::kw_in => Mark("in"),
            Rule::kw_interval => Mark("interval"),
            Rule::kw_is => Operator,
            Rule::kw_join => Mark("join"),
            Rule::kw_keep => Mark("keep"),
            Rule::kw_key => Mark("key"),
            Rule::kw_labels => Mark("labels"),
            Rule::kw_leaderboard => Mark("leaderboard"),
            Rule::kw_let => Mark("let"),
            Rule::kw_list => Mark("list"),
            Rule::kw_lower => Mark("lower"),
            Rule::kw_metric => Mark("metric"),
            Rule::kw_missing => Mark("missing"),
            Rule::kw_native => Mark("native"),
            Rule::kw_near => Mark("near"),
            Rule::kw_of => Mark("of"),
            Rule::kw_on => Mark("on"),
            Rule::kw_on_error => Mark("on_error"),
            Rule::kw_one => Mark("one"),
            Rule::kw_order => Mark("order"),
            Rule::kw_orders => Mark("orders"),
            Rule::kw_original => Mark("original"),
            Rule::kw_otherwise => Mark("otherwise"),
            Rule::kw_over => Mark("over"),
            Rule::kw_param => Mark("param"),
            Rule::kw_per => Mark("per"),
            Rule::kw_present => Mark("present"),
            Rule::kw_random => Mark("random"),
            Rule::kw_read => Mark("read"),
            Rule::kw_reason => Mark("reason"),
            Rule::kw_rename => Mark("rename"),
            Rule::kw_repeat => Mark("repeat"),
            Rule::kw_replace => Mark("replace"),
            Rule::kw_report => Mark("report"),
            Rule::kw_require => Mark("require"),
            Rule::kw_retry => Mark("retry"),
            Rule::kw_returns => Mark("returns"),
            Rule::kw_rows => Mark("rows"),
            Rule::kw_run => Mark("run"),
            Rule::kw_sample => Mark("sample"),
            Rule::kw_samples => Mark("samples"),
            Rule::kw_score => Mark("score"),
            Rule::kw_scripted => Mark("scripted"),
            Rule::kw_search => Mark("search"),
            Rule::kw_seed => Mark("seed"),
            Rule::kw_seeds => Mark("seeds"),
            Rule::kw_self => Mark("self"),
            Rule::kw_set => Mark("set"),
            Rule::kw_stage => Mark("stage"),
            Rule::kw_swap => Mark("swap"),
            Rule::kw_system => Mark("system"),
            Rule::kw_table => Mark("table"),
            Rule::kw_take => Mark("take"),
            Rule::kw_test => Mark("test"),
            Rule::kw_text => Mark("text"),
            Rule::kw_then => Mark("then"),
            Rule::kw_title => Mark("title"),
            Rule::kw_to => Mark("to"),
            Rule::kw_top => Mark("top"),
            Rule::kw_total => Mark("total"),
            Rule::kw_turns => Mark("turns"),
            Rule::kw_type => Mark("type"),
            Rule::kw_unbatch => Mark("unbatch"),
            Rule::kw_union => Mark("union"),
            Rule::kw_until => Mark("until"),
            Rule::kw_up => Mark("up"),
            Rule::kw_use => Mark("use"),
            Rule::kw_user => Mark("user"),
            Rule::kw_verdict => Mark("verdict"),
            Rule::kw_vote => Mark("vote"),
            Rule::kw_when => Mark("when"),
            Rule::kw_where => Mark("where"),
            Rule::kw_with => Mark("with"),
            Rule::kw_within => Mark("within"),
            Rule::open_curly => Mark("{"),
            Rule::close_curly => Mark("}"),
            Rule::open_round => Mark("("),
            Rule::close_round => Mark(")"),
            Rule::open_square => Mark("["),
            Rule::close_square => Mark("]"),
            Rule::open_angle => Mark("<"),
            Rule::close_angle => Mark(">"),
            Rule::close_hole => Mark("}}"),
            Rule::comma => Mark(","),
            Rule::colon => Mark(":"),
            Rule::bar => Mark("|"),
            Rule::at => Mark("@"),
            Rule::arrow => Mark("->"),
            Rule::gives => Mark("=>"),
            Rule::assign => Mark("="),
            Rule::expr
            | Rule::operation
            | Rule::condition
            | Rule::chain
            | Rule::missing
            | Rule::truth
            | Rule::parenthesised
            | Rule::call
            | Rule::list
            | Rule::record
            | Rule::ask
            | Rule::scripted
            | Rule::lambda
            | Rule::conditional
            | Rule::not
            | Rule::negate => Thing("an expression"),
            Rule::name
            | Rule::function_name
            | Rule::stage_path
            | Rule::word
            | Rule::names
            | Rule::path
            | Rule::closed_type => Thing("a name"),
            Rule::type_expr | Rule::list_type | Rule::record_type | Rule::function_type => Thing("a type"),
            Rule::string | Rule::block_string => Thing("a string"),
            Rule::number | Rule::digits => Thing("a number"),
            Rule::version => Thing("a version such as `1.0.0`"),
            Rule::item
            | Rule::header
            | Rule::use_item
            | Rule::param
            | Rule::model
            | Rule::type_item
            | Rule::function
            | Rule::native_function
            | Rule::stage
            | Rule::node
            | Rule::report
            | Rule::test
            | Rule::dynamic
            | Rule::allow_self
            | Rule::seed
            | Rule::run
            | Rule::score
            | Rule::leaderboard => Next("item"),
            Rule::step
            | Rule::read
            | Rule::rows
            | Rule::key
            | Rule::where_step
            | Rule::let_step
            | Rule::keep_original
            | Rule::keep
            | Rule::drop
            | Rule::rename
            | Rule::explode
            | Rule::cross
            | Rule::join
            | Rule::union
            | Rule::group
            | Rule::sample
            | Rule::repeat
            | Rule::dedup
            | Rule::order
            | Rule::batch
            | Rule::unbatch
            | Rule::require
            | Rule::search
            | Rule::fetch
            | Rule::on
            | Rule::with_step
            | Rule::one_of
            | Rule::gold
            | Rule::verdict
            | Rule::when_step
            | Rule::otherwise_step
            | Rule::compare
            | Rule::labels
            | Rule::by
            | Rule::metric
            | Rule::baseline
            | Rule::total
            | Rule::interval
            | Rule::missing_step
            | Rule::stage_step => Next("step"),
            Rule::ask_clause
            | Rule::user
            | Rule::system
            | Rule::turns
            | Rule::image
            | Rule::samples
            | Rule::setting
            | Rule::returns
            | Rule::reason_first
            | Rule::retry
            | Rule::test_clause
            | Rule::bind
            | Rule::set
            | Rule::replace
            | Rule::take
            | Rule::seeds
            | Rule::expect
            | Rule::report_entry
            | Rule::title
            | Rule::text
            | Rule::table
            | Rule::failures => Next("clause"),
            Rule::arm | Rule::guard => Thing("an arm such as `_ => \"yes\"`"),
            Rule::type_field => Thing("a field such as `name: type`"),
            Rule::named_expr => Thing("a field such as `name = value`"),
            Rule::parameter => Thing("a parameter such as `name: type`"),
            Rule::join_kind => OneOf(&["left", "random"]),
            Rule::on_error => OneOf(&["skip", "stop"]),
            Rule::total_how => OneOf(&["pooled", "macro"]),
            Rule::interval_method => OneOf(&["wilson", "bootstrap", "normal"]),
            Rule::missing_policy => OneOf(&["excluded", "zero", "one", "error"]),
            Rule::vote => OneOf(&["majority", "unanimous", "mean"]),
            Rule::swap_random | Rule::both_orders => OneOf(&["swap random", "both orders"]),
            Rule::present => OneOf(&["missing", "present"]),
            Rule::percent => Thing("a share such as `95%`"),
            Rule::file_kind => OneOf(&["pipeline", "library", "suite"]),
            Rule::node_kind => Thing("the kind of a node"),
            Rule::model_word => OneOf(&["model", "models"]),
            Rule::setting_name => Thing("the name of a setting"),
            Rule::higher | Rule::lower | Rule::near => OneOf(&["higher", "lower", "near"]),
            Rule::otherwise_arm => Beginning("_"),
            Rule::random => Beginning("random"),
            Rule::images => Beginning("images"),
            Rule::up_to => Beginning("up to"),
            Rule::descending => Beginning("descending"),
            Rule::drop_row => Beginning("drop"),
            Rule::fail_row => Beginning("fail"),
            Rule::top => Beginning("top"),
            Rule::per => Beginning("per"),
            Rule::otherwise => Beginning("otherwise"),
            Rule::use_as => Beginning("as"),
            Rule::node_from => Beginning("from"),
            Rule::node_to => Beginning("to"),
            Rule::node_by => Beginning("by"),
            Rule::node_vote => Beginning("with vote"),
            Rule::metric_where => Beginning("where"),
            Rule::optional => Beginning("?"),
            Rule::use_names => Beginning("{"),
            Rule::function_block => Beginning("{"),
            Rule::steps => Beginning("{"),
            Rule::test_clauses => Beginning("{"),
            Rule::ask_clauses => Beginning("{"),
            Rule::arms => Beginning("{"),
            Rule::field_names => Beginning("{"),
            Rule::parameters => Beginning("("),
            Rule::arguments => Beginning("("),
            Rule::capability => Beginning(":"),
            Rule::fallback
            | Rule::or
            | Rule::and
            | Rule::equal
            | Rule::not_equal
            | Rule::less_or_equal
            | Rule::less
            | Rule::greater_or_equal
            | Rule::greater
            | Rule::is_in
            | Rule::not_in
            | Rule::is_present
            | Rule::add
            | Rule::subtract
            | Rule::multiply
            | Rule::divide
            | Rule::remainder
            | Rule::index
            | Rule::method
            | Rule::field => Operator,
            Rule::EOI
            | Rule::lambda_parameters
            | Rule::WHITESPACE
            | Rule::COMMENT
            | Rule::doc
            | Rule::doc_mark
            | Rule::doc_text
            | Rule::gap
            | Rule::blank
            | Rule::reserved
            | Rule::word_end
            | Rule::file
            | Rule::use_name
            | Rule::loose_steps
            | Rule::source
            | Rule::source_word
            | Rule::choice_word
            | Rule::column_word
            | Rule::shape_word
            | Rule::vary_word
            | Rule::query_word
            | Rule::judge_word
            | Rule::measure_word
            | Rule::operands
            | Rule::renaming
            | Rule::when_verdict
            | Rule::loose_test_clauses
            | Rule::loose_report_entries
            | Rule::loose_expr
            | Rule::term
            | Rule::prefix
            | Rule::infix
            | Rule::primary
            | Rule::argument
            | Rule::argument_name
            | Rule::list_item
            | Rule::string_text
            | Rule::block_text
            | Rule::escape
            | Rule::hole => Silent,
        }
    }

    pub(super) fn is_mark(self) -> bool {
        self == Rule::kw_is || matches!(self.spoken(), Spoken::Mark(_))
    }
}
