"""What is promised of every address: who gets what. An address that is not here fails the build."""

from __future__ import annotations

SUBMISSION = "submissions/<slug:submission_id>/"
ITEMS = f"{SUBMISSION}items/<slug:protocol>/<slug:task>"
API = "api/v1/"
ONE = f"{API}submissions/<slug:submission_id>"
RESET = r"account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$"

TABLE: dict[str, tuple[str, ...]] = {
    # Everybody may read it, and nobody sees more than anybody else.
    "open": (
        "", "boards/<slug:domain>.json", "feed.atom", "boards/<slug:domain>.atom",
        "boards/<slug:domain>/", "boards/<slug:domain>/tests/", "methods/",
        "methods/<slug:key>/", "about/", ".well-known/security.txt", "healthz", "robots.txt",
        "account/password/reset/sent/", "account/closed/", "account/confirm-email/<str:key>/",
        "account/password/reset/done/", RESET, f"{API}docs", f"{API}openapi.json",
        f"{API}benchmarks", f"{API}boards/<slug:domain>", f"{API}boards/<slug:domain>/entries",
        f"{API}submissions",
    ),
    # For those who are outside; whoever is inside is sent on.
    "entrance": (
        "sign-in/", "sign-in/code/", "sign-up/", "account/password/reset/",
        "account/confirm-email/",
    ),
    # One's own, whoever one is.
    "own": (
        "submissions/", "submit/", "submit/upload", "submit/<slug:domain>", "tokens/", "notices/",
        "teams/", "teams/join/<str:secret>", "account/", "account/again/", "account/again/code/",
        "account/email/", "account/password/", "account/password/first/", "account/codes/",
        "account/codes/app/", "account/codes/app/remove/", "account/codes/spare/",
        "account/codes/spare/new/", "account/codes/spare/file/",
    ),
    # A submission's page: those who may see it, and the tombstone when it was withdrawn.
    "page": (SUBMISSION, ONE),
    # What lies behind that page.
    "behind": (
        f"{SUBMISSION}live", f"{SUBMISSION}recipe.toml", f"{SUBMISSION}record.json",
        f"{SUBMISSION}eee-<slug:protocol>.json", f"{SUBMISSION}clients", f"{SUBMISSION}clients.csv",
        f"{SUBMISSION}clients.jsonl", f"{SUBMISSION}rounds.csv", f"{SUBMISSION}partition.csv",
        f"{SUBMISSION}partition.json", f"{ITEMS}/", f"{ITEMS}.parquet", f"{ITEMS}.jsonl",
        f"{ITEMS}/<path:item_id>/<slug:part>.txt", f"{ITEMS}/<path:item_id>/",
        f"{ONE}/progress", f"{ONE}/log", f"{ONE}/items/<slug:protocol>/<slug:task>",
        f"{ONE}/record",
    ),
    # Changes a submission: its owner, the owners of its team, staff.
    "act": (
        f"{SUBMISSION}cancel", f"{SUBMISSION}publish", f"{SUBMISSION}withdraw", f"{ONE}/cancel",
        f"{ONE}/publish", f"{ONE}/withdraw",
    ),
    # A team's members; its owner.
    "team": ("teams/<slug:slug>/",),
    "team-act": (
        "teams/<slug:slug>/invite", "teams/<slug:slug>/invitations/<int:invitation>",
        "teams/<slug:slug>/remove", "teams/<slug:slug>/role",
    ),
    # Something of Alice's that nobody else may touch.
    "hers": (
        "tokens/<int:token_id>/revoke", "notices/webhooks/<int:webhook_id>/remove",
        "notices/webhooks/<int:webhook_id>/test",
    ),
    "own-act": ("notices/webhooks",),
    "staff": ("batches/", "batches/<int:batch_id>/"),
    "staff-act": (
        "batches/start", "batches/<int:batch_id>/flip", "batches/<int:batch_id>/drop",
        "batches/<int:batch_id>/retry",
    ),
    # Programs with a token, and nobody else.
    "token": (f"{API}me", f"{API}quota", f"{API}tokens"),
    "token-act": (f"{API}validate", f"{API}uploads"),
    "hers-by-token": (f"{API}uploads/<slug:upload_id>",),
    "hers-by-token-act": (f"{API}tokens/<int:token_id>",),
    # Leads nowhere by itself.
    "nothing": (f"{API}",),
    "signed": ("notices/off/<str:token>/",),
    "leave": ("sign-out/",),
    "admin-door": ("admin/login/",),
}  # fmt: skip
"""Everything under admin/ is told apart by its prefix: staff, and nobody else."""

KINDS = {route: kind for kind, routes in TABLE.items() for route in routes}


def kind_of(route: str) -> str:
    """What is promised of an address; `KeyError` for one that nobody thought about."""
    if route.startswith("admin/") and route not in KINDS:
        return "admin"
    return KINDS[route]
