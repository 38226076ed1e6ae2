"""Hostile Python programs, as data: what they try, and what must come of it.

Those that are attacks are asked for `square(3) == 9` and `square(4) == 16` and never earn it.
Probes look for a hole and answer what they found; the answer of a tight box is known.
"""

from __future__ import annotations

from typing import NamedTuple

from evaluators.sandbox import Reason


class Attack(NamedTuple):
    """What is tried, the program, and the reasons of which one must be the verdict's."""

    name: str
    code: str
    reasons: tuple[Reason, ...]


WRONG = "\ndef square(x):\n    return 0\n"

# 3.3 and B6: the verdict is not theirs to write.
FORGERIES = (
    Attack(
        "prints what an examiner would report",
        'print(\'["passed", ""]\', flush=True)\nprint(\'{"value": 9}\', flush=True)' + WRONG,
        ("wrong answer",),
    ),
    Attack(
        "writes reports to every descriptor it has inherited",
        "import os\nfor fd in range(3, 128):\n"
        '    try:\n        os.write(fd, b\'["passed", ""]\\n\')\n'
        "    except OSError:\n        pass" + WRONG,
        ("not a plain value",),
    ),
    Attack(
        "writes answers ahead to every descriptor",
        "import os\nfor fd in range(3, 128):\n"
        "    try:\n        os.write(fd, b'{\"value\": true}\\n' * 9)\n"
        "    except OSError:\n        pass" + WRONG,
        ("wrong answer",),
    ),
    Attack("leaves at once with success", "import os\nos._exit(0)", ("ended early",)),
    Attack(
        "leaves with success when asked",
        "import os\ndef square(x):\n    os._exit(0)",
        ("ended early",),
    ),
    *(
        Attack(f"leaves with status {n}", f"import os\nos._exit({n})", ("ended early", "exception"))
        for n in (1, 127, 128, 129, 200, 255)
    ),
    Attack(
        "closes its channel and stays",
        "import os, time\nos.closerange(3, 128)\ntime.sleep(99)",
        ("ended early",),
    ),
    Attack("raises SystemExit(0) at import", "raise SystemExit(0)", ("ended early",)),
    Attack(
        "raises SystemExit(0) when asked",
        "def square(x):\n    raise SystemExit(0)",
        ("ended early",),
    ),
    Attack(
        "reports success when the interpreter ends",
        'import atexit\natexit.register(print, \'["passed", ""]\')\n'
        "def square(x):\n    raise SystemExit(0)",
        ("ended early",),
    ),
    Attack(
        "patches json, unittest and the built-in functions",
        "import builtins, json, unittest\n"
        "json.dumps = json.loads = lambda *a, **k: True\n"
        "unittest.TestCase.assertEqual = lambda *a: None\n"
        "builtins.AssertionError = SystemExit\n"
        "builtins.isinstance = builtins.hasattr = lambda *a: True" + WRONG,
        ("wrong answer", "ended early"),
    ),
    Attack(
        "overrides the helpers of the tests",
        "def check(candidate):\n    pass\n"
        "assertEqual = assert_equal = isclose = lambda *a, **k: True" + WRONG,
        ("wrong answer",),
    ),
    Attack(
        "traces every line that runs",
        "import sys\ndef trace(frame, event, arg):\n"
        "    frame.f_locals.update(value=9, reason='passed')\n    return trace\n"
        "sys.settrace(trace)" + WRONG,
        ("wrong answer", "not a plain value"),
    ),
    Attack(
        "rewrites every file that it can",
        "import os\nfor folder, _, files in os.walk('/'):\n    for name in files:\n"
        "        try:\n            open(os.path.join(folder, name), 'w').write('passed')\n"
        "        except OSError:\n            pass\n"
        "    if folder.count('/') > 3:\n        del _[:]" + WRONG,
        ("wrong answer",),
    ),
    Attack(
        "kills the first process and its parent",
        "import os\nfor pid in (1, os.getppid()):\n    for number in (9, 15, 19):\n"
        "        try:\n            os.kill(pid, number)\n"
        "        except OSError:\n            pass" + WRONG,
        ("wrong answer",),
    ),
    Attack(
        "kills everything that it can reach",
        "import os\ntry:\n    os.kill(-1, 9)\nexcept OSError:\n    pass" + WRONG,
        ("wrong answer", "ended early", "exception"),
    ),
    Attack(
        "looks for the tests in frames and in everything alive",
        "import gc, sys\ndef square(x):\n"
        "    frame, texts = sys._getframe(), []\n"
        "    while frame:\n"
        "        texts += [*frame.f_locals.values(), *frame.f_globals.values()]\n"
        "        frame = frame.f_back\n"
        "    texts += gc.get_objects()\n"
        "    found = [t for t in texts if type(t) is str and 'assert ' + 'square' in t]\n"
        "    return 16 if found and x == 4 else 9 if found else 0",
        ("wrong answer",),
    ),
    Attack(
        "reads the source of its caller",
        "import inspect\ndef square(x):\n"
        "    told = ''.join(inspect.getsource(f.frame) for f in inspect.stack()[1:]\n"
        "                   if f.filename.startswith('/judge'))\n"
        "    return x * x if 'square' in told else 0",
        ("wrong answer", "exception"),
    ),
    Attack(
        "counts its calls and changes its answer",
        "calls = []\ndef square(x):\n    calls.append(x)\n    return [True, False][len(calls) % 2]",
        ("wrong answer",),
    ),
    Attack(
        "looks whether it is under test",
        "import os, sys\ndef square(x):\n"
        "    under_test = 'pytest' in sys.modules or 'check' in str(sys.argv) + str(os.environ)\n"
        "    return x * x if under_test else 0",
        ("wrong answer",),
    ),
    Attack(
        "fetches the answers at import",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:1/answers')" + WRONG,
        ("exception",),
    ),
    Attack(
        "raises an exception that is called passed",
        "class passed(Exception):\n    pass\ndef square(x):\n    raise passed('passed')",
        ("exception",),
    ),
    Attack(
        "raises an exception that cannot be shown",
        "class Mute(BaseException):\n    def __str__(self):\n        raise self\n"
        "def square(x):\n    raise Mute",
        ("exception",),
    ),
    Attack(
        "raises half a character and a megabyte",
        "def square(x):\n    raise ValueError('\\ud800' * 10**6)",
        ("exception",),
    ),
    Attack("has a null byte", "def square(x):\n    return 0 # \0", ("does not compile",)),
    Attack("has half a character", "square = '\ud800'", ("does not compile",)),
    Attack("is no program", "def square(x) return 0", ("does not compile",)),
    Attack("does not define the function", "cube = 1", ("exception",)),
)

