"""C++: MultiPL-E's assertions, taken apart; answers compared by C++'s own rules."""

from __future__ import annotations

import pytest

from evaluators.sandbox import Program, Reason, cpp, judge
from evaluators.sandbox.equality import equal
from tests.evaluators.sandbox.helpers import QUICK, needs
from tests.evaluators.sandbox.hostile import Attack

pytestmark = pytest.mark.xdist_group("compiler")

INCLUDES = "#include<assert.h>\n#include<bits/stdc++.h>\n"
LIMITS = QUICK._replace(cpu_seconds=5)


def tests_of(*assertions: str) -> str:
    lines = "\n".join(f"    assert({assertion});" for assertion in assertions)
    return f"}}\nint main() {{\n    auto candidate = f;\n{lines}\n}}\n"


SQUARES = tests_of("candidate((3)) == (9)", "candidate((4)) == (16)")
SIGNATURE = "long f(long x) {\n"


def squares(body: str, before: str = "", signature: str = SIGNATURE) -> Program:
    """A program that is asked for two squares; the tests close its last function."""
    return Program("cpp", f"{INCLUDES}{before}\n{signature}    {body}", SQUARES)


def test_assertions_are_taken_apart_at_their_own_brackets() -> None:
    tests = tests_of(
        'candidate((")"), (\')\')) == std::string(" == )")', "candidate((f(1))) == (2)"
    )
    around, cases = cpp.parts(tests)
    assert cases == [("(\")\"), (')')", 'std::string(" == )")'), ("(f(1))", "(2)")]
    assert "".join(around).split() == [
        "}",
        "int",
        "main()",
        "{",
        "auto",
        "candidate",
        "=",
        "f;",
        "}",
    ]


@pytest.mark.parametrize(
    "tests",
    [
        "int main() {}",
        tests_of("candidate(1) == 2").replace("==", "!="),
        tests_of("candidate(1) == 2", "g(1) == 2"),
        tests_of("candidate(1) == 2").replace("int main", "int other"),
        "int main() { assert(candidate((1) == 2);",
    ],
)
def test_tests_of_another_form_are_refused(tests: str) -> None:
    with pytest.raises(cpp.Irregular):
        cpp.parts(tests)


def test_the_candidates_program_has_no_wanted_value_in_it() -> None:
    source = cpp.candidate_source(Program("cpp", "long f(long x) {", SQUARES.replace("16", "1616")))
    assert "1616" not in source and "candidate((4))" in source
    assert "long f" not in cpp.wanted_source(SQUARES)


@pytest.mark.parametrize(
    ("answer", "wanted", "verdict"),
    [
        (["integer", 3], ["double", "0x1.8p+1"], True),
        (["integer", 1], ["integer", 1], True),
        (["float", "0x1.99999ap-4"], ["double", "0x1.999999999999ap-4"], False),
        (["float", "0x1.99999ap-4"], ["float", "0x1.99999ap-4"], True),
        (["integer", 16777217], ["float", "0x1p+24"], True),
        (["integer", 16777217], ["double", "0x1p+24"], False),
        (["double", "nan"], ["double", "nan"], False),
        (["float", "0x1p+999"], ["float", "inf"], True),
        (["text", "3"], ["integer", 3], False),
        (["optional", None], ["optional", None], True),
        (["optional", ["integer", 2]], ["integer", 2], True),
        (["optional", None], ["integer", 0], False),
        (["tuple", [["integer", 1]]], ["tuple", [["double", "0x1p+0"]]], True),
        (["tuple", []], ["tuple", [["integer", 1]]], False),
        (["ordered", "St6vectorIlE", []], ["ordered", "St6vectorIiE", []], False),
        (["unordered", "s", [["integer", 1], ["integer", 2]]],
         ["unordered", "s", [["integer", 2], ["integer", 1]]], True),
        (["ordered", "s", [["integer", 1], ["integer", 2]]],
         ["ordered", "s", [["integer", 2], ["integer", 1]]], False),
    ],
)  # fmt: skip
def test_equality_is_cpps(answer: list[object], wanted: list[object], verdict: bool) -> None:
    assert equal(answer, wanted) is verdict


