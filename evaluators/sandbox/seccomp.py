"""The system calls that a model-written program has no business with: a filter for the kernel.

What is refused reaches out of the box (ptrace, mounts, namespaces, keys, modules, other processes'
memory), holds memory that no limit counts (memfd, System V shared memory) or is a large part of
the kernel's attack surface (bpf, io_uring, sockets other than local and internet ones, which the
network namespace makes idle; vsock would reach the host of a virtual machine).
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Mapping
from typing import NamedTuple


class Machine(NamedTuple):
    """An architecture: its audit number and its system calls."""

    audit: int
    refused: Mapping[str, int]
    clone: int
    socket: int
    ioctl: int


COMMON = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "pidfd_getfd": 438, "mount_setattr": 442, "memfd_secret": 447,
}  # fmt: skip
CLONE3 = 435
X86_64 = Machine(
    0xC000003E,
    {
        "ptrace": 101, "syslog": 103, "modify_ldt": 154, "pivot_root": 155, "adjtimex": 159,
        "chroot": 161, "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166,
        "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170, "setdomainname": 171,
        "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179,
        "clock_settime": 227, "mq_open": 240, "kexec_load": 246, "add_key": 248,
        "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298,
        "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304,
        "clock_adjtime": 305, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
        "kcmp": 312, "finit_module": 313, "memfd_create": 319, "kexec_file_load": 320, "bpf": 321,
        "userfaultfd": 323, "shmget": 29, "semget": 64, "msgget": 68, **COMMON,
    },
    clone=56, socket=41, ioctl=16,
)  # fmt: skip
AARCH64 = Machine(
    0xC00000B7,
    {
        "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60, "acct": 89,
        "unshare": 97, "kexec_load": 104, "init_module": 105, "delete_module": 106,
        "clock_settime": 112, "syslog": 116, "ptrace": 117, "reboot": 142, "sethostname": 161,
        "setdomainname": 162, "settimeofday": 170, "adjtimex": 171, "mq_open": 180, "msgget": 186,
        "semget": 190, "shmget": 194, "add_key": 217, "request_key": 218, "keyctl": 219,
        "swapon": 224, "swapoff": 225, "perf_event_open": 241, "fanotify_init": 262,
        "name_to_handle_at": 264, "open_by_handle_at": 265, "clock_adjtime": 266, "setns": 268,
        "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "finit_module": 273,
        "memfd_create": 279, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294, **COMMON,
    },
    clone=220, socket=198, ioctl=29,
)  # fmt: skip
MACHINES = {"x86_64": X86_64, "aarch64": AARCH64}

NEW_NAMESPACES = 0x7E020080
"""CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}, as one mask."""
LOCAL, INTERNET, INTERNET6 = 1, 2, 10
TIOCSTI = 0x5412
X32 = 0x40000000

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST, SECOND = 0, 4, 16, 24
"""Offsets in the kernel's seccomp_data; of an argument, its low half on little-endian machines."""
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000


def program(machine: str | None = None) -> bytes | None:
    """The filter in the kernel's form; None for an architecture whose numbers we do not know."""
    known = MACHINES.get(machine or platform.machine())
    if known is None:
        return None
    refuse = _op(RETURN, REFUSE | errno.EPERM)
    steps = [
        _op(LOAD, ARCHITECTURE),
        _op(EQUAL, known.audit, 1, 0),
        _op(RETURN, KILL),
        _op(LOAD, NUMBER),
        *(_op(AT_LEAST, X32, 0, 1), refuse),
        # glibc falls back on clone, whose flags a filter can see.
        *(_op(EQUAL, CLONE3, 0, 1), _op(RETURN, REFUSE | errno.ENOSYS)),
    ]
    for number in known.refused.values():
        steps += [_op(EQUAL, number, 0, 1), refuse]
    steps += _where(known.clone, FIRST, [_op(ANY_BIT, NEW_NAMESPACES, 0, 1), refuse])
    steps += _where(known.ioctl, SECOND, [_op(EQUAL, TIOCSTI, 0, 1), refuse])
    families = [_op(EQUAL, family, 3 - i, 0) for i, family in enumerate(FAMILIES)]
    steps += _where(known.socket, FIRST, [*families, refuse])
    return b"".join([*steps, _op(RETURN, ALLOW)])


FAMILIES = (LOCAL, INTERNET, INTERNET6)


def _where(number: int, argument: int, steps: list[bytes]) -> list[bytes]:
    """The steps for one system call, with its argument loaded; else past them."""
    allow = _op(RETURN, ALLOW)
    return [_op(EQUAL, number, 0, len(steps) + 2), _op(LOAD, argument), *steps, allow]


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
