"""Requests to addresses that people named reach the public internet and nothing else."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from leaderboard import outbound
from leaderboard.outbound import Refused
from tests.leaderboard.receiver import Receiver, receiving

INNER = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "fe80::1",
    "fec0::1",
    "fd00:ec2::254",
    "ff02::1",
]


@pytest.fixture(autouse=True)
def strict(settings: Any) -> None:
    settings.DEBUG = False


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Receiver]:
    """A server of this machine that counts as public, reached without TLS."""
    settings.DEBUG = True
    with receiving() as server:
        monkeypatch.setattr(outbound, "PORTS", {server.server_port})
        monkeypatch.setattr(outbound, "is_public", lambda address: True)
        yield server


@pytest.mark.parametrize("address", INNER)
def test_an_address_of_the_inside_is_not_public(address: str) -> None:
    assert not outbound.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.1.63", "2606:4700::1111"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert outbound.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "localhost",
        "LOCALHOST",
        "a.localhost",
        "metadata.google.internal",
        "printer.local",
        "①②⑦.0.0.1",
    ],
)
def test_no_spelling_of_an_inner_host_is_registered(host: str) -> None:
    with pytest.raises(Refused):
        outbound.check_form(f"https://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "example.org",
        "https://",
        "https://example.org:22/",
        "https://example.org:99999/",
        "https://user:word@example.org/",
        "https://user@example.org/",
        "https://example.org/\r\nHost: inner",
        "https://example.org/ a",
        "https://[::1/",
        "https://" + "a" * 500,
        "https://a..b/",
    ],
)
def test_a_strange_address_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        outbound.check_form(url)


def test_an_ordinary_address_is_taken_apart() -> None:
    found = outbound.check_form("https://hooks.example.org:8443/run/ä?a=1&b=2")
    assert found == ("https", "hooks.example.org", 8443, "/run/%C3%A4?a=1&b=2")


def answering(*addresses: str) -> Any:
    """A resolver that knows one answer."""
    return lambda *_, **__: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses
    ]


def test_one_inner_address_among_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering("8.8.8.8", "127.0.0.1"))
    with pytest.raises(Refused, match="public internet"):
        outbound.resolve("example.org", 443)


def test_a_name_that_answers_otherwise_the_second_time_gains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    connected: list[Any] = []

    def rebinding(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        return answering("8.8.8.8" if len(asked) == 1 else "127.0.0.1")()

    def connect(address: Any, *_: Any) -> Any:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ConnectionRefusedError):
        outbound.post("https://rebinding.example.org/", b"{}", {})
    assert asked == ["rebinding.example.org"]
    assert connected == [("8.8.8.8", 443)]


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Refused, match="not known"):
        outbound.resolve("nowhere.example.org", 443)


def test_a_message_arrives_as_it_was_sent(receiver: Receiver) -> None:
    assert outbound.post(receiver.url, b'{"a": 1}', {"X-Own": "yes"}) == 200
    (taken,) = receiver.taken
    assert (taken.path, taken.body, taken.headers["X-Own"]) == ("/hook?a=1", b'{"a": 1}', "yes")
    assert taken.headers["Host"] == f"127.0.0.1:{receiver.server_port}"


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.status, receiver.location = 307, receiver.url.replace("hook", "inner")
    assert outbound.post(receiver.url, b"{}", {}) == 307
    assert [taken.path for taken in receiver.taken] == ["/hook?a=1"]


def test_a_proxy_of_the_environment_is_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    assert outbound.post(receiver.url, b"{}", {}) == 200


def test_an_answer_that_drips_is_cut_off(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "SECONDS", 0.4)
    receiver.drip = 0.05
    started = time.monotonic()
    with pytest.raises(OSError):
        outbound.post(receiver.url, b"{}", {})
    assert time.monotonic() - started < 3


def test_a_host_without_a_certificate_is_not_spoken_to(receiver: Receiver) -> None:
    with pytest.raises(OSError, match="SSL"):
        outbound.post(receiver.url.replace("http:", "https:"), b"{}", {})
    assert receiver.taken == []