@pytest.mark.parametrize(
    "forged",
    [None, 9, [], [9], "integer", {}, ["integer"], ["integer", "x"], ["double", 1], ["tuple", 9],
     ["double", "0x1p+999999"], ["optional", [[]]], ["ordered", "s"], ["raised"], ["odd"]],
)  # fmt: skip
@pytest.mark.parametrize(
    "wanted", [["integer", 1], ["double", "0x1p+0"], ["tuple", [["integer", 1]]]]
)
def test_a_forged_line_is_a_wrong_answer_whatever_it_is(forged: object, wanted: object) -> None:
    found = cpp.differing(1, forged, wanted)
    assert found is not None and found[0] in ("not a plain value", "wrong answer")


@needs("cpp")
@pytest.mark.parametrize(
    ("signature", "body", "wanted"),
    [
        ("long f(long x) {", "std::cout << x; return x * x;", "(9)"),
        ("bool f(long x) {", "return x > 2;", "(true)"),
        ("float f(long x) {", "return 0.1;", "(0.1f)"),
        ("std::string f(long x) {", r'return "a\"\n\xc3\xa9";', r'("a\"\n\xc3\xa9")'),
        ("std::vector<long> f(long x) {", "return {x, 1};",
         "(std::vector<long>({(long)3, (long)1}))"),
        ("std::vector<bool> f(long x) {", "return {true, false};",
         "(std::vector<bool>({true, false}))"),
        ("std::optional<long> f(long x) {", "return x;", "3"),
        ("std::optional<long> f(long x) {", "return {};", "std::nullopt"),
        ("std::optional<std::string> f(long x) {", 'return "x";', '"x"'),
        ("std::tuple<std::optional<long>, std::optional<long>> f(long x) {",
         "return {-2, 1};", "std::make_tuple(-2, 1)"),
        ("std::tuple<std::string, bool> f(long x) {", 'return {"a", 1};',
         '(std::make_tuple("a", true))'),
        ("std::map<std::string,long> f(long x) {", 'return {{"a", x}};',
         '(std::map<std::string,long>({{"a", 3}}))'),
        ("std::vector<std::tuple<long, long>> f(long x) {", "return {{x, 1}};",
         "(std::vector<std::tuple<long, long>>({(std::tuple<long, long>)std::make_tuple(3, 1)}))"),
        ("union U { std::string f0; long f1; U(std::string s) : f0(s) {} U(long n) : f1(n) {}\n"
         "  ~U() {} };\nU f(long x) {", "return U(x);", "3"),
        ("union U { std::string f0; long f1; U(std::string s) : f0(s) {} U(long n) : f1(n) {}\n"
         "  ~U() {} };\nU f(long x) {", 'return U(std::string("b"));', '"b"'),
    ],
)  # fmt: skip
def test_equal_values_pass(signature: str, body: str, wanted: str) -> None:
    code = f"{INCLUDES}{signature}\n    {body}\n"
    verdict = judge(Program("cpp", code, tests_of(f"candidate((3)) == {wanted}")))
    assert verdict.reason == "passed", verdict
    assert verdict.stdout == ("3" if "cout" in body else "")


def attack(
    name: str, body: str, *reasons: Reason, before: str = "", signature: str = SIGNATURE
) -> Attack:
    return Attack(name, squares(body, before, signature).code, reasons)


