"""JavaScript: MultiPL-E's tests ask through assert.deepEqual, as loosely as node compares."""

from __future__ import annotations

import pytest

from evaluators.sandbox import Program, judge
from tests.evaluators.sandbox.helpers import QUICK, needs
from tests.evaluators.sandbox.hostile import Attack

pytestmark = needs("javascript")

TESTS = """const assert = require('node:assert');


function test() {
  let candidate = f;
  assert.deepEqual(candidate(3),WANTED);
}

test();"""
NINE = TESTS.replace("WANTED", "9")


def program(code: str, wanted: str = "9") -> Program:
    return Program("javascript", code, TESTS.replace("WANTED", wanted))


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("x * x", "9"),
        ("'9'", "9"),
        ("undefined", "undefined"),
        ("null", "undefined"),
        ("[undefined, 1]", "[undefined, 1]"),
        ("[NaN, -0, Infinity]", "[NaN, 0, Infinity]"),
        ("[[1, [2]], {a: {b: [x]}}]", "[[1, [2]], {'a': {'b': [3]}}]"),
        ("'\\ud800é\\n'", "'\\ud800é\\n'"),
        ("2n ** 70n", "2n ** 70n"),
        ("new Map([[1, 'a']])", "new Map([[1, 'a']])"),
        ("new Set([1, 2])", "new Set([2, 1])"),
        ("new (class P { constructor() { this.a = 1; } })()", "{a: 1}"),
        ("[1,,2]", "[1, undefined, 2]"),
        ("'x'.repeat(1e6)", "'x'.repeat(1e6)"),
        ("true", "1"),
    ],
)  # fmt: skip
def test_equal_values_pass(answer: str, wanted: str) -> None:
    verdict = judge(program(f"function f(x) {{ return {answer}; }}", wanted))
    assert verdict.reason == "passed", verdict


def test_functions_are_found_however_they_are_defined() -> None:
    for definition in ("const f = (x) => x * x", "var f = function (x) { return x * x }"):
        assert judge(program(definition)).passed
    verdict = judge(program("const { sqrt } = require('node:math')"))
    assert verdict.reason == "exception"


def test_a_detail_says_what_was_wanted_and_what_came() -> None:
    verdict = judge(program("function f(x) { console.log('hm'); return [x]; }", "[9]"))
    assert verdict.detail == "the answer was [ 3 ], [ 9 ] was wanted"
    assert (verdict.reason, verdict.stdout) == ("wrong answer", "hm\n")
    verdict = judge(program("function f(x) { return y; }"))
    assert (verdict.reason, verdict.detail) == ("exception", "ReferenceError: y is not defined")


def answering(name: str, answer: str, *reasons: str) -> Attack:
    return Attack(name, f"function f(x) {{ return {answer}; }}", reasons)  # type: ignore[arg-type]


ATTACKS = (
    answering("a value of 9 to whoever asks", "{ valueOf() { return 9; } }", "not a plain value"),
    answering("data that become 9", "{ valueOf: 9, length: 1 }", "wrong answer"),
    answering("a text of 9", "{ toString: 9 }", "wrong answer"),
    answering("a boxed number", "new Number(9)", "not a plain value"),
    answering(
        "a proxy", "new Proxy([], { get: () => 9, has: () => true, ownKeys: () => [] })",
        "wrong answer", "exception", "not a plain value",
    ),
    answering("a getter that changes its mind", "{ get a() { return 9; } }", "wrong answer"),
    answering("a promise", "Promise.resolve(9)", "not a plain value"),
    answering("a generator", "(function* () { yield 9; })()", "not a plain value"),
    answering("a function", "() => 9", "not a plain value"),
    answering("a symbol", "Symbol('9')", "not a plain value"),
    answering("an object that holds itself", "(x = {}, x.x = x, x)", "not a plain value"),
    answering(
        "a tag that lies",
        "{ [Symbol.toStringTag]: 'Set', [Symbol.iterator]: [][Symbol.iterator] }",
        "wrong answer",
    ),
    Attack("leaves with success", "process.exit(0)", ("ended early",)),
    answering("leaves with success when asked", "process.exit(0)", "ended early"),
    answering("kills itself", "process.kill(process.pid, 'SIGKILL')", "exception", "ended early"),
    Attack(
        "patches assert and JSON",
        "const a = require('node:assert'); a.deepEqual = a.strictEqual = () => {};\n"
        "JSON.stringify = JSON.parse = () => '[\"passed\", \"\"]';\n"
        "Array.isArray = Object.is = () => true; Object.keys = () => [];\n"
        "function f(x) { return 0; }",
        ("wrong answer",),
    ),
    Attack(
        "writes reports to every descriptor",
        "const fs = require('node:fs');\nfor (let fd = 3; fd < 64; fd++) {\n"
        "  try { fs.writeSync(fd, '[\"passed\", \"\"]\\n'); } catch {}\n}\n"
        "function f(x) { return 0; }",
        ("not a plain value",),
    ),
    Attack(
        "defines the tests itself",
        "function test() {} var candidate = 9; var assert = 1;\nfunction f(x) { return 0; }",
        ("wrong answer",),
    ),
    Attack("is no program", "function f(x) { return 0;", ("does not compile",)),
    Attack("spins", "for (;;) {}", ("time limit",)),
    answering("waits", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0)", "time limit"),
    Attack(
        "fills the heap",
        "const a = []; for (;;) a.push(new Array(1e5).fill(1));",
        ("memory limit",),
    ),
    Attack(
        "fills memory beside the heap",
        "const a = []; for (;;) a.push(Buffer.alloc(1e7, 1));",
        ("memory limit", "exception"),
    ),
    Attack(
        "prints for ever",
        "const fs = require('node:fs'); for (;;) fs.writeSync(1, 'x'.repeat(1e4));",
        ("output limit",),
    ),
    answering("a hundred megabytes", "'9'.repeat(1e8)", "output limit"),
    Attack(
        "starts itself for ever",
        "const c = require('node:child_process');\n"
        "for (;;) c.spawn(process.execPath, ['-e', 'for (;;) {}']);",
        ("process limit", "memory limit", "time limit", "exception"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attacks_earn_nothing(attack: Attack) -> None:
    verdict = judge(program(attack.code), QUICK._replace(wall_seconds=5, cpu_seconds=2))
    assert not verdict.passed
    assert verdict.reason in attack.reasons, verdict


def test_there_is_no_network() -> None:
    code = (
        "const { spawnSync } = require('node:child_process');\n"
        "const dial = `require('net').connect(80, '127.0.0.1')"
        ".on('error', (e) => console.log(e.code)).on('connect', () => console.log('open'))`;\n"
        "function f() { return String(spawnSync(process.execPath, ['-e', dial]).stdout); }"
    )
    assert judge(program(code, "'ECONNREFUSED\\n'")).reason == "passed"


@pytest.mark.parametrize("tests", [NINE + '"', "assert.deepEqual(1, 1)", "let candidate = f;"])
def test_tests_that_cannot_be_read_are_named(tests: str) -> None:
    verdict = judge(Program("javascript", "function f(x) { return 9; }", tests))
    assert verdict.reason == "broken tests"
