"""What SQL over a plant's tables may consist of: an allow-list of syntax and of functions. All else is refused.

Functions are named as DuckDB and as sqlglot call them; what each takes and gives is told in kinds (see `kinds`).
Left out on purpose, though they only read: what blows a value up (`repeat`, `lpad`, `range`, `list`, `format`), what
looks at the clock, at chance, at the session or at files, and what makes values that JSON has no form for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlglot.expressions as exp

Kind = Literal[
    "number", "text", "boolean", "time", "local time", "date", "time of day", "interval", "null", "row", "unknown"
]
Takes = Literal["number", "measure", "text", "moment", "boolean", "any"]
Gives = Kind | Literal["first"]
# Tables by name in small letters, each with its columns and their SQL types.
Tables = Mapping[str, Mapping[str, str]]

SYNTAX: tuple[type[Any], ...] = (
    exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Subquery, exp.CTE, exp.With, exp.Table, exp.TableAlias,
    exp.Alias, exp.Column, exp.Identifier, exp.Literal, exp.Star, exp.From, exp.Where, exp.Group, exp.Having,
    exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Distinct, exp.Join, exp.Paren, exp.Neg, exp.Not,
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Between, exp.In, exp.Is,
    exp.Like, exp.ILike, exp.Escape, exp.Exists, exp.And, exp.Or, exp.Case, exp.If, exp.Null, exp.Boolean, exp.Cast,
    exp.TryCast, exp.DataType, exp.DataTypeParam, exp.Interval, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv,
    exp.Mod, exp.DPipe, exp.Window, exp.WindowSpec, exp.Filter, exp.Qualify, exp.Tuple, exp.Var, exp.AtTimeZone,
    exp.WithinGroup, exp.IgnoreNulls,
)  # fmt: skip
_CLAUSES = frozenset({"with_", "order", "limit", "offset"})
# Of these, the parts that may be there: the others sample, lock, pivot, write, or read something else.
PARTS: dict[type[Any], frozenset[str]] = {
    exp.Select: _CLAUSES
    | {"expressions", "from_", "joins", "where", "group", "having", "qualify", "distinct", "windows"},
    exp.Union: _CLAUSES | {"this", "expression", "distinct"},
    exp.Except: _CLAUSES | {"this", "expression", "distinct"},
    exp.Intersect: _CLAUSES | {"this", "expression", "distinct"},
    exp.Subquery: _CLAUSES | {"this", "alias"},
    exp.Table: frozenset({"this", "alias", "db", "catalog"}),
    exp.Join: frozenset({"this", "side", "kind", "on", "using", "method"}),
    exp.With: frozenset({"expressions", "recursive"}),
    exp.Star: frozenset({"except_"}),
    exp.Column: frozenset({"this", "table"}),
    exp.Group: frozenset({"expressions", "all"}),
    exp.In: frozenset({"this", "expressions", "query"}),
}

# Each line: sqlglot's class, or = for a function that it doesn't know; the names; what it takes; what it gives.
_TABLE = """
Abs abs measure first
Acos acos number number
Asin asin number number
Atan atan number number
Atan2 atan2 number number
Cos cos number number
Sin sin number number
Tan tan number number
Pi pi any number
Radians radians number number
Degrees degrees number number
Cbrt cbrt number number
= age moment interval
AnyValue any_value any first
ArgMax arg_max,max_by any first
ArgMin arg_min,min_by any first
Avg avg,mean measure first
LogicalAnd bool_and boolean boolean
LogicalOr bool_or boolean boolean
Ceil ceil,ceiling number number
Coalesce coalesce,ifnull any first
Concat concat any text
ConcatWs concat_ws any text
Contains contains text boolean
Corr corr number number
Count count any number
CountIf count_if boolean number
CovarPop covar_pop number number
CovarSamp covar_samp number number
ApproxDistinct approx_count_distinct any number
CumeDist cume_dist any number
DateDiff date_diff,datediff moment number
= date_part,datepart any number
= date_sub,datesub any number
DateAdd date_add moment first
DateTrunc date_trunc,datetrunc moment first
TimestampTrunc date_trunc moment first
Day day moment number
DayOfMonth dayofmonth moment number
DayOfWeek dayofweek moment number
DayOfWeekIso isodow moment number
DayOfYear dayofyear moment number
Dayname dayname moment text
DateBin time_bucket any unknown
DenseRank dense_rank any number
EndsWith ends_with,suffix text boolean
TimeToUnix epoch moment number
Exp exp number number
Extract extract any number
First first any first
FirstValue first_value any first
Floor floor number number
Greatest greatest any first
GroupConcat string_agg,group_concat,listagg any text
Hour hour moment number
If if any first
= entropy any number
Kurtosis kurtosis number number
Skewness skewness number number
= sem number number
NthValue nth_value any first
RegrAvgx regr_avgx number number
RegrAvgy regr_avgy number number
RegrCount regr_count number number
RegrIntercept regr_intercept number number
RegrR2 regr_r2 number number
RegrSlope regr_slope number number
RegrSxx regr_sxx number number
RegrSxy regr_sxy number number
RegrSyy regr_syy number number
IsNan isnan number boolean
IsInf isinf number boolean
= isfinite any boolean
Lag lag any first
Last last any first
LastDay last_day moment date
LastValue last_value any first
Lead lead any first
Least least any first
Left left text text
Length length,len,strlen text number
Levenshtein levenshtein text number
Ln ln number number
Log log,log2,log10 number number
Lower lower,lcase text text
= mad measure first
Max max any first
Median median measure first
Min min any first
Minute minute moment number
Mode mode any first
Month month moment number
Monthname monthname moment text
Ntile ntile any number
Nullif nullif any first
PercentRank percent_rank any number
PercentileCont percentile_cont,quantile_cont any first
PercentileDisc percentile_disc,quantile_disc any first
Pow power,pow number number
= prefix text boolean
Quantile quantile any first
ApproxQuantile approx_quantile any first
Quarter quarter moment number
Rank rank any number
RegexpExtract regexp_extract text text
RegexpLike regexp_matches text boolean
RegexpReplace regexp_replace text text
Replace replace text text
Right right text text
Round round number number
RowNumber row_number any number
Second second moment number
Sign sign number number
SplitPart split_part text text
Sqrt sqrt number number
StartsWith starts_with text boolean
Stddev stddev number number
StddevPop stddev_pop number number
StddevSamp stddev_samp number number
StrPosition strpos,instr,position text number
Substring substring,substr text text
Sum sum measure first
TimeToStr strftime moment text
Trim trim,ltrim,rtrim text text
Trunc trunc number number
Upper upper,ucase text text
Variance variance,var_samp number number
VariancePop var_pop number number
Week week moment number
WeekOfYear weekofyear moment number
Year year moment number
= yearweek moment number
"""


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its names in DuckDB, what its first argument has to be, and what it gives.

    `measure` is a number, an interval, or a time to average; `moment` a time or a date.
    """

    names: tuple[str, ...]
    takes: Takes
    gives: Gives


