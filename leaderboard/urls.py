"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from . import feeds
from .api import api
from .api import docs as api_docs
from .views import (
    account,
    batches,
    boards,
    clients,
    items,
    methods,
    notices,
    provenance,
    runs,
    site,
    submit,
    suites,
    teams,
    tokens,
    upload,
)

CLIENTS = "submissions/<slug:submission_id>/clients"
PARTITION = "submissions/<slug:submission_id>/partition"
ITEMS = "submissions/<slug:submission_id>/items/<slug:protocol>/<slug:task>"

urlpatterns = [
    path("", boards.home, name="home"),
    path("boards/<slug:domain>.json", boards.board_json, name="board-json"),
    path("feed.atom", feeds.everything, name="feed"),
    path("boards/<slug:domain>.atom", feeds.board, name="board-feed"),
    path("boards/<slug:domain>/", boards.board, name="board"),
    path("boards/<slug:domain>/tests/", suites.suite, name="suite"),
    path("submissions/", runs.mine, name="submissions"),
    path("submissions/<slug:submission_id>/", runs.run, name="submission"),
    path("submissions/<slug:submission_id>/live", runs.live, name="submission-live"),
    path("submissions/<slug:submission_id>/recipe.toml", runs.recipe, name="submission-recipe"),
    path("submissions/<slug:submission_id>/record.json", provenance.record, name="run-record"),
    path("submissions/<slug:submission_id>/eee-<slug:protocol>.json", provenance.eee, name="eee"),
    path(CLIENTS, clients.section, name="clients"),
    path(f"{CLIENTS}.csv", clients.turns_csv, name="clients-csv"),
    path(f"{CLIENTS}.jsonl", clients.json_lines, name="clients-jsonl"),
    path("submissions/<slug:submission_id>/rounds.csv", clients.rounds_csv, name="rounds-csv"),
    path(f"{PARTITION}.csv", clients.partition_csv, name="partition-csv"),
    path(f"{PARTITION}.json", clients.partition_json, name="partition-json"),
    path("submissions/<slug:submission_id>/cancel", runs.cancel, name="submission-cancel"),
    path("submissions/<slug:submission_id>/publish", runs.publish, name="submission-publish"),
    path("submissions/<slug:submission_id>/withdraw", runs.withdraw, name="submission-withdraw"),
    path(f"{ITEMS}/", items.listing, name="items"),
    path(f"{ITEMS}.parquet", items.parquet, name="items-parquet"),
    path(f"{ITEMS}.jsonl", items.json_lines, name="items-jsonl"),
    path(f"{ITEMS}/<path:item_id>/<slug:part>.txt", items.text, name="item-text"),
    path(f"{ITEMS}/<path:item_id>/", items.item, name="item"),
    path("submit/", submit.choose, name="submit-choose"),
    path("submit/upload", upload.upload, name="upload"),
    path("submit/<slug:domain>", submit.submit, name="submit"),
    path("batches/", batches.listing, name="batches"),
    path("batches/start", batches.start, name="batch-start"),
    path("batches/<int:batch_id>/", batches.batch, name="batch"),
    path("batches/<int:batch_id>/flip", batches.flip, name="batch-flip"),
    path("batches/<int:batch_id>/drop", batches.drop, name="batch-drop"),
    path("batches/<int:batch_id>/retry", batches.retry, name="batch-retry"),
    path("methods/", methods.index, name="methods"),
    path("methods/<slug:key>/", methods.method, name="method"),
    path("tokens/", tokens.listing, name="tokens"),
    path("tokens/<int:token_id>/revoke", tokens.revoke, name="token-revoke"),
    path("api/v1/docs", api_docs.docs, name="api-docs"),
    path("api/v1/", api.urls),
    path("about/", site.about, name="about"),
    *account.entrance,
    path("account/", include(account.own)),
    path("notices/", notices.page, name="notices"),
    path("notices/webhooks", notices.add, name="webhook-add"),
    path("notices/webhooks/<int:webhook_id>/remove", notices.remove, name="webhook-remove"),
    path("notices/webhooks/<int:webhook_id>/test", notices.test, name="webhook-test"),
    path("notices/off/<str:token>/", notices.off, name="notices-off"),
    path("teams/", teams.index, name="teams"),
    path("teams/join/<str:secret>", teams.join, name="team-join"),
    path("teams/<slug:slug>/", teams.team, name="team"),
    path("teams/<slug:slug>/invite", teams.invite, name="team-invite"),
    path("teams/<slug:slug>/invitations/<int:invitation>", teams.uninvite, name="team-uninvite"),
    path("teams/<slug:slug>/remove", teams.remove, name="team-remove"),
    path("teams/<slug:slug>/role", teams.role, name="team-role"),
    path(".well-known/security.txt", site.security, name="security-txt"),
    path("healthz", site.healthz, name="healthz"),
    path("robots.txt", site.robots, name="robots"),
    # Not the admin site's own form, which asks for no second factor.
    path("admin/login/", account.admin_sign_in),
    path("admin/", admin.site.urls),
]

handler429 = "leaderboard.views.site.too_many"
