"""Made-up records for page tests: one board, one run in each situation, a few lists.

The names of people are the project's: Alice submits, Bob is on another team, Carol is staff.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from leaderboard.records import (
    BoardPage,
    BoardRow,
    DomainCard,
    Failure,
    Listed,
    Round,
    RunPage,
    ScoreCard,
    Step,
    TaskCell,
)

NOW = datetime.now(UTC).replace(microsecond=0)
TASKS = (("fpb", "FPB", 1212), ("fiqa", "FiQA", 304), ("tfns", "TFNS", 2388))


def cells(average: float) -> tuple[TaskCell, ...]:
    """Three tests around an average, the smaller ones with the wider interval."""
    shifts, widths = (2.1, 0.4, -2.5), (2.0, 4.1, 1.6)
    return tuple(
        TaskCell(
            key, title, n, average + s, average + s - w, average + s + w, average - 30, 99.2, ""
        )
        for (key, title, n), s, w in zip(TASKS, shifts, widths, strict=True)
    )


def row(rank: int | None, name: str, average: float | None, **others: object) -> BoardRow:
    """One board row; `others` replaces any field."""
    scored = average is not None
    made = BoardRow(
        submission_id=f"run{abs(hash(name)) % 10_000}",
        rank=rank,
        rank_low=rank and max(1, rank - 1),
        rank_high=rank and min(5, rank + 1),
        tier=rank and 1 + (rank > 2) + (rank > 4),
        borda=None,
        name=name,
        owner="alice",
        method="fedavg",
        method_title="FedAvg",
        base_model="mistralai/Mistral-7B-v0.3",
        trust="verified",
        is_control=False,
        average=average,
        low=average - 1.6 if scored else None,
        high=average + 1.6 if scored else None,
        corrected=average - 30 if scored else None,
        unscored="" if scored else "FiQA could not be loaded",
        tasks=cells(average) if scored else (),
        gigabytes=2.91,
        trained_millions=40.4,
        memory_gigabytes=21.4,
        seconds=4320.0,
        rounds=200,
        submitted_at=NOW - timedelta(days=2),
    )
    return made._replace(**others)  # type: ignore[arg-type]


ENTRIES = (
    row(1, "Prox, gently", 84.1, method_title="FedProx", gigabytes=3.1),
    row(2, "Rank 8 is enough", 83.0, gigabytes=0.72, trained_millions=10.1, seconds=2480.0),
    row(3, "Momentum on the server", 79.2, method_title="FedAvgM", trust="evaluated", seconds=None),
    row(4, "Long local work", 78.4, gigabytes=1.1, memory_gigabytes=9.8),
    row(
        5,
        "Two hundred small rounds with a name that goes on for quite a while",
        77.7,
        gigabytes=11.9,
    ),
)
CONTROLS = tuple(
    row(None, name, average, is_control=True, method_title=method, gigabytes=sent, owner="carol")
    for name, average, method, sent in (
        ("All data in one place", 80.6, "centralised", None),
        ("One client alone", 66.0, "2 % of the data", 1.2),
        ("Majority class", 61.8, "always the commonest answer", None),
        ("Untuned", 52.3, "as it is", None),
    )
)
BOARD = BoardPage(
    domain="finance",
    title="Finance",
    sentence="Sentiment of news and tweets after federated tuning over 50 clients.",
    practice=False,
    overall=False,
    protocol="clean",
    protocols=("clean", "official"),
    task_titles=tuple((key, title) for key, title, _ in TASKS),
    entries=ENTRIES,
    controls=CONTROLS,
    axis=(48.0, 88.0),
    items=3904,
    pairs=10,
    paired=6,
    suite_version="1",
    evaluator_version="1.0",
    sequence=42,
    built_at=NOW,
    running=2,
)
EMPTY_BOARD = BOARD._replace(
    domain="finance-mini",
    title="Finance, practice data",
    practice=True,
    entries=(),
    controls=(),
    pairs=0,
    paired=0,
    running=0,
    built_at=None,
)
DOMAINS = ("General NLP", "Finance", "Medical", "Code")


def line(rank: int | None, name: str, average: float | None, **others: object) -> BoardRow:
    """One row of an overall board: a column a domain, each with its own submission."""
    shifts = (-8.0, 21.4, 3.1, -16.5)
    cells = tuple(
        TaskCell(
            *(title.partition(" ")[0].lower(), title, 1000, at, at and at - 2, at and at + 2, at),
            *(None, "" if at else "Not submitted", f"{name[:3].lower()}{n}" if at else ""),
        )
        for n, (title, at) in enumerate(
            (title, average + shift if average else (40.0 + n if n < 3 else None))
            for n, (title, shift) in enumerate(zip(DOMAINS, shifts, strict=True))
        )
    )
    missing = "" if average else "Code is missing"
    points = None if rank is None else 12.5 - 3 * rank
    return row(
        rank, name, average, tasks=cells, borda=points, unscored=missing, rounds=None, **others
    )


LINES = (
    line(1, "Prox, gently", 52.6, method_title="FedProx", gigabytes=14.2, rank_high=1, tier=1),
    line(2, "Rank 8 is enough", 49.9, gigabytes=3.1, rank_low=2, tier=2),
    line(3, "Momentum on the server", 49.1, gigabytes=12.0, rank_low=2, rank_high=3, tier=2),
    line(None, "Long local work", None, gigabytes=8.3),
)
OVERALL_BOARD = BOARD._replace(
    domain="overall",
    title="Overall",
    sentence="The same method in every domain: how far above guessing it is on average.",
    overall=True,
    task_titles=tuple((title.partition(" ")[0].lower(), title) for title in DOMAINS),
    entries=LINES,
    controls=(line(None, "Untuned", 12.6, is_control=True, gigabytes=None),),
    axis=(5.0, 60.0),
    items=28_000,
    pairs=3,
    paired=3,
    suite_version="",
)

EMPTY_OVERALL = OVERALL_BOARD._replace(
    domain="overall-mini",
    title="Overall, practice data",
    practice=True,
    entries=(),
    controls=(),
    items=0,
    pairs=0,
    paired=0,
    running=0,
    built_at=None,
)


def rounds(count: int) -> tuple[Round, ...]:
    """A falling loss."""
    return tuple(
        Round(n, 0.4 + 1.6 / (1 + n / 6) + 0.02 * ((n * 7) % 5), 33.8, 11.2 * n)
        for n in range(1, count + 1)
    )


def steps(
    *done: str, current: str = "", failed: str = "", after: tuple[str, ...] = ()
) -> tuple[Step, ...]:
    """A timeline."""
    at = NOW - timedelta(minutes=40)
    return (
        *(Step(title, "done", at + timedelta(minutes=9 * n)) for n, title in enumerate(done)),
        *((Step(current, "current", NOW - timedelta(minutes=36)),) if current else ()),
        *((Step(failed, "failed", NOW),) if failed else ()),
        *(Step(title, "to come", None) for title in after),
    )


RECIPE = """\
name = "Prox, gently"
domain = "finance"

