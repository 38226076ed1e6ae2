"""What all rows share: short ids, closed sets of words, rows that are written once."""

from __future__ import annotations

import secrets
from typing import Any, NoReturn

from django.db import models

TRUST = ("verified", "evaluated", "recomputed", "reported")
KINDS = ("recipe", "adapter", "outputs", "numbers")
PROTOCOLS = ("clean", "official")

# Without vowels no words appear by chance, without 0/1/l none are misread.
ID_ALPHABET = "23456789bcdfghjkmnpqrstvwxz"


def new_id() -> str:
    """A short id that can be read out: 27^8, about 2.8e11 of them."""
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(8))


def choices(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(key, key) for key in keys]


class Immutable(models.Model):
    """A row that is written once: saving it again is refused."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            refuse(self)
        super().save(*args, **{**kwargs, "force_insert": True})


class WriteOnce(models.QuerySet):
    """A query set without an update path."""

    def update(self, **fields: Any) -> NoReturn:
        refuse(self.model)

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        refuse(self.model)


def refuse(found: Any) -> NoReturn:
    name = found._meta.verbose_name
    raise TypeError(f"A {name} never changes once it is stored; a new one has to be added.")
