"""Python answers: plain values come over unchanged, and the tests compare them as Python does."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, deque
from typing import Any

import pytest

from evaluators.sandbox import judge
from evaluators.sandbox.inside.lines import dumps, loads
from evaluators.sandbox.inside.plain import NotPlain, decode, encode
from tests.evaluators.sandbox.helpers import needs, python

VALUES: list[Any] = [
    None, True, 0, -7, 2**70, 10**5000, 0.1, -0.0, 1e300, math.inf, -math.inf, 2 - 3j,
    "", "é\ud800\n", b"\x00\xff", bytearray(b"ab"), [], [1, [2.0, None]], (), (1,), {1, 2},
    {(1, 2), "a"}, frozenset({3}), {}, {1: "a", "1": "b", None: [], (0, 1): {True}}, range(2, 9, 3),
    deque([1, 2]), Counter("aab"), OrderedDict([(2, 1), (1, 2)]),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_plain_value_comes_over_with_its_type(value: Any) -> None:
    found = decode(loads(dumps(encode(value))))
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    "value", [True, 1, 1.0, -0.0, {1: "a", "1": "b"}, [1, [2.0, True]], (1, (2.0, -0.0))], ids=repr
)
def test_values_that_compare_equal_stay_apart(value: Any) -> None:
    """1, 1.0 and True, 0.0 and -0.0: equal to Python, different when printed."""
    assert repr(decode(loads(dumps(encode(value))))) == repr(value)


def test_not_a_number_comes_over() -> None:
    assert math.isnan(decode(loads(dumps(encode(math.nan)))))


@pytest.mark.parametrize("value", [object(), len, type, iter([]), [lambda: 0], {1: object()}, ...])
def test_anything_else_does_not(value: Any) -> None:
    with pytest.raises(NotPlain):
        encode(value)


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b'{"set": [[1]]}', b'{"int": "x"}', b'{"who": 1}', b"[1] [2]", b"[" * 10**6],
)
def test_a_line_that_is_no_value_is_an_error(line: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, RecursionError)):
        decode(loads(line))


@needs("python")
@pytest.mark.parametrize(
    ("code", "tests", "reason"),
    [
        ("def f(x): return 3", "assert f(0) == 3.0", "passed"),
        ("def f(x): return (1, 2)", "assert f(0) == [1, 2]", "wrong answer"),
        ("def f(x): return True", "assert f(0) is True", "passed"),
        ("def f(x): return None", "assert f(0) is None", "passed"),
        ("def f(x): return 1 / 3", "assert f(0) == 1 / 3", "passed"),
        ("def f(x): return 'x' * x", "assert len(f(10**6)) == 10**6", "passed"),
        ("def f(*x, k): return x, k", "assert f(*[1, 2], k=3) == ((1, 2), 3)", "passed"),
        ("def f(x): raise KeyError('k')", "assert f(0)", "exception"),
        ("def f(x): return None", "assert f(0) + 1 == 1", "wrong answer"),
        ("import sys; sys.stdout = None\ndef f(x): return 1", "assert f(0) == 1", "passed"),
        ("def f(x): return input()", "assert f(0)", "exception"),
        ("def f(x):\n    import math\n    return math.pi", "assert f(0) > 3", "passed"),
        (
            "def f(x): raise ValueError('no')",
            "try:\n    f(0)\nexcept ValueError as error:\n    assert str(error) == 'no'",
            "passed",
        ),
        ("def f(x): return 1", "assert f(0) ==", "broken tests"),
        ("def f(x): return x", "import random\nassert f(random.randrange(99)) == 49", "passed"),
        ("def f(x): return 1", "", "broken tests"),
        ("def f(x): return 1", "f(lambda: 1)", "broken tests"),
    ],
)
def test_tests_mean_what_they_say(code: str, tests: str, reason: str) -> None:
    verdict = judge(python(code, tests, "f"))
    assert (verdict.reason, verdict.passed) == (reason, reason == "passed"), verdict


@needs("python")
def test_a_detail_says_what_was_wanted_and_what_came() -> None:
    verdict = judge(python("def f(x): return [x]", "assert f(1) == [1]\nassert f(2) == [3]", "f"))
    assert verdict.detail == "assert f(2) == [3]; the last answer was [2]"
    verdict = judge(python("def f(x): raise KeyError('k')", "assert f(1)", "f"))
    assert verdict.detail == "KeyError: 'k'"
    verdict = judge(python("def f(x) return 1", "assert f(1)", "f"))
    assert verdict.detail == "SyntaxError: expected ':' (solution.py, line 1)"


@needs("python")
def test_helper_functions_of_the_prompt_are_the_datasets_own() -> None:
    given = 'def twice(x):\n    return 2 * x\n\ndef half(x):\n    """Undo twice."""'
    honest = python("def half(x):\n    return x // 2", "assert half(twice(4)) == 4", "half")
    assert judge(honest._replace(given=given)).passed
    forged = honest._replace(code="def twice(x): return x\ndef half(x): return x", given=given)
    assert judge(forged).reason == "wrong answer"


@needs("python")
def test_what_a_program_printed_is_kept_cut_and_readable() -> None:
    code = "import os\nos.write(1, b'\\xff')\nprint('é' * 10**5)\ndef f(): return 1"
    verdict = judge(python(code, "assert f() == 1", "f"))
    assert verdict.passed
    assert len(verdict.stdout.encode("utf-8", "replace")) <= 64 * 2**10 + 6
    assert verdict.stdout.startswith("\ufffdéé")


CLASSES = "class Pair:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n"


@needs("python")
@pytest.mark.parametrize(
    ("code", "tests", "setup"),
    [
        (CLASSES + "def f(ps): return ps[0].b", "assert f([Pair(1, 2), Pair(3, 4)]) == 2", ""),
        (CLASSES + "def f(p): return p.a", "assert (f(root)) == 5", "root = Pair(5, 6)\r\n"),
        ("def f(t): return str(t)", "assert f(int) == \"<class 'int'>\"", ""),
        ("def sum(a, b): return a * b", "assert sum(10, 15) == 150", ""),
        ("def f(x): return '7'", "assert int(f(0)) == 7", ""),
        ("def f(x): return 48", "assert f(0) == sys.getsizeof(()) + 8", ""),
        ("def f(x): return x + 1", "for n in range(3):\n    assert f(n) == n + 1", ""),
        ("def f(x, *, y): return x + y", "n = 2\nassert f(n, y=f(n, y=1)) == 5", ""),
        (CLASSES + "def f(): return Pair(1, 2)", "assert f().b == 2", ""),
        ("def f(x): return [x]", "from math import pi\nassert f(pi)[0] == pi", ""),
        ("def string(x): return x", "assert string(1) == 1", ""),
    ],
)
def test_expressions_of_tests_are_answered_where_their_names_live(
    code: str, tests: str, setup: str
) -> None:
    verdict = judge(python(code, tests)._replace(setup=setup))
    assert verdict.reason == "passed", verdict
