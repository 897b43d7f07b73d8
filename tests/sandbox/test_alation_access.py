"""Alation in the sandbox: tokens, their lifetimes, OAuth, paths, faults, settings and seeds."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from alation_api import (
    DAY,
    HOUR,
    SYNC,
    V1,
    V2,
    Alation,
    fresh,  # noqa: F401
    one_server,  # noqa: F401
    running,
)

from catalogctl.sandbox import Sandbox

MISSING = {"detail": "Authentication credentials were not provided.", "code": "403000"}


def _refresh(alation: Alation, user: str = "admin") -> dict[str, Any]:
    sandbox = alation.sandbox
    return {
        "refresh_token": sandbox.alation_refresh_token(user),
        "user_id": sandbox.alation_user_id(user),
    }


def _open(alation: Alation, value: str) -> int:
    return alation.http.get(f"{V1}/userinfo/", headers={"TOKEN": value}).status_code


def test_the_variables_open_it(alation: Alation) -> None:
    variables = alation.sandbox.variables()
    assert sorted(name for name in variables if name.startswith("ALATION")) == [
        "ALATION_TOKEN",
        "ALATION_URL",
    ]
    answer = httpx.get(
        f"{variables['ALATION_URL']}{V1}/userinfo/?limit=1000",
        headers={"Token": variables["ALATION_TOKEN"]},
    )
    assert answer.json() == {
        "id": 1,
        "email": "admin@example.com",
        "username": "admin@example.com",
        "first_name": "Admin",
        "last_name": "",
        "title": "",
        "role": "SERVER_ADMIN",
    }


def test_headers_that_open_it_and_those_that_do_not(alation: Alation) -> None:
    value = alation.sandbox.alation_token("viewer")
    for headers in ({"token": value}, {"TOKEN": value}, {"Authorization": f"Bearer {value}"}):
        answer = alation.http.get(f"{V1}/userinfo/", headers=headers)
        assert answer.json()["role"] == "VIEWER"
    nothing: tuple[dict[str, str], ...] = ({}, {"Authorization": "Basic eDp5"})
    for headers in nothing:
        answer = alation.http.get(f"{V2}/table/", headers=headers)
        assert (answer.status_code, answer.json()) == (403, MISSING)
    wrong = alation.http.get(f"{V2}/table/", headers={"Token": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "403000")
    bearer = alation.http.get(f"{V2}/table/", headers={"Authorization": "Bearer wrong"})
    assert bearer.status_code == 403
    assert bearer.json() == {"detail": "Authentication failed: invalid bearer token."}


def test_an_access_token_is_made_of_a_refresh_token(alation: Alation) -> None:
    path = f"{V1}/createAPIAccessToken/"
    made = alation.call("POST", path, _refresh(alation, "steward"), None)
    assert made.status_code == 201
    body = made.json()
    assert body["token_status"] == "ACTIVE"
    assert body["user_id"] == alation.sandbox.alation_user_id("steward")
    assert body["created_at"].endswith("Z")
    assert body["created_at"] < body["token_expires_at"]
    assert _open(alation, body["api_access_token"]) == 200
    form = alation.http.post(path, data=_refresh(alation))
    assert form.status_code == 201
    check = {"api_access_token": body["api_access_token"], "user_id": body["user_id"]}
    valid = alation.call("POST", f"{V1}/validateAPIAccessToken/", check, None)
    assert (valid.status_code, valid.json()) == (200, body)


def test_a_refresh_token_is_made_with_a_password(alation: Alation) -> None:
    path = f"{V1}/createRefreshToken/"
    body = {"username": "viewer@example.com", "password": "viewer", "name": "laptop"}
    made = alation.call("POST", path, body, None)
    assert made.status_code == 201
    token = made.json()
    assert (token["name"], token["token_status"], token["last_used_at"]) == (
        "laptop",
        "ACTIVE",
        None,
    )
    pair = {name: token[name] for name in ("refresh_token", "user_id")}
    checked = alation.call("POST", f"{V1}/validateRefreshToken/", pair, None)
    assert (checked.status_code, checked.json()) == (200, token)
    wrong = alation.call("POST", path, {**body, "password": "x"}, None)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "401000")
    assert alation.call("POST", path, {"username": "viewer"}, None).status_code == 400


def test_wrong_tokens_on_token_calls(alation: Alation) -> None:
    good = _refresh(alation)
    for body in ({**good, "refresh_token": "x"}, {**good, "user_id": 2}):
        for name in ("createAPIAccessToken", "validateRefreshToken", "revokeAPIAccessTokens"):
            answer = alation.call("POST", f"{V1}/{name}/", body, None)
            assert answer.status_code == 401
            assert answer.json() == {
                "detail": "Refresh token provided is invalid.",
                "code": "401000",
            }
    access = {"api_access_token": "x", "user_id": 1}
    answer = alation.call("POST", f"{V1}/validateAPIAccessToken/", access, None)
    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "API Access Token provided is invalid.",
    )
    alation.tune(token_errors_as_200=True)
    answer = alation.call("POST", f"{V1}/validateAPIAccessToken/", access, None)
    assert (answer.status_code, answer.json()["status"]) == (200, "failed")


def test_tokens_expire_on_the_clock(alation: Alation) -> None:
    value = alation.sandbox.alation_token()
    alation.advance(DAY - 60)
    assert _open(alation, value) == 200
    alation.advance(61)
    assert _open(alation, value) == 403
    assert alation.sync("orders").status_code == 403
    check = {"api_access_token": value, "user_id": 1}
    expired = alation.call("POST", f"{V1}/validateAPIAccessToken/", check, None)
    assert (expired.status_code, expired.json()["token_status"]) == (200, "EXPIRED")
    alation.tune(access_token_hours=0.5)
    made = alation.call("POST", f"{V1}/createAPIAccessToken/", _refresh(alation), None).json()
    assert _open(alation, made["api_access_token"]) == 200
    alation.advance(HOUR / 2)
    assert _open(alation, made["api_access_token"]) == 403
    alation.advance(60 * DAY)
    status = alation.call("POST", f"{V1}/validateRefreshToken/", _refresh(alation), None)
    assert (status.status_code, status.json()["token_status"]) == (200, "EXPIRED")
    refused = alation.call("POST", f"{V1}/createAPIAccessToken/", _refresh(alation), None)
    assert refused.status_code == 401
    alation.sandbox.reset()
    assert _open(alation, value) == 200


def test_access_tokens_are_revoked_by_their_refresh_token(alation: Alation) -> None:
    answer = alation.call("POST", f"{V1}/revokeAPIAccessTokens/", _refresh(alation), None)
    assert answer.status_code == 200
    assert answer.json()["detail"].startswith(
        "Revoked active access tokens for refresh token: 'sandbox' with id: "
    )
    assert _open(alation, alation.sandbox.alation_token()) == 403
    assert _open(alation, alation.sandbox.alation_token("viewer")) == 200
    check = {"api_access_token": alation.sandbox.alation_token(), "user_id": 1}
    assert alation.call("POST", f"{V1}/validateAPIAccessToken/", check, None).status_code == 401


@pytest.mark.parametrize("path", ["/oauth/v2/token/", "/oauth/v2/token"])
def test_oauth_client_credentials(alation: Alation, path: str) -> None:
    form = {"grant_type": "client_credentials", "client_id": "ci", "client_secret": "ci-secret"}
    token = alation.http.post(path, data=form).json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    assert token["access_token"].count(".") == 2
    basic = alation.http.post(
        path, data={"grant_type": "client_credentials"}, auth=("ci", "ci-secret")
    )
    assert basic.status_code == 200
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert alation.http.get(f"{V2}/table/", headers=bearer).status_code == 200
    assert _open(alation, token["access_token"]) == 200
    wrong = alation.http.post(path, data={**form, "client_secret": "x"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    grant = alation.http.post(path, data={**form, "grant_type": "password"})
    assert (grant.status_code, grant.json()["error"]) == (400, "unsupported_grant_type")
    alation.advance(HOUR)
    assert alation.http.get(f"{V2}/table/", headers=bearer).status_code == 403


def test_slashes(alation: Alation) -> None:
    headers = {"Token": alation.sandbox.alation_token()}
    moved = alation.http.post(SYNC.rstrip("/"), json={"datasource_id": 8}, headers=headers)
    assert moved.status_code == 301
    assert moved.headers["Location"] == f"/alation{SYNC}"
    followed = alation.http.get(
        f"{V2}/table", params={"name": "orders"}, headers=headers, follow_redirects=True
    )
    assert len(followed.json()) == 1
    doubled = httpx.get(f"{alation.sandbox.alation_url}/{V2}/table/", headers=headers)
    assert doubled.status_code == 200
    assert doubled.url.path == f"/alation/{V2}/table/"


def test_paths_and_methods_that_are_none(alation: Alation) -> None:
    unknown = alation.call("GET", f"{V2}/nothing/")
    assert unknown.status_code == 404
    assert unknown.headers["Content-Type"].startswith("text/html")
    wrong = alation.call("GET", SYNC)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
    assert wrong.json() == {"detail": 'Method "GET" not allowed.'}


def test_faults_know_the_user(alation: Alation) -> None:
    alation.sandbox.faults.add(
        method="GET",
        path="/v2/table/",
        user="viewer",
        status=429,
        headers={"Retry-After": "7"},
        body={"detail": "Request was throttled. Expected available in 7 seconds."},
    )
    assert alation.call("GET", f"{V2}/table/").status_code == 200
    throttled = alation.call("GET", f"{V2}/table/", user="viewer")
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "7")
    assert alation.call("GET", f"{V2}/table/", user="viewer").status_code == 200


def test_settings_over_http(alation: Alation) -> None:
    control = f"{alation.sandbox.url}/_sandbox/settings"
    answer = httpx.patch(control, json={"alation": {"job_polls": 3}}).json()
    assert answer["alation"]["job_polls"] == 3
    wrong: tuple[dict[str, object], ...] = (
        {"nonsense": 1},
        {"wrap_html": ["titles"]},
        {"data_sources": {"8": {"trouble": {"kind": "aliens"}}}},
        {"data_sources": {"8": {"schemas": {"s": {"tables": {"t": {"type": "INDEX"}}}}}}},
        {"users": {"viewer": {"role": "KING"}}},
    )
    for changes in wrong:
        assert httpx.patch(control, json={"alation": changes}).status_code == 400, changes
    alation.sandbox.reset()
    assert httpx.get(control).json()["alation"]["job_polls"] == 0


def test_users_of_a_seed() -> None:
    seed = {"users": {"erin": {"id": 9, "role": "COMPOSER", "email": "e@shop.example"}}}
    with running(alation_seed=seed) as alation:
        told = alation.call("GET", f"{V1}/userinfo/", user="erin").json()
        assert (told["id"], told["role"], told["email"]) == (9, "COMPOSER", "e@shop.example")
        with pytest.raises(ValueError, match="unknown user of Alation 'nobody'"):
            alation.sandbox.alation_token("nobody")


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ({"tables": {}}, "unknown part of a seed: tables"),
        ({"custom_fields": [{"field_type": "NUMBER"}]}, "field_type of a custom field"),
        ({"catalog": {"8": {"s": {"tables": ["gone"]}}}}, "is not at its source"),
        ({"catalog": {"8": {"s": {"custom_fields": {"x": 1}}}}}, "unknown custom field 'x'"),
    ],
)
def test_seeds_that_make_no_sense(seed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sandbox(seed=None, posthog_seed=None, alation_seed=seed)


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown version '2019\.1' of Alation"):
        Sandbox(alation_version="2019.1")


def test_data_in_a_file_survives(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("alation") / "sandbox.db"
    with running(data=path) as alation:
        alation.sync("shipments")
        alation.write("PATCH", "table", {"key": "8.main.dbo.shipments", "title": "Parcels"})
        made = alation.call("POST", f"{V1}/createAPIAccessToken/", _refresh(alation), None).json()
        job = alation.call("PATCH", f"{V2}/table/", [{"id": 1, "title": "x"}], ds_id=6).json()
    with running(data=path) as alation:
        assert alation.table("shipments")["title"] == "Parcels"
        assert _open(alation, made["api_access_token"]) == 200
        assert alation.finish(job["job_id"])["status"] == "successful"
        assert alation.tables(id=1)[0]["title"] == "x"
