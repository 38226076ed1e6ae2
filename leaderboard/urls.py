"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from .views import boards, clients, items, methods, runs, site, submit, suites

sign_in = LoginView.as_view(template_name="account/sign_in.html", redirect_authenticated_user=True)

CLIENTS = "submissions/<slug:submission_id>/clients"
PARTITION = "submissions/<slug:submission_id>/partition"
ITEMS = "submissions/<slug:submission_id>/items/<slug:protocol>/<slug:task>"

urlpatterns = [
    path("", boards.home, name="home"),
    path("boards/<slug:domain>.json", boards.board_json, name="board-json"),
    path("boards/<slug:domain>/", boards.board, name="board"),
    path("boards/<slug:domain>/tests/", suites.suite, name="suite"),
    path("submissions/", runs.mine, name="submissions"),
    path("submissions/<slug:submission_id>/", runs.run, name="submission"),
    path("submissions/<slug:submission_id>/live", runs.live, name="submission-live"),
    path("submissions/<slug:submission_id>/recipe.toml", runs.recipe, name="submission-recipe"),
    path(CLIENTS, clients.section, name="clients"),
    path(f"{CLIENTS}.csv", clients.turns_csv, name="clients-csv"),
    path(f"{CLIENTS}.jsonl", clients.json_lines, name="clients-jsonl"),
    path("submissions/<slug:submission_id>/rounds.csv", clients.rounds_csv, name="rounds-csv"),
    path(f"{PARTITION}.csv", clients.partition_csv, name="partition-csv"),
    path(f"{PARTITION}.json", clients.partition_json, name="partition-json"),
    path("submissions/<slug:submission_id>/cancel", runs.cancel, name="submission-cancel"),
    path(f"{ITEMS}/", items.listing, name="items"),
    path(f"{ITEMS}.parquet", items.parquet, name="items-parquet"),
    path(f"{ITEMS}.jsonl", items.json_lines, name="items-jsonl"),
    path(f"{ITEMS}/<path:item_id>/<slug:part>.txt", items.text, name="item-text"),
    path(f"{ITEMS}/<path:item_id>/", items.item, name="item"),
    path("submit/", submit.choose, name="submit-choose"),
    path("submit/<slug:domain>", submit.submit, name="submit"),
    path("methods/", methods.index, name="methods"),
    path("methods/<slug:key>/", methods.method, name="method"),
    path("about/", site.about, name="about"),
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("healthz", site.healthz, name="healthz"),
    path("robots.txt", site.robots, name="robots"),
    path("admin/", admin.site.urls),
]
