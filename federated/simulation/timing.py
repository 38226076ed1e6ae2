"""How long a client will take: one curve a device and kind of work, and the client's own last time.

Pollen (Sani et al., arXiv:2306.17453) fits `t = a + b ln x + c x`, coefficients >= 0, to every
timing so far, one fit a device, and averages it with what was last observed at that x. Kept: the
curve, the signs, the device classes. Ours: `t = a + c x` unless the paper's form is asked for;
old rounds fade; the half becomes a weight learned from the timings; and x below 1, where ln x is
negative, counts as 1 in the logarithm.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Form = Literal["linear", "log-linear"]
Floats = NDArray[np.float64]

COLLINEAR = 1e-12
"""Determinant of a correlation matrix below which its columns cannot be told apart."""

PRIOR_CLIENTS = 2.0
"""How many clients' worth of evidence Pollen's half is, before timings say otherwise."""


class Observation(NamedTuple):
    """One client that finished. `x` is its work (batches, tokens, examples), if known."""

    device: str
    kind: str
    client: int
    x: float | None
    seconds: float


class TimeModel:
    """Learns from whole rounds; a round weighs `forgetting` times the one after it.

    Memory grows with the clients that were seen, never with those that could be; a prediction
    costs the same however many there are.
    """

    def __init__(self, form: Form = "linear", forgetting: float = 0.9) -> None:
        self._form, self._forgetting = form, forgetting
        self._fits: dict[tuple[str, str], _Fit] = {}

    def observe_round(self, observations: Iterable[Observation]) -> None:
        """Take in one round: each device and kind of work as one batch, whatever its order."""
        batches: dict[tuple[str, str], list[Observation]] = defaultdict(list)
        for seen in observations:
            batches[seen.device, seen.kind].append(seen._replace(x=_known(seen.x)))
        for key, batch in batches.items():
            if key not in self._fits:
                self._fits[key] = _Fit(self._form, self._forgetting)
            self._fits[key].update(batch)

    def predict(self, device: str, kind: str, client: int, x: float | None = None) -> float | None:
        """Seconds; None while this device has finished no work of this kind."""
        fit = self._fits.get((device, kind))
        return None if fit is None else fit.predict(client, _known(x))


class _Fit:
    """One device class and one kind of work: the common curve and everybody's last time."""

    def __init__(self, form: Form, forgetting: float) -> None:
        self._form, self._forgetting = form, forgetting
        columns = len(features(form, 1.0))
        self._gram, self._moments = np.zeros((columns, columns)), np.zeros(columns)
        self._coefficients: list[float] | None = None
        self._clients, self._seconds = 0.0, 0.0
        self._last: dict[int, Observation] = {}
        self._shrinkage = _Shrinkage()

    def update(self, batch: Sequence[Observation]) -> None:
        self._shrinkage.fade(self._forgetting)
        for seen in batch:
            common, own = self._views(seen.client, seen.x)
            if own is not None:
                self._shrinkage.learn(common, own, seen.seconds)
        self._accumulate(batch)
        self._last.update((seen.client, seen) for seen in batch)

    def predict(self, client: int, x: float | None) -> float:
        common, own = self._views(client, x)
        return common if own is None else common + self._shrinkage.weight * (own - common)

    def _views(self, client: int, x: float | None) -> tuple[float, float | None]:
        """Seconds as the curve has it, and as the client's last time has it, carried to `x`.

        Carried by the ratio of the curve at both: a client twice as slow as others stays so.
        """
        last = self._last.get(client)
        if last is None:
            return self._common(x), None
        common, before = self._common(last.x if x is None else x), self._common(last.x)
        return common, last.seconds * (common / before if before > 0 else 1.0)

    def _common(self, x: float | None) -> float:
        """The curve at `x`; without an x the mean time, where a least-squares line has mean x."""
        if x is None or self._coefficients is None:
            return self._seconds / self._clients if self._clients else 0.0
        terms = zip(self._coefficients, features(self._form, x), strict=True)
        return sum(coefficient * feature for coefficient, feature in terms)

    def _accumulate(self, batch: Sequence[Observation]) -> None:
        """Recursive least squares: the normal equations fade, then take in the round."""
        keep = self._forgetting
        self._clients = keep * self._clients + len(batch)
        self._seconds = keep * self._seconds + sum(seen.seconds for seen in batch)
        sized = [(features(self._form, seen.x), seen) for seen in batch if seen.x is not None]
        if not sized:
            return
        rows = np.array([row for row, _ in sized])
        self._gram = keep * self._gram + rows.T @ rows
        self._moments = keep * self._moments + rows.T @ [seen.seconds for _, seen in sized]
        self._coefficients = non_negative(self._gram, self._moments).tolist()


class _Shrinkage:
    """How much of a client's last deviation from the curve to expect again.

    A time is `curve + u + e`: u is the client's own, of variance v between clients, e is noise
    within one, of variance s. Given its last deviation d, the best guess of u is `v / (v + s) d`
    (empirical Bayes). That ratio is the covariance of a client's deviations in two of its rounds
    over their variance, so it is learned as the slope of this deviation on the last: near 1 where
    the curve explains clients badly, near 0 where only noise is left over.
    """

    def __init__(self) -> None:
        self._clients, self._products, self._squares = 0.0, 0.0, 0.0

    def fade(self, forgetting: float) -> None:
        self._clients *= forgetting
        self._products *= forgetting
        self._squares *= forgetting

    def learn(self, common: float, own: float, seconds: float) -> None:
        """One client seen again; all three in seconds, the first two from before its round."""
        self._clients += 1
        self._products += (own - common) * (seconds - common)
        self._squares += (own - common) ** 2

    @property
    def weight(self) -> float:
        """Between 0 (the curve alone) and 1 (the client's last time alone)."""
        if self._squares == 0:
            return 0.5
        slope = min(max(self._products / self._squares, 0.0), 1.0)
        return (PRIOR_CLIENTS / 2 + self._clients * slope) / (PRIOR_CLIENTS + self._clients)


def features(form: Form, x: float) -> tuple[float, ...]:
    """`(x, 1)` or `(x, 1, ln x)`, for x >= 0; below one there is nothing to take the log of."""
    return (x, 1.0) if form == "linear" else (x, 1.0, math.log(max(x, 1.0)))


def non_negative(gram: Floats, moments: Floats) -> Floats:
    """Least squares over coefficients >= 0, from the normal equations `gram @ c = moments`.

    With two or three unknowns the answer is the best of at most seven unconstrained solutions
    that keep the signs. Where two explain equally well, fewer and earlier columns win: clients
    of one size only make time proportional to size.
    """
    scale = np.sqrt(np.diagonal(gram))
    scale = np.where(scale > 0, scale, 1.0)
    correlation, wanted = gram / np.outer(scale, scale), moments / scale
    best, most = np.zeros(len(scale)), 0.0
    for free in _subsets(len(scale)):
        part = correlation[np.ix_(free, free)]
        if np.linalg.det(part) < COLLINEAR:
            continue
        found = np.linalg.solve(part, wanted[free])
        explained = float(wanted[free] @ found)
        if found.min() >= 0 and explained > most * (1 + COLLINEAR):
            best, most = np.zeros(len(scale)), explained
            best[free] = found
    return best / scale


def _subsets(columns: int) -> list[list[int]]:
    sizes = range(1, columns + 1)
    return [list(chosen) for size in sizes for chosen in combinations(range(columns), size)]


def _known(x: float | None) -> float | None:
    """Work is at least nothing; what is not a number is not known."""
    return max(float(x), 0.0) if x is not None and math.isfinite(x) else None
