"""A table of published results, one number a line, as declarations of reported submissions."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from evaluators.suites import SUITES
from federated.domains import DOMAINS
from federated.methods import METHODS
from federated.naming import unknown
from federated.reading import Problem
from leaderboard.uploads import Declared, read_declared

NEEDED = ("source", "domain", "model", "metric", "value")
OPTIONAL = ("params", "method/strategy", "fine_tuning", "comm_gb", "vram_gb", "notes")
ENTRY = ("source", "domain", "model", "params", "method/strategy", "fine_tuning")
"""Following lines that agree in these are one entry, until a metric comes a second time."""

DOMAIN_NAMES = {"general-nlp": "general"}
METRICS = {
    "average": "average",
    "stem": "stem",
    "social sciences": "social_sciences",
    "humanities": "humanities",
    "fpb": "fpb",
    "fiqa": "fiqa",
    "tfns": "tfns",
    "pubmedqa": "pubmedqa",
    "medmcqa": "medmcqa",
    "medqa": "medqa",
    "careqa": "careqa",
    "mbpp": "mbpp",
    "humaneval": "humaneval",
    "multipl-e (js)": "multiple-js",
    "multipl-e (c++)": "multiple-cpp",
}

Row = Mapping[str, str]
Numbered = tuple[int, Row]


class Entry(NamedTuple):
    """One entry and the lines it came from."""

    lines: tuple[int, ...]
    declared: Declared


class Table(NamedTuple):
    """What a file holds. Any problem refuses all of it; what is left out is only told."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    left_out: tuple[Problem, ...]


def read(text: str) -> Table:
    """The entries of a CSV text, and every reason why not."""
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        if problems := _columns(reader.fieldnames or ()):
            return Table((), problems, ())
        rows = [(reader.line_num, {k: v or "" for k, v in row.items() if k}) for row in reader]
    except csv.Error as error:
        return Table((), (Problem("file", reader.line_num, f"not valid CSV: {error}"),), ())
    return _table(rows)


def _columns(found: Iterable[str]) -> tuple[Problem, ...]:
    missing = [name for name in NEEDED if name not in found]
    strange = [name for name in found if name not in (*NEEDED, *OPTIONAL)]
    return (
        *(Problem(name, 1, "this column is missing") for name in missing),
        *(Problem(n, 1, unknown("column", n, (*NEEDED, *OPTIONAL))) for n in strange),
    )


def _table(rows: Iterable[Numbered]) -> Table:
    entries: list[Entry] = []
    problems: list[Problem] = []
    left_out: list[Problem] = []
    for group in _groups(rows):
        wrong, strange, scores = _scores(group)
        declared, refused = _declared(group, scores)
        problems += [*wrong, *refused]
        left_out += strange
        if refused or wrong:
            continue
        if not any(key != "average" for key in scores):
            reason = "no score of a task of ours, which an entry needs"
            left_out.append(Problem(group[0][1]["model"], group[0][0], reason))
        elif declared:
            entries.append(Entry(tuple(number for number, _ in group), declared))
    return Table(tuple(entries), tuple(problems), tuple(left_out))