[method]
name = "fedprox"
mu = 0.01

[train]
rounds = 100
"""
SCORES = tuple(
    ScoreCard(p, a, a - 1.6, a + 1.6, a - 30, "", cells(a), "1.0", "1", NOW)  # type: ignore[arg-type]
    for p, a in (("clean", 84.1), ("official", 71.4))
)
TRAINING = RunPage(
    submission_id="k7m2xq",
    name="Prox, gently",
    description="A small pull back towards the received model.",
    owner="alice",
    domain="finance",
    domain_title="Finance",
    practice=False,
    method="fedprox",
    method_title="FedProx",
    base_model="mistralai/Mistral-7B-v0.3",
    base_revision="d8cadc02ac76bd617a919d50b092e59d2d110aff",
    trust="verified",
    is_control=False,
    rank=None,
    stage="training",
    stage_title="Training",
    live=True,
    steps=steps("Handed in", current="Training", after=("Evaluation", "On the board")),
    position=None,
    expected_start_seconds=None,
    attempt=1,
    tries=1,
    max_tries=3,
    heartbeat_age=2.0,
    elapsed=2160.0,
    remaining=1260.0,
    done=63,
    of=100,
    unit="round",
    percent=63.0,
    clients=50,
    clients_per_round=5,
    mebibytes=705.6,
    budget_mebibytes=200_000,
    rounds=rounds(63),
    log=tuple(f"10:{41 + n:02}:07  round {50 + n}  loss 0.4{n}  34.1 s" for n in range(14)),
    failure=None,
    scores=(),
    recipe_toml=RECIPE,
    facts=(("Device", "NVIDIA H200"), ("Number format", "bfloat16"), ("Flower", "1.41.0")),
    notes=(),
    created=NOW - timedelta(minutes=41),
    can_cancel=False,
)
WAITING = TRAINING._replace(
    submission_id="w8tnng",
    stage="waiting-training",
    stage_title="Waiting for training",
    steps=steps("Handed in", current="Waiting", after=("Training", "Evaluation", "On the board")),
    position=3,
    expected_start_seconds=1500.0,
    heartbeat_age=None,
    elapsed=None,
    remaining=None,
    done=0,
    of=0,
    unit="",
    percent=0.0,
    mebibytes=None,
    rounds=(),
    log=(),
    facts=(),
)
FAILED = TRAINING._replace(
    submission_id="f5jld9",
    stage="failed",
    stage_title="Failed",
    live=False,
    steps=steps("Handed in", failed="Training"),
    failure=Failure(
        "out-of-memory",
        "The GPU has 24 GiB; round 1 asked for 31 GiB.",
        "Try a smaller batch size, or turn gradient checkpointing on.",
    ),
    tries=3,
    remaining=None,
)
PUBLISHED = TRAINING._replace(
    submission_id="p2bls8",
    stage="published",
    stage_title="Published",
    live=False,
    rank=1,
    steps=steps("Handed in", "Trained", "Evaluated", "On the board"),
    done=100,
    percent=100.0,
    remaining=None,
    rounds=rounds(100),
    scores=SCORES,
    notes=("The base was loaded without quantisation: this machine has no CUDA.",),
)
RUNS = {run.submission_id: run for run in (TRAINING, WAITING, FAILED, PUBLISHED)}


def listed(run: RunPage, average: float | None = None) -> Listed:
    """A run as a line of a list."""
    return Listed(
        submission_id=run.submission_id,
        name=run.name,
        domain=run.domain,
        domain_title=run.domain_title,
        method_title=run.method_title,
        owner=run.owner,
        stage=run.stage,
        stage_title=run.stage_title,
        percent=run.percent,
        average=average,
        low=None if average is None else average - 1.6,
        high=None if average is None else average + 1.6,
        created=run.created,
    )


OVERALL_CARDS = [
    DomainCard("overall", "Overall", OVERALL_BOARD.sentence, False, 3, LINES[0], NOW, overall=True),
    DomainCard("overall-mini", "Overall, practice data", "All of them.", True, 0, None, None, True),
]
LISTED = [listed(WAITING), listed(TRAINING), listed(FAILED), listed(PUBLISHED, 84.1)]
CARDS = [
    DomainCard("finance", BOARD.title, BOARD.sentence, False, 5, ENTRIES[0], NOW),
    DomainCard(
        "finance-mini",
        "Finance, practice data",
        "Sentiment of short made-up market news, for trying things out.",
        True,
        0,
        None,
        None,
    ),
]
