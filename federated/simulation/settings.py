"""How a simulation runs: what may be set. It changes speed, never results. Light."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Policy = Literal["round-robin", "by-size", "learned"]
TimeForm = Literal["linear", "log-linear"]


class Settings(BaseModel):
    """Chosen by whoever starts a simulation; a value that is set is never adapted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workers: int = Field(
        0,
        ge=0,
        le=1024,
        description="Worker processes. 0: as many as cores and memory allow, then climbed by what "
        "is measured.",
    )
    threads: int = Field(1, ge=1, le=256, description="torch threads of one worker.")
    policy: Policy = Field(
        "learned",
        description="Who runs which client: equal contiguous parts, least work first by size, or "
        "least predicted time first (Pollen, arXiv:2306.17453).",
    )
    time_model: TimeForm = Field(
        "linear", description="t = a + c x, or the paper's t = a + b ln x + c x."
    )
    steal: float = Field(
        0.15, ge=0, le=1, description="Share of a round's work left to whoever is free first."
    )
    reduce: Literal["auto", "fold", "keep"] = Field(
        "auto",
        description="fold: running sums in the workers, exact for a weighted mean only. keep: "
        "every reply reaches the strategy. auto: fold where the strategy is known to be the mean.",
    )
    client_timeout: float | None = Field(
        None, gt=0, description="Seconds one client may take; empty: no limit."
    )
    backend: Literal["local", "inline", "ray"] = Field(
        "local",
        description="local: processes on this machine. inline: this process, one client after "
        "another. ray: one actor a machine of a Ray cluster.",
    )
    lanes: int = Field(
        1,
        ge=1,
        le=1024,
        description="Clients that an app may train in one pass where it offers to; 1: one after "
        "another. Nothing is left for whoever is free, and no client has a timeout of its own.",
    )
    machines: int = Field(
        0, ge=0, le=10_000, description="Ray actors. 0: one on each machine of the cluster."
    )