ALWAYS = """struct E {
    template <class T> bool operator==(const T &) const { return true; }
    template <class T> operator T() const { return T(); }
};"""
BENT = "struct E {}; bool operator==(E, long) { return true; }"
AT_ONCE = "struct S {{ S() {{ {} }} }} s;"
ANOTHER_MAIN = '#define main other\nint real() asm("main"); int real() { return 0; }'
BOMB = """template <int N, long K> struct B {
    enum { v = B<N - 1, 2 * K>::v + B<N - 1, 2 * K + 1>::v };
};
template <long K> struct B<0, K> { enum { v = 1 }; };"""

ATTACKS = (
    attack("answers wrong", "return x * x + (x > 3);", "wrong answer"),
    attack(
        "equals everything",
        "return {};",
        "not a plain value",
        before=ALWAYS,
        signature="E f(long x) {",
    ),
    attack(
        "bends equality", "return {};", "not a plain value", before=BENT, signature="E f(long x) {"
    ),
    attack("defines assert away", "return 0;", "wrong answer", before="#define assert(x)"),
    attack("defines it away later", "return 0; }\n#define assert(x)\nvoid g() {", "wrong answer"),
    attack("leaves before main", "return 0;", "ended early", before=AT_ONCE.format("exit(0);")),
    attack("leaves when asked", "_exit(0);", "ended early"),
    attack("has a main", "return 0;", "does not compile", before="int main() { return 0; }"),
    attack("renames main", "return 0;", "does not compile", "ended early", before=ANOTHER_MAIN),
    attack("comments the tests out", "return 0; } /*", "does not compile"),
    attack(
        "prints answers",
        "return 0;",
        "wrong answer",
        before=AT_ONCE.format(r'puts("[\"integer\",9]"); fflush(stdout);'),
    ),
    attack(
        "writes to every descriptor",
        r'for (int i = 3; i < 64; i++) write(i, "passed\n", 7); return 0;',
        "not a plain value",
    ),
    attack("includes passwords", "return 0;", "does not compile", before='#include "/etc/shadow"'),
    attack(
        "includes its source", "return 0;", "does not compile", before='#include "/proc/self/fd/0"'
    ),
    attack(
        "includes without end",
        "return 0;",
        *("does not compile", "memory limit", "time limit", "exception"),
        before='#include "/dev/zero"',
    ),
    attack(
        "is a template bomb",
        "return B<40, 0>::v;",
        *("does not compile", "memory limit", "time limit"),
        before=BOMB,
    ),
    attack("spins", "for (;;);", "time limit"),
    attack("crashes", "return *(volatile long *)8;", "exception"),
    attack("throws", 'throw std::runtime_error("no");', "exception"),
    attack("throws anything", "throw 9;", "exception"),
    attack("wants ten gigabytes", "return std::string(10L << 30, 'x').size();", "memory limit"),
    attack("forks for ever", "for (;;) fork();", "process limit"),
    attack("prints for ever", 'for (;;) puts("xxxxxxxxxxxxxxx");', "output limit"),
    attack("recurses for ever", "volatile long y = f(x + 1); return y;", "exception"),
)


@needs("cpp")
@pytest.mark.parametrize("case", ATTACKS, ids=lambda case: case.name)
def test_attacks_earn_nothing(case: Attack) -> None:
    verdict = judge(Program("cpp", case.code, SQUARES), LIMITS)
    assert not verdict.passed
    assert verdict.reason in case.reasons, verdict


@needs("cpp")
def test_a_detail_says_what_was_wanted_and_what_came() -> None:
    verdict = judge(squares("return 9;"))
    assert verdict.detail == "answer 2 was 9, 16 was wanted"
    assert "expected primary-expression" in judge(squares("return *;")).detail
    assert judge(squares('throw std::runtime_error("no");')).detail == "no"


@needs("cpp")
def test_irregular_tests_and_wanted_values_that_do_not_compile_are_named() -> None:
    assert judge(squares("return 0;")._replace(tests="int main() {}")).reason == "broken tests"
    broken = squares("return 0;")._replace(tests=tests_of("candidate((1)) == (nothing)"))
    assert judge(broken).reason == "broken tests"
