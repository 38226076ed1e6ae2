"""Accounts that commands act for."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError


def existing(name: str) -> Any:
    """The user of this name; refused, not made, when there is none."""
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}. Make one: python manage.py createsuperuser")
    return user


def operator() -> Any:
    """Who owns what is submitted from the command line when no owner is named: an account that
    nobody can sign in to."""
    return without_password("operator")


def without_password(name: str) -> Any:
    """An account of this name that nobody can sign in to, made when it is not there."""
    user, created = get_user_model().objects.get_or_create(username=name)
    if created:
        user.set_unusable_password()
        user.save()
    return user


def with_password(name: str) -> tuple[Any, str | None]:
    """The user of this name, and the password if the account was made just now."""
    user, created = get_user_model().objects.get_or_create(username=name)
    if not created:
        return user, None
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    user.save()
    return user, password
