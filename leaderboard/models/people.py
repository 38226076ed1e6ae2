"""Teams, tokens, quotas: who may do what, and how much of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .common import choices

ROLES = ("owner", "member")
SCOPES = ("read", "submit", "manage")
"""read: what its owner may see. submit: hand in, validate, cancel. manage: publish, withdraw,
tokens, webhooks, teams."""


class Team(models.Model):
    """People who hand in together: they see each other's private submissions."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    created = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="teams"
    )

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person in one team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=8, choices=choices(ROLES), default="member")
    joined = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["team", "joined"]
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=ROLES), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class Invitation(models.Model):
    """An address that may join a team; the link's secret is stored as its hash."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    secret_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.email} to {self.team}"


class ApiToken(models.Model):
    """A key for the API: shown once, stored as its hash."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    """Its first characters, by which its owner recognises it."""
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"


class IdempotencyKey(models.Model):
    """A request that was answered; sent again, it gets the same answer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    key = models.CharField(max_length=120)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    """None while the first request is still being answered."""
    response = models.JSONField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return self.key


class QuotaUse(models.Model):
    """How often a person used something on a day; raised by a conditional update only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    what = models.CharField(max_length=20)
    day = models.DateField()
    used = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "what", "day"], name="quota_use_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.what} {self.day}: {self.used}"


class QuotaLimit(models.Model):
    """A person's own limit in the place of the site's, with the reason."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quota_limits"
    )
    what = models.CharField(max_length=20)
    limit = models.PositiveBigIntegerField()
    reason = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "what"], name="quota_limit_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.what}: {self.limit}"


class Preferences(models.Model):
    """What a person wants to be told."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences"
    )
    email_finished = models.BooleanField(default=True)
    email_failed = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"preferences of {self.user}"


class Upload(models.Model):
    """A file that arrives in pieces; its bytes lie in the state folder until it is handed in."""

    id = models.CharField(primary_key=True, max_length=32, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="upload_not_over")
        ]

    def __str__(self) -> str:
        return self.name
