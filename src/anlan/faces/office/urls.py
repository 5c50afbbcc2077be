"""Addresses of the office. Those of registers and loops follow from their slugs; nothing is listed twice."""

from __future__ import annotations

from django.conf import settings
from django.urls import path

from anlan.faces.office import (
    accounts,
    domain_pages,
    evidence,
    explaining,
    finding,
    listing,
    matters,
    opening,
    people,
    profile,
    records,
    signing,
    styleguide,
    tasks,
    today,
)

app_name = "office"

urlpatterns = [
    path("", today.home, name="today"),
    path("inbox/", today.inbox, name="inbox"),
    path("bell", today.bell, name="bell"),
    path("map/", today.city_map, name="map"),
    path("report", opening.report, name="report"),
    path("search", finding.search, name="search"),
    path("lookup", finding.lookup, name="lookup"),
    path("sign-in", signing.sign_in_page, name="sign-in"),
    path("sign-in/second-factor", signing.second_factor, name="second-factor"),
    path("sign-out", signing.sign_out, name="sign-out"),
    path("language", signing.language, name="language"),
    path("profile/", profile.profile, name="profile"),
    path("profile/theme", profile.theme, name="theme"),
    path("profile/password", profile.password, name="password"),
    path("profile/second-factor", signing.enrol, name="second-factor-enrol"),
    path("profile/keys", profile.new_token, name="new-token"),
    path("profile/keys/<uuid:pk>/revoke", profile.revoke_token, name="revoke-token"),
    path("scope", profile.scope, name="scope"),
    path("post", profile.post, name="post"),
    path("help/", explaining.help_index, name="help"),
    path("help/<slug:slug>/", explaining.help_page, name="help-subject"),
    path("about", explaining.about, name="about"),
    path("mark.svg", explaining.mark, name="mark"),
    path("styleguide/", styleguide.show, name="styleguide"),
    path("evidence/<uuid:pk>/<slug:size>", evidence.serve, name="evidence"),
    path("tasks/", tasks.index, name="tasks"),
    path("tasks/<uuid:pk>/cancel", tasks.cancel, name="task-cancel"),
    path("tasks/<uuid:pk>/file", tasks.download, name="task-file"),
    path("people/", people.index, name="people"),
    path("people/<uuid:pk>/", people.party, name="people-of"),
    path("people/posts/<uuid:pk>/", people.post, name="people-post"),
    path("people/seats/<int:pk>/", people.seat, name="people-seat"),
    path("people/accounts/<uuid:pk>/", accounts.account, name="account-of"),
    path("people/telephones/<uuid:pk>/", accounts.telephone, name="telephone"),
    *domain_pages.urls(settings.ANLAN_DOMAINS),
    path("<slug:slug>/", listing.index, name="list"),
    path("<slug:slug>/new", records.create, name="new"),
    path("<slug:slug>/export", listing.export, name="export"),
    path("<slug:slug>/<uuid:pk>/", matters.detail, name="detail"),
    path("<slug:slug>/<uuid:pk>/edit", records.edit, name="edit"),
    path("<slug:slug>/<uuid:pk>/archive", records.archive, name="archive"),
    path("<slug:slug>/<uuid:pk>/steps/<slug:name>", matters.step, name="step"),
]
