"""Python programs that look for a hole in their box; `probe()` answers what they found."""

from __future__ import annotations

from typing import NamedTuple


class Probe(NamedTuple):
    """What is looked for, the program, and the answer of a tight box as a Python expression."""

    name: str
    code: str
    tight: str


def refused(name: str, attempt: str) -> Probe:
    """Something that must fail with an OSError."""
    code = (
        "import os, socket\ndef probe():\n    try:\n"
        f"        {attempt}\n"
        "    except OSError:\n        return 'refused'\n    return 'possible'"
    )
    return Probe(name, code, "'refused'")


def system_call(name: str, number: int, *arguments: int) -> Probe:
    """One that the filter refuses; Linux on x86-64."""
    code = (
        "import ctypes\ndef probe():\n    libc = ctypes.CDLL(None, use_errno=True)\n"
        f"    return libc.syscall{(number, *arguments)}, ctypes.get_errno()"
    )
    return Probe(name, code, "(-1, 1)")


# B1. The tests fill in a port that the machine listens on.
NETWORK = (
    refused("the machine's own services", "socket.create_connection(('127.0.0.1', {port}), 2)"),
    refused("the cloud's metadata", "socket.create_connection(('169.254.169.254', 80), 2)"),
    refused("names", "socket.getaddrinfo('example.org', 80)"),
    refused("abstract sockets", "socket.socket(socket.AF_UNIX).connect(chr(0) + 'sandbox-{port}')"),
    refused("the virtual machine's host", "socket.socket(40, socket.SOCK_STREAM)"),
    refused("raw packets", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"),
    refused("the kernel's tables", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)"),
)

# B4. The tests fill in paths that exist outside.
FILES = (
    refused("the environment of the first process", "open('/proc/1/environ')"),
    refused("its own memory", "open('/proc/self/mem')"),
    refused("the machine's parameters", "open('/proc/sys/kernel/core_pattern', 'w')"),
    refused("passwords", "open('/etc/shadow')"),
    refused("users", "open('/etc/passwd')"),
    refused("the repository", "os.listdir({repository!r})"),
    refused("the site's settings", "open({settings!r})"),
    refused("the database and the uploads", "os.listdir({state!r})"),
    refused("writing to the root", "open('/mine', 'w')"),
    refused("writing to programs", "open('/usr/bin/mine', 'w')"),
    refused("writing to the examiner's folder", "open('/judge/mine', 'w')"),
    refused("writing to the examiner's code", "open('/judge/inside/plain.py', 'a')"),
    refused("writing to devices", "open('/dev/mine', 'w')"),
    refused("shared memory", "open('/dev/shm/mine', 'w')"),
    refused("disks", "os.mknod('/tmp/disk', 0o60600, os.makedev(254, 0)); open('/tmp/disk')"),
    Probe(
        "a private and empty /tmp",
        "import os\ndef probe():\n    return os.listdir('/tmp')",
        "[]",
    ),
    Probe(
        "no environment of the machine's",
        "import os\ndef probe():\n    return sorted(os.environ)",
        "['HOME', 'LANG', 'PATH', 'PWD', 'PYTHONHASHSEED']",
    ),
    Probe(
        "nothing of the test on its command line",
        "import sys\ndef probe():\n    return sys.argv",
        "['solution.py']",
    ),
    Probe(
        "no libraries beside the standard one",
        "def probe():\n    try:\n        import numpy\n"
        "    except ImportError:\n        return 'none'",
        "'none'",
    ),
    Probe(
        "only the channel is inherited, and a program that is started gets nothing",
        "import os, subprocess, sys\n"
        "COUNT = '''import os\nn = 0\nfor fd in range(3, 128):\n    try:\n        os.fstat(fd)\n"
        "        n += 1\n    except OSError:\n        pass\nprint(n)'''\n"
        "def probe():\n"
        "    own = 0\n"
        "    for fd in range(3, 128):\n"
        "        try:\n            os.fstat(fd)\n            own += 1\n"
        "        except OSError:\n            pass\n"
        "    child = subprocess.run([sys.executable, '-S', '-c', COUNT], close_fds=False,\n"
        "                           capture_output=True, text=True)\n"
        "    return own, child.stdout",
        "(2, '0\\n')",
    ),
)

# B5.
PRIVILEGES = (
    refused("becoming root", "os.setuid(0)"),
    refused("another root", "os.chroot('/tmp')"),
    refused("other processes' priority", "os.setpriority(os.PRIO_PROCESS, 0, -10)"),
    Probe(
        "not root, in a process namespace of its own",
        "import os\ndef probe():\n"
        "    return min(os.getuid(), os.getgid()) > 65000, os.getpid() < 9",
        "(True, True)",
    ),
    Probe(
        "no groups of the machine's",
        "import os\ndef probe():\n    return set(os.getgroups()) <= {65534}",
        "True",
    ),
    Probe(
        "no new privileges, a filter of system calls",
        "import ctypes\ndef probe():\n    libc = ctypes.CDLL(None)\n"
        "    return libc.prctl(39, 0, 0, 0, 0), libc.prctl(21)",
        "(1, 2)",
    ),
    Probe(
        "no capability",
        "import ctypes\ndef probe():\n    libc = ctypes.CDLL(None)\n"
        "    head, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()\n"
        "    libc.capget(head, sets)\n    return list(sets)",
        "[0] * 6",
    ),
    Probe(
        "no raising of limits",
        "import resource\ndef probe():\n    try:\n"
        "        resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6))\n"
        "    except (ValueError, OSError):\n        return 'refused'",
        "'refused'",
    ),
)
SYSTEM_CALLS = (
    system_call("ptrace", 101, 0, 0, 0, 0),
    system_call("mount", 165, 0, 0, 0, 0, 0),
    system_call("unshare, for a user namespace", 272, 0x10000000),
    system_call("clone, for a user namespace", 56, 0x10000000 | 17, 0, 0, 0, 0),
    system_call("keyctl", 250, 0, 0),
    system_call("add_key", 248, 0, 0, 0, 0, 0),
    system_call("bpf", 321, 0, 0, 0),
    system_call("perf_event_open", 298, 0, 0, 0, 0, 0),
    system_call("userfaultfd", 323, 0),
    system_call("io_uring_setup", 425, 8, 0),
    system_call("memfd_create", 319, 0, 0),
    system_call("shmget", 29, 0, 4096, 0o1666),
    system_call("process_vm_writev", 311, 1, 0, 0, 0, 0, 0),
    system_call("setns", 308, 0, 0),
    system_call("init_module", 175, 0, 0, 0),
    system_call("another ABI's calls (x32)", 0x40000000 + 39),
)
