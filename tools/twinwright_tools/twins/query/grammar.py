"""The grammar of the Azure Digital Twins query language::

    query      = SELECT [TOP "(" n ")"] (["*"] | COUNT "(" ")" [AS name] | path [AS name] {"," …})
                 FROM (DIGITALTWINS | RELATIONSHIPS) [[AS] alias] ({join} | match) [WHERE or]
    join       = JOIN target RELATED source "." relationship [alias]
    match      = MATCH twin {arrow twin}
    twin       = "(" [name] ")"
    arrow      = ["<"] "-" "[" [name] [":" name {"|" name}] ["*" hops] "]" "-" [">"]
    hops       = n | [n] ".." n
    or         = and {OR and}
    and        = not {AND not}
    not        = NOT not | "(" or ")" | function "(" arguments ")" | operand comparison
    comparison = (= | != | < | > | <= | >=) operand | [NOT] IN list | NIN list
    path       = name {"." name}          name = word, $word or [[any text]]

Words aren't case sensitive, names are. Sources: the reference pages "SELECT", "FROM", "JOIN", "MATCH", "WHERE clause",
"Operators", "Functions" and "Reserved keywords" of the Azure Digital Twins query language reference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from sqlglot import exp
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token, TokenType

from ...errors import QueryError, nearest
from .arrows import read_brackets
from .nodes import Collection, Pattern, PatternEdge, PatternNode, PropertyPath, Related
from .words import COLLECTIONS, FOREIGN

MAX_CONDITIONS = 400
MAX_NESTING = 20

_NAMES = frozenset({TokenType.VAR, TokenType.TOP})
_COMPARISONS: dict[TokenType, type[exp.Binary]] = {
    TokenType.EQ: exp.EQ,
    TokenType.NEQ: exp.NEQ,
    TokenType.LT: exp.LT,
    TokenType.GT: exp.GT,
    TokenType.LTE: exp.LTE,
    TokenType.GTE: exp.GTE,
}


class QueryParser(Parser):
    """A parser of this grammar alone; of sqlglot's it uses the tokens and the tree."""

    _conditions: int = 0
    _nesting: int = 0

    def raise_error(self, message: str, token: Token | None = None, code: str = "syntax") -> NoReturn:
        """Refuse the query at a token (the current one by default)."""
        at = token or self._curr
        position = at.start if at else len(self.sql)
        raise QueryError(message, code=f"query.{code}", position=position)

    def _expected(self, what: str, code: str = "syntax") -> NoReturn:
        if not self._curr:
            self.raise_error(f"{what} is expected at the end of the query")
        text = self._curr.text
        if self._curr.token_type == TokenType.IDENTIFIER:
            self.raise_error(f"{what} is expected; texts stand in single quotes: '{text}'")
        comment = self.sql.startswith(("--", "/*"), self._curr.start)
        foreign = "the language has no comments" if comment else FOREIGN.get(text.upper())
        self.raise_error(f"{what} is expected, not {text!r}" + (f": {foreign}" if foreign else ""), code=code)

    def _parse_statement(self) -> exp.Expr | None:
        self._conditions = self._nesting = 0
        if not self._match(TokenType.SELECT):
            self._expected("SELECT")
        select = exp.Select()
        if self._match(TokenType.TOP):
            select.set("limit", exp.Limit(expression=self._wrapped_count()))
        bare = bool(select.args.get("limit")) and self._is(TokenType.FROM)
        select.set("expressions", [exp.Star()] if bare else self._projections())
        if not self._match(TokenType.FROM):
            self._expected("FROM")
        select.set("from_", exp.From(this=self._collection()))
        self._traversal(select)
        if self._match(TokenType.WHERE):
            select.set("where", exp.Where(this=self._or()))
        if self._curr:
            self._expected("the end of the query" if select.args.get("where") else "JOIN, MATCH or WHERE")
        return select

    def _traversal(self, select: exp.Select) -> None:
        """JOINs, or one MATCH, or nothing."""
        joins = []
        while self._match(TokenType.JOIN):
            joins.append(self._related())
        select.set("joins", joins)
        if self._is_word("MATCH"):
            if joins:
                self.raise_error("MATCH and JOIN don't go together; MATCH does all that JOIN does", code="unsupported")
            select.set("match", self._pattern())
            if self._is(TokenType.JOIN):
                self.raise_error("MATCH and JOIN don't go together; MATCH does all that JOIN does", code="unsupported")
            if self._is_word("MATCH"):
                self.raise_error("a query has one MATCH only; chain the arrows: (a)-[]->(b)-[]->(c)", code="bounds")
        if self._is(TokenType.COMMA):
            text = "this would pair every twin with every other (a cartesian product); "
            way = "chain the arrows in one MATCH" if select.args.get("match") else "join with JOIN target RELATED a.b"
            self.raise_error(text + way, code="cartesian")

    def _pattern(self) -> Pattern:
        token = self._curr
        self._advance()
        found: list[exp.Expr] = [self._pattern_node()]
        while self._is(TokenType.DASH) or self._is(TokenType.LT):
            found += [self._pattern_edge(), self._pattern_node()]
        return _at(Pattern(expressions=found), token)

    def _pattern_node(self) -> PatternNode:
        token = self._curr
        if not self._match(TokenType.L_PAREN):
            self._expected("a twin in parentheses, such as (a) or ()")
        name = None if self._is(TokenType.R_PAREN) else self._name("a name for the twin")
        if self._is(TokenType.COLON) or self._is(TokenType.L_BRACE):
            self.raise_error("parentheses hold a name alone; filters stand in WHERE: IS_OF_MODEL(a, 'dtmi:…;1')")
        self._need(TokenType.R_PAREN, "')'")
        return _at(PatternNode(this=name), token)

    def _pattern_edge(self) -> PatternEdge:
        usage = "an arrow: -[]->, <-[]- or -[]-"
        left = self._match(TokenType.LT)
        self._need(TokenType.DASH, usage)
        if not self._is(TokenType.L_BRACKET):
            self._expected(usage)
        edge, end = read_brackets(self.sql, self._curr.start)
        while self._curr and self._curr.start < end:
            self._advance()
        self._need(TokenType.DASH, usage)
        if self._is(TokenType.GT) and left:
            self.raise_error("an arrow has one direction; without any (-[]-) it means either")
        edge.set("direction", "backward" if left else "forward" if self._match(TokenType.GT) else "either")
        return edge

    def _is(self, kind: TokenType) -> bool:
        return bool(self._curr) and self._curr.token_type == kind

    def _is_word(self, word: str) -> bool:
        return self._is(TokenType.VAR) and self._curr.text.upper() == word

    def _need(self, kind: TokenType, what: str) -> None:
        if not self._match(kind):
            self._expected(what)

    def _wrapped_count(self) -> exp.Expr:
        self._need(TokenType.L_PAREN, "TOP(n): '('")
        number = self._curr
        if not self._match(TokenType.NUMBER) or not number.text.isdigit():
            self.raise_error("TOP(n) needs a whole number", number)
        self._need(TokenType.R_PAREN, "')'")
        return _at(exp.Literal.number(number.text), number)

    def _projections(self) -> list[exp.Expr]:
        star = self._curr
        if self._match(TokenType.STAR):
            return [_at(exp.Star(), star)]
        found = [self._projection()]
        while self._match(TokenType.COMMA):
            found.append(self._projection())
        return found

    def _projection(self) -> exp.Expr:
        shown: exp.Expr
        calls = self._is(TokenType.VAR) and bool(self._next) and self._next.token_type == TokenType.L_PAREN
        if calls and not self._is_word("COUNT"):
            self.raise_error(f"after SELECT stand names and COUNT(); the language has no {self._curr.text}(…) there")
        if calls:
            token = self._curr
            self._advance(2)
            self._need(TokenType.R_PAREN, "COUNT takes no argument: ')'")
            shown = _at(exp.Count(), token)
        else:
            shown = self._path()
        if self._match(TokenType.ALIAS):
            return exp.Alias(this=shown, alias=self._name("a name after AS"))
        return shown

    def _collection(self) -> Collection:
        token = self._curr
        if not any(self._is_word(name) for name in COLLECTIONS):
            near = nearest(token.text, COLLECTIONS, 1) if token and token.token_type == TokenType.VAR else []
            if near:
                raise QueryError(
                    f"{' or '.join(COLLECTIONS)} is expected, not {token.text!r}; did you mean {near[0]}?",
                    code="query.syntax",
                    suggestions=near,
                    position=token.start,
                )
            self._expected(" or ".join(COLLECTIONS))
        self._advance()
        return _at(Collection(this=token.text.upper(), alias=self._alias()), token)

    def _alias(self) -> exp.Identifier | None:
        if self._match(TokenType.ALIAS):
            return self._name("an alias after AS")
        foreign = self._curr and self._curr.text.upper() in (*FOREIGN, "MATCH")
        named = self._is(TokenType.VAR) or self._is(TokenType.L_BRACKET)
        return self._name("an alias") if named and not foreign else None

    def _related(self) -> Related:
        token = self._prev
        target = self._name("a name for the twins that are joined")
        if not self._is_word("RELATED"):
            self._expected("RELATED source.relationship")
        self._advance()
        path = self._path()
        return _at(Related(this=target, path=path, alias=self._alias()), token)

    def _path(self) -> PropertyPath:
        names = [self._name("a name")]
        while self._match(TokenType.DOT):
            names.append(self._name("a name after '.'", after_dot=True))
        return PropertyPath(expressions=names)

    def _name(self, what: str, after_dot: bool = False) -> exp.Identifier:
        token = self._curr
        if self._is(TokenType.L_BRACKET):
            return self._bracketed_name()
        # after a dot even the language's own words are names
        word = bool(token) and after_dot and token.text.replace("_", "").isalnum()
        if not token or not (token.token_type in _NAMES or word) or token.token_type == TokenType.NUMBER:
            self._expected(what)
        self._advance()
        return _at(exp.to_identifier(token.text, quoted=False), token)

    def _bracketed_name(self) -> exp.Identifier:
        token = self._curr
        start, end = token.start + 2, self.sql.find("]]", token.start)
        if self.sql[token.start : start] != "[[" or end <= start:
            self.raise_error("a name in double brackets looks like [[my name]]", token)
        while self._curr and self._curr.start < end + 2:
            self._advance()
        return _at(exp.to_identifier(self.sql[start:end], quoted=True), token)

    def _or(self) -> exp.Expr:
        return self._connected(TokenType.OR, exp.Or, self._and)

    def _and(self) -> exp.Expr:
        return self._connected(TokenType.AND, exp.And, self._not)

    def _connected(self, word: TokenType, node: type[exp.Connector], part: Callable[[], exp.Expr]) -> exp.Expr:
        found = part()
        while self._match(word):
            found = node(this=found, expression=part())
        return found

    def _not(self) -> exp.Expr:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            self.raise_error(f"conditions are nested more than {MAX_NESTING} levels deep")
        token = self._curr
        found: exp.Expr
        if self._match(TokenType.NOT):
            found = _at(exp.Not(this=self._not()), token)
        elif self._match(TokenType.L_PAREN):
            found = _at(exp.Paren(this=self._or()), token)
            self._need(TokenType.R_PAREN, "')'")
        else:
            found = self._condition()
        self._nesting -= 1
        return found

    def _condition(self) -> exp.Expr:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            self.raise_error(f"there are more than {MAX_CONDITIONS} conditions")
        if self._is(TokenType.VAR) and self._next and self._next.token_type == TokenType.L_PAREN:
            call = self._call()
            if self._curr and self._curr.token_type in _COMPARISONS:
                self.raise_error(f"{call.name}(…) is true or false by itself and isn't compared; use AND, OR and NOT")
            return call
        left = self._operand()
        if self._curr and self._curr.token_type in _COMPARISONS:
            node = _COMPARISONS[self._curr.token_type]
            self._advance()
            return node(this=left, expression=self._operand())
        return self._membership(left)

    def _membership(self, left: exp.Expr) -> exp.Expr:
        token = self._curr
        negated = self._is_word("NIN")
        if negated:
            self._advance()
        else:
            negated = bool(self._match(TokenType.NOT))
            self._need(TokenType.IN, "a comparison (=, !=, <, >, <=, >=, IN, NIN; x = true for a boolean)")
        self._need(TokenType.L_BRACKET, "a list in brackets: '['")
        values = [self._literal()]
        while self._match(TokenType.COMMA):
            values.append(self._literal())
        self._need(TokenType.R_BRACKET, "']'")
        found = exp.In(this=left, expressions=values)
        return _at(exp.Not(this=found), token) if negated else found

    def _call(self) -> exp.Expr:
        token = self._curr
        self._advance(2)
        arguments = []
        if not self._is(TokenType.R_PAREN):
            arguments.append(self._operand())
            while self._match(TokenType.COMMA):
                arguments.append(self._operand())
        self._need(TokenType.R_PAREN, "')'")
        return _at(exp.Anonymous(this=token.text.upper(), expressions=arguments), token)

    def _operand(self) -> exp.Expr:
        return self._literal() if self._curr and self._curr.token_type in _LITERALS else self._path()

    def _literal(self) -> exp.Expr:
        token = self._curr
        if self._match(TokenType.STRING):
            return _at(exp.Literal.string(token.text), token)
        if self._match(TokenType.DASH):
            number = self._curr
            self._need(TokenType.NUMBER, "a number after '-'")
            return _at(exp.Neg(this=exp.Literal.number(number.text)), token)
        if self._match(TokenType.NUMBER):
            return _at(exp.Literal.number(token.text), token)
        if self._match(TokenType.TRUE) or self._match(TokenType.FALSE):
            return _at(exp.Boolean(this=token.token_type == TokenType.TRUE), token)
        if self._match(TokenType.NULL):
            return _at(exp.Null(), token)
        self._expected("a text, a number, true or false")


_LITERALS = frozenset(
    {TokenType.STRING, TokenType.NUMBER, TokenType.DASH, TokenType.TRUE, TokenType.FALSE, TokenType.NULL}
)

_Node = TypeVar("_Node", bound=exp.Expr)


def _at(node: _Node, token: Token) -> _Node:
    node.meta["start"] = token.start
    return node