def _functions() -> tuple[dict[str, Function], dict[str, Function]]:
    by_class: dict[str, Function] = {}
    by_name: dict[str, Function] = {}
    for line in _TABLE.strip().splitlines():
        key, spelled, takes, gives = line.split()
        function = Function(tuple(spelled.split(",")), takes, gives)  # type: ignore[arg-type]  # words of the table
        by_name.update(dict.fromkeys(function.names, function))
        if key != "=":
            by_class[key] = function
    return by_class, by_name


BY_CLASS, BY_NAME = _functions()
TYPES: dict[str, Kind] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INT", "BIGINT", "INT128", "FLOAT", "DOUBLE", "DECIMAL"), "number"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINT", "UBIGINT"), "number"),
    **dict.fromkeys(("VARCHAR", "TEXT", "CHAR"), "text"),
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time of day",
    "TIMESTAMPTZ": "time",
    "TIMESTAMP": "local time",
    "TIMESTAMPNTZ": "local time",
    "INTERVAL": "interval",
}
_UNITS_TEXT = """
microsecond millisecond second minute hour day week month quarter year decade century millennium
dow isodow doy weekday weekofyear yearweek isoyear epoch dayofweek dayofmonth dayofyear
"""
UNITS = frozenset(_UNITS_TEXT.split())
# What DuckDB's own parser makes of operators, intervals and the few functions that are printed under another name.
_OPERATORS_TEXT = """
+ - * / // % || ~~ !~~ ~~* !~~* like_escape not_like_escape ilike_escape not_ilike_escape date_part datepart count_star
timezone to_microseconds to_milliseconds to_seconds to_minutes to_hours to_days to_weeks to_months to_quarters to_years
to_decades to_centuries to_millennia
"""
OPERATORS = frozenset(_OPERATORS_TEXT.split())
_CLOCK_TEXT = """
now today current_date current_timestamp get_current_time current_time localtime localtimestamp transaction_timestamp
get_current_timestamp
"""
CLOCK = frozenset(_CLOCK_TEXT.split())
