"""What is a keyword and what only looks like one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.local.clickhouse.sql import lex, quote, quote_name, unquote
from pipeline.local.clickhouse.statement import Insert, insert_of, statement_of


@given(text=st.text())
def test_a_literal_is_one_token_whatever_it_holds(text: str) -> None:
    tokens = list(lex(f"SELECT {quote(text)}, {quote_name(text)} FROM t"))
    assert [token.kind for token in tokens] == ["word", "string", "sign", "quoted", "word", "word"]
    assert unquote(tokens[1].text) == text
    assert tokens[3].name == text


@given(text=st.text())
def test_every_character_is_in_a_token_or_blank(text: str) -> None:
    tokens = list(lex(text))
    assert all(before.end <= after.start for before, after in pairwise(tokens))
    assert all(text[token.start : token.end] == token.text for token in tokens)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT/**/1", ["SELECT", "1"]),
        ("a -- b ; '\nc", ["a", "c"]),
        ("a # b '\nc", ["a", "c"]),
        ("a #! b\nc", ["a", "c"]),
        ("'it''s' x", ["'it''s'", "x"]),
        (r"'\'; DROP' x", [r"'\'; DROP'", "x"]),
        ("$a$ ; $b$ ; $a$ x", ["$a$ ; $b$ ; $a$", "x"]),
        ("{x:String}", ["{", "x", ":", "String", "}"]),
        ("1e5 0x1F 1.5", ["1e5", "0x1F", "1.5"]),
        ("'never closed", ["'never closed"]),
    ],
)
def test_tokens(query: str, words: list[str]) -> None:
    assert [token.text for token in lex(query)] == words


@pytest.mark.parametrize(
    ("query", "insert"),
    [
        ("INSERT INTO t VALUES", Insert("t", None, "INSERT INTO t ", "", "Values", "")),
        (
            "insert into a.b (x, `y z`) values (1, ';')",
            Insert("a.b", ("x", "y z"), "insert into a.b (x, `y z`) ", "", "Values", " (1, ';')"),
        ),
        (
            "INSERT INTO t (n.a, b) FORMAT CSV\n1,2",
            Insert("t", ("n.a", "b"), "INSERT INTO t (n.a, b) ", "", "CSV", "1,2"),
        ),
        (
            "INSERT INTO t SETTINGS a=1, b=2 FORMAT Values",
            Insert("t", None, "INSERT INTO t ", "SETTINGS a=1, b=2 ", "Values", ""),
        ),
        ("INSERT INTO TABLE t", Insert("t", None, "INSERT INTO TABLE t", "", "", "")),
        (
            "INSERT INTO t /* VALUES */ (a) -- FORMAT\nVALUES",
            Insert("t", ("a",), "INSERT INTO t /* VALUES */ (a) -- FORMAT\n", "", "Values", ""),
        ),
        (
            "INSERT INTO `values` (`format`) VALUES",
            Insert("`values`", ("format",), "INSERT INTO `values` (`format`) ", "", "Values", ""),
        ),
        ("INSERT INTO t SELECT 1", None),
        ("INSERT INTO t (a) WITH 1 AS x SELECT x FORMAT CSV", None),
        ("INSERT INTO t (SELECT 1)", None),
        ("SELECT 'INSERT INTO t VALUES'", None),
    ],
)
def test_an_insert_is_cut_where_its_rows_begin(query: str, insert: Insert | None) -> None:
    assert insert_of(statement_of(query)) == insert
