"""A run record as an Every Eval Ever record, schema 0.3.0: one score, all its tests. Pure.

Their datastore keeps it as `data/<collection>/<developer>/<model>/<uuid>.json`; `path` says where.
Relations: our workers evaluated what others made ("third_party"); answers handed in and scored
here are common work ("collaborative"); numbers that were only reported are the submitter's own
("first_party").
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Any

from evaluators.suites import SUITES, Task

Json = dict[str, Any]

VERSION = "0.3.0"
COLLECTION = "flowertune-leaderboard"
ORGANISATION = "FlowerTune Leaderboard, an independent rebuild"
LIBRARY = "flowertune-leaderboard evaluators"
RELATIONS = {
    "verified": "third_party",
    "evaluated": "third_party",
    "recomputed": "collaborative",
    "reported": "first_party",
}


def convert(record: Json, protocol: str) -> Json | None:
    """The record's score under one protocol; None when there is no such score, or no test of it
    was scored."""
    score = next((one for one in record["scores"] if one["protocol"] == protocol), None)
    results = [_result(record, score, task) for task in _scored(score)] if score else []
    if score is None or not results:
        return None
    submission, moment = record["submission"], _epoch(score["created"])
    return {
        "schema_version": VERSION,
        "evaluation_id": f"{score['suite']}-{protocol}/{_model_id(record)}/{moment}",
        "evaluation_timestamp": moment,
        "retrieved_timestamp": moment,
        "source_metadata": {
            "source_name": ORGANISATION,
            "source_type": "documentation" if _reported(record) else "evaluation_run",
            "source_organization_name": ORGANISATION,
            "source_organization_url": record["address"].partition("/submissions/")[0],
            "evaluator_relationship": RELATIONS[submission["trust"]],
            "additional_details": _texts(trust=submission["trust"], address=record["address"]),
        },
        "eval_library": {
            "name": LIBRARY,
            "version": str(score["evaluator_version"] or "unknown"),
            "additional_details": _texts(
                sha256=record["evaluator"]["sha256"],
                suite=score["suite"],
                suite_version=score["suite_version"],
                suite_sha256=record["benchmark"]["sha256"],
                protocol=protocol,
            ),
        },
        "model_info": _model(record),
        "evaluation_results": results,
    }


def path(record: Json, protocol: str) -> str:
    """Where the datastore keeps it: the same score always under the same name."""
    developer, _, model = _model_id(record).partition("/")
    return f"data/{COLLECTION}/{developer}/{model}/{name(record, protocol)}"


def name(record: Json, protocol: str) -> str:
    """The file's name; its uuid comes from what the score is of."""
    score = next(one for one in record["scores"] if one["protocol"] == protocol)
    of = (record["submission"]["id"], protocol, score["suite_version"], score["evaluator_version"])
    digest = hashlib.sha256("\n".join(map(str, of)).encode()).digest()
    return f"{uuid.UUID(bytes=digest[:16], version=4)}.json"


def _model(record: Json) -> Json:
    submission = record["submission"]
    base = record["base"] or {}
    return {
        "name": submission["name"],
        "id": _model_id(record),
        "developer": submission["owner"],
        "additional_details": {
            "deployment_type": "unknown" if _reported(record) else "self_deployed",
            "model_availability": "unknown",
            **_texts(
                kind=submission["kind"],
                method=submission["method"],
                submission_sha256=submission["sha256"],
                base_model=base.get("id"),
                base_revision=base.get("revision"),
                adapter_sha256=record["adapter"],
            ),
        },
    }


def _result(record: Json, score: Json, task: Json) -> Json:
    known = _known(score["suite"], task["task"])
    program = known is not None and known.form == "program"
    return {
        "evaluation_result_id": f"{score['protocol']}-{task['task']}",
        "evaluation_name": task["task"],
        "source_data": _source(record, known, task),
        "metric_config": {
            "evaluation_description": f"Accuracy under the {score['protocol']} protocol",
            "metric_id": "pass_at_k" if program else "accuracy",
            "metric_name": "pass@1" if program else "Accuracy",
            "metric_kind": "pass_rate" if program else "accuracy",
            "metric_unit": "proportion",
            **({"metric_parameters": {"k": 1}} if program else {}),
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0.0,
            "max_score": 1.0,
            "additional_details": _texts(chance=task["chance"], prompts=task["prompts_sha256"]),
        },
        "score_details": {
            "score": task["accuracy"],
            "details": _texts(
                items_sha256=task["items_sha256"],
                corrected_for_chance=task["corrected"],
                compliance=task["compliance"],
            ),
            **_uncertainty(task),
        },
    }


def _uncertainty(task: Json) -> Json:
    """The standard error and Wilson's interval, where they are known."""
    told: Json = {"num_samples": task["n"]} if task["n"] else {}
    if task["stderr"] is not None:
        told["standard_error"] = {"value": task["stderr"], "method": "analytic"}
    if task["low"] is not None and task["high"] is not None:
        told["confidence_interval"] = {
            "lower": task["low"],
            "upper": task["high"],
            "confidence_level": 0.95,
            "method": "wilson",
        }
    return {"uncertainty": told} if told else {}


def _source(record: Json, known: Task | None, task: Json) -> Json:
    """The dataset as it was pinned; the built-in practice data are of no hub."""
    pin = record["datasets"]["tests"].get(task["task"]) or {}
    dataset = pin.get("id") or (known.dataset if known else task["task"])
    details = _texts(
        revision=pin.get("revision"),
        served_by=pin.get("source"),
        item_ids_sha256=task["item_ids_sha256"],
    )
    if known is None or pin.get("source") == "mini":
        return {"dataset_name": dataset, "source_type": "other", "additional_details": details}
    return {
        "dataset_name": known.title,
        "source_type": "hf_dataset",
        "hf_repo": dataset,
        "samples_number": task["n"],
        "additional_details": {**details, "splits": ", ".join(known.splits)},
    }


def _scored(score: Json) -> list[Json]:
    return [task for task in score["tasks"] if task["accuracy"] is not None]


def _known(suite: str, task: str) -> Task | None:
    tasks = SUITES[suite].tasks if suite in SUITES else ()
    return next((known for known in tasks if known.key == task), None)


def _model_id(record: Json) -> str:
    """`owner/submission`, of letters that a path may have."""
    owner = "".join(
        c if c.isascii() and c.isalnum() else "-" for c in record["submission"]["owner"]
    )
    return f"{owner or '-'}/{record['submission']['id']}"


def _reported(record: Json) -> bool:
    return bool(record["submission"]["trust"] == "reported")


def _texts(**values: Any) -> dict[str, str]:
    """Their free fields hold texts only; what is not known is left out."""
    return {name: str(value) for name, value in values.items() if value is not None}


def _epoch(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).timestamp():.0f}"
