"""Tests without a named entry point (MBPP): which of their expressions the program answers.

    assert max_height(root) == 3         becomes    assert program.evaluate("max_height(root)") == 3
    assert f(x) == sys.getsizeof((1,))   asks f; getsizeof is the standard library's, not theirs

What the program answers is decided by the tests alone: names that are neither built in, nor bound
in the tests, nor modules of the standard library. Else a program could define `set` and answer
both sides of a comparison.
"""

from __future__ import annotations

import ast
import builtins
import sys

BUILT_IN = frozenset(dir(builtins))


def asked(tests: str) -> ast.Module:
    """The tests with the program's expressions replaced by questions to `program`."""
    tree = ast.parse(tests)
    bound, used = _bound(tree), _used(tree)
    modules = _modules(tree) - bound
    theirs = (used - bound - BUILT_IN - modules) or _shadowed(tree)
    imports: list[ast.stmt] = [
        ast.Import([ast.alias(name)], lineno=1, col_offset=0) for name in sorted(modules)
    ]
    Questions(theirs, bound).visit(tree)
    tree.body[:0] = imports
    return ast.fix_missing_locations(tree)


def _used(tree: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _bound(tree: ast.AST) -> set[str]:
    """Names that the tests bind somewhere."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.partition(".")[0])
    return names


def _modules(tree: ast.AST) -> set[str]:
    """Standard modules whose attributes the tests use without importing them."""
    called = {_name(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    bases = {_name(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return (bases - called) & sys.stdlib_module_names


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _shadowed(tree: ast.Module) -> set[str]:
    """Where only built-in names are called, the program redefines the outermost on the left."""
    tests = [n.test for n in tree.body if isinstance(n, ast.Assert)]
    lefts = [test.left if isinstance(test, ast.Compare) else test for test in tests]
    return {root for left in lefts if isinstance(left, ast.Call) and (root := _root(left))}


def _root(node: ast.AST) -> str:
    """The name that an expression starts with: f for f(x).y[0]; "" where it starts otherwise."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


class Questions(ast.NodeTransformer):
    """Replaces each largest expression that starts with one of the program's names."""

    def __init__(self, theirs: set[str], bound: set[str]) -> None:
        self.theirs, self.bound = theirs, bound

    def visit(self, node: ast.AST) -> ast.AST:
        if not isinstance(node, ast.expr) or _root(node) not in self.theirs:
            return self.generic_visit(node)
        if not _used(node) & self.bound:
            return _question("evaluate", ast.Constant(ast.unparse(node)))
        if isinstance(node, ast.Call) and _name(node.func):
            return self._call(node)
        return self.generic_visit(node)

    def _call(self, node: ast.Call) -> ast.expr:
        """With arguments that the tests computed."""
        args = ast.Tuple([self._visited(arg) for arg in node.args], ast.Load())
        keys: list[ast.expr | None] = [
            ast.Constant(k.arg) if k.arg else None for k in node.keywords
        ]
        kwargs = ast.Dict(list(keys), [self._visited(k.value) for k in node.keywords])
        return _question("call", ast.Constant(_root(node)), args, kwargs)

    def _visited(self, node: ast.expr) -> ast.expr:
        visited = self.visit(node)
        assert isinstance(visited, ast.expr)
        return visited


def _question(kind: str, *args: ast.expr) -> ast.expr:
    program = ast.Name("program", ast.Load())
    return ast.Call(ast.Attribute(program, kind, ast.Load()), list(args), [])