def _groups(rows: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    group: list[Numbered] = []
    for number, row in rows:
        if group and not _belongs(row, [other for _, other in group]):
            yield group
            group = []
        group.append((number, row))
    if group:
        yield group


def _belongs(row: Row, group: list[Row]) -> bool:
    same = all(row.get(name) == group[0].get(name) for name in ENTRY)
    return same and row["metric"] not in [other["metric"] for other in group]


def _scores(group: list[Numbered]) -> tuple[list[Problem], list[Problem], dict[str, float]]:
    """(wrong, left out, percent by task); nothing for a domain that is not known."""
    wrong, strange, scores = [], [], {}
    domain = _domain(group[0][1])
    if domain not in SUITES:
        return [], [], {}
    known = {task.key for task in SUITES[domain].tasks} | {"average"}
    for number, row in group:
        name = row["metric"].strip().lower()
        key = METRICS.get(name, name)
        if key not in known:
            strange.append(Problem("metric", number, f"{row['metric']!r} is no task of {domain}"))
        elif not row["value"].strip():
            strange.append(Problem("value", number, "empty"))
        elif (value := _percent(row["value"])) is None:
            wrong.append(_no_percent(number, row["value"]))
        else:
            scores[key] = value
    return wrong, strange, scores


def _no_percent(number: int, found: str) -> Problem:
    return Problem("value", number, f"found {found!r}, a percentage from 0 to 100 was wanted")


def _percent(text: str) -> float | None:
    if not re.fullmatch(r"\s*\d{1,3}(\.\d{1,12})?\s*", text):
        return None
    return value if (value := float(text)) <= 100 else None


def _domain(row: Row) -> str:
    named = row["domain"].strip()
    return DOMAIN_NAMES.get(named, named)


def _declared(
    group: list[Numbered], scores: dict[str, float]
) -> tuple[Declared | None, list[Problem]]:
    number, row = group[0]
    domain = _domain(row)
    if domain not in SUITES:
        known = [*DOMAIN_NAMES, *SUITES]
        return None, [Problem("domain", number, unknown("domain", row["domain"], known))]
    notes = "; ".join(dict.fromkeys(r["notes"] for _, r in group if r.get("notes")))
    said, problems = _cost(number, row, domain)
    values = {
        "name": _name(row, notes),
        "domain": domain,
        "description": _description(row, notes),
        "method": _method(row),
        "base_model": row["model"][:120],
        "links": re.findall(r"https?://[^\s<>\"]+", row["source"])[:1],
        "scores": scores,
        **said,
    }
    declared, refused = read_declared(values)
    return declared, [*problems, *(p._replace(line=number) for p in refused)]


def _cost(number: int, row: Row, domain: str) -> tuple[dict[str, Any], list[Problem]]:
    """Rounds and clients from words such as "10 rounds, frac 0.1"; MB from GB."""
    words = row.get("method/strategy") or ""
    found: dict[str, Any] = {}
    if rounds := re.search(r"\b(\d{1,5}) rounds\b", words):
        found["rounds"] = int(rounds[1])
    if share := re.search(r"\bfrac (0\.\d+|1(?:\.0+)?)\b", words):
        found["clients_per_round"] = max(1, round(float(share[1]) * DOMAINS[domain].clients))
    gigabytes = (row.get("comm_gb") or "").strip()
    if gigabytes and not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", gigabytes):
        wanted = "a number of gigabytes was wanted"
        return found, [Problem("comm_gb", number, f"found {gigabytes!r}, {wanted}")]
    if gigabytes:
        found["communication_mb"] = round(float(gigabytes) * 1024, 3)
    return found, []


def _name(row: Row, notes: str) -> str:
    """The model, the method, and whose it is; the source tells entries of one team apart."""
    model = row["model"].split(" (")[0].rpartition("/")[2]
    method = (row.get("method/strategy") or "").split(",")[0]
    team = re.search(r"\bteam:? ([^;]+?)\.?(?:;|\. |$)", notes)
    whose = team[1].strip() if team else row["source"].split(" ")[0].split("/")[0]
    return ", ".join(word for word in (model, method, whose) if word)[:80].strip()


def _method(row: Row) -> str:
    word = re.split(r"[,( ]", (row.get("method/strategy") or "").strip())[0]
    return word.lower() if word.lower() in METHODS else word[:40]


def _description(row: Row, notes: str) -> str:
    said = {
        "Source": row["source"],
        "Method": row.get("method/strategy"),
        "Fine-tuning": row.get("fine_tuning"),
        "Parameters": row.get("params"),
        "Memory": f"{row['vram_gb']} GB" if row.get("vram_gb") else "",
        "Notes": notes,
    }
    return "\n".join(f"{label}: {text}" for label, text in said.items() if text)[:4000]