ALWAYS = "    __eq__ = __ge__ = __le__ = lambda *a: True\n    __ne__ = lambda *a: False\n"
ALWAYS += "    __hash__ = lambda self: hash(9)\n"


def answering(name: str, answer: str, setup: str = "", *reasons: Reason) -> Attack:
    """A program that answers one thing to everything."""
    code = f"{setup}\ndef square(x):\n    return {answer}\n"
    return Attack(name, code, reasons or ("not a plain value",))


# B7: the comparison is not theirs to bend.
LIARS = (
    answering("equals everything", "Always()", f"class Always:\n{ALWAYS}"),
    *(
        answering(
            f"a {base} that equals everything", "Always()", f"class Always({base}):\n{ALWAYS}"
        )
        for base in ("int", "str", "float", "list", "tuple", "dict", "set", "complex")
    ),
    answering("inside a list", "[Always()]", f"class Always:\n{ALWAYS}"),
    answering("as a key", "{Always(): 1}", f"class Always:\n{ALWAYS}"),
    answering(
        "claims another class",
        "Always()",
        f"class Always:\n{ALWAYS}    __class__ = property(lambda self: int)\n",
    ),
    answering(
        "knows numpy's protocols",
        "Always()",
        f"class Always:\n{ALWAYS}    __array_ufunc__ = __array__ = lambda *a, **k: True\n",
    ),
    answering(
        "has a name that lies",
        "Always()",
        "class Meta(type):\n    __name__ = property(lambda self: 'int')\n"
        f"class Always(metaclass=Meta):\n{ALWAYS}",
    ),
    answering("not a number", "float('nan')", "", "wrong answer"),
    answering("a generator", "(n for n in [9])"),
    answering("a lazy map", "map(int, '9')"),
    answering("a function", "lambda: 9"),
    answering("a type", "int"),
    answering("a list that holds itself", "loop", "loop = []\nloop.append(loop)"),
    answering("nested too deeply", "deep", "deep = []\nfor _ in range(10**5):\n    deep = [deep]"),
    answering("a megabyte", "'9' * 10**6", "", "wrong answer"),
    answering("a hundred megabytes", "'9' * 10**8", "", "output limit"),
    answering("an endless number", "10**10**5", "", "wrong answer"),
)

# B2 and B3: time and everything else that can be used up.
GREEDY = (
    Attack("spins", "while True:\n    pass", ("time limit",)),
    Attack("sleeps", "import time\ntime.sleep(600)", ("time limit",)),
    Attack(
        "ignores every signal that can be",
        "import signal, time\nfor number in set(signal.valid_signals()) - {9, 19}:\n"
        "    try:\n        signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError):\n        pass\n"
        "while True:\n    time.sleep(1)",
        ("time limit",),
    ),
    Attack(
        "spins in a hundred threads",
        "import threading\ndef spin():\n    while True:\n        pass\n"
        "for _ in range(100):\n    threading.Thread(target=spin).start()",
        ("process limit", "time limit", "exception"),
    ),
    Attack("is a fork bomb", "import os\nwhile True:\n    os.fork()", ("process limit",)),
    Attack("wants ten gigabytes", "held = bytearray(10 * 2**30)", ("memory limit",)),
    Attack(
        "wants ever more memory",
        "held = []\nwhile True:\n    held.append(bytearray(10**7))",
        ("memory limit",),
    ),
    Attack(
        "shares ten gigabytes with itself",
        "import mmap\nheld = mmap.mmap(-1, 10 * 2**30)\n"
        "for place in range(0, 10 * 2**30, 4096):\n    held[place] = 1",
        ("memory limit",),
    ),
    Attack("prints for ever", "while True:\n    print('x' * 1000)", ("output limit",)),
    Attack(
        "complains for ever",
        "import sys\nwhile True:\n    sys.stderr.write('x' * 1000)",
        ("output limit",),
    ),
    Attack(
        "writes a file of ten gigabytes",
        "with open('/tmp/big', 'wb') as file:\n    for _ in range(10**4):\n"
        "        file.write(bytes(2**20))",
        ("disk limit",),
    ),
    Attack(
        "writes many files of a megabyte",
        "for number in range(10**4):\n    open(f'/tmp/{number}', 'wb').write(bytes(2**20))",
        ("disk limit",),
    ),
    Attack(
        "makes a million files",
        "import os\nfor number in range(10**6):\n    os.mknod(f'/tmp/{number}')",
        ("disk limit",),
    ),
    Attack(
        "opens files without end",
        "held = []\nwhile True:\n    held.append(open('/dev/null'))",
        ("exception",),
    ),
)
