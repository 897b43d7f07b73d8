"""Types of sources: the connection form of each, and what each can do.

The contract names several hundred types and gives the forms of two; the forms of the others here
are a plausible minimum (inferred). A type without a form can't be connected.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One entry of a connection form.

    ``kind`` is text, number, password, file, switch, select (a choice with fields of its own) or
    ssh-tunnel.
    """

    name: str
    kind: str = "text"
    required: bool = True
    fields: tuple[Field, ...] = ()

    @property
    def secret(self) -> bool:
        return self.kind in ("password", "file")

    @property
    def container(self) -> bool:
        return bool(self.fields)


def _optional(name: str, kind: str = "text") -> Field:
    return Field(name, kind, required=False)


TUNNEL = Field(
    "ssh_tunnel",
    "ssh-tunnel",
    required=False,
    fields=(
        _optional("enabled", "switch"),
        _optional("host"),
        _optional("port", "number"),
        Field(
            "auth",
            "tunnel-auth",
            required=False,
            fields=(
                _optional("selection"),
                _optional("username"),
                _optional("password", "password"),
                _optional("passphrase", "password"),
                _optional("private_key", "password"),
            ),
        ),
        Field("require_tls", "tls", required=False, fields=(_optional("enabled", "switch"),)),
    ),
)


def _database(*more: Field) -> tuple[Field, ...]:
    return (
        _optional("connection_string", "password"),
        Field("host"),
        Field("port", "number"),
        Field("database"),
        Field("user"),
        Field("password", "password"),
        _optional("schema"),
        *more,
        TUNNEL,
    )


@dataclass(frozen=True)
class SourceType:
    name: str
    fields: tuple[Field, ...]
    sql: bool = False
    """Tables of a database: columns and keys are known, and the connection may be queried live."""
    change_capture: bool = False
    webhook_fields: tuple[str, ...] | None = None
    """``None``: the type has no webhooks."""

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


_TYPES = (
    SourceType("Postgres", _database(), sql=True, change_capture=True),
    SourceType("Supabase", _database(), sql=True, change_capture=True),
    SourceType("MySQL", _database(_optional("using_ssl", "switch")), sql=True),
    SourceType("MSSQL", _database(), sql=True),
    SourceType("Redshift", _database(), sql=True),
    SourceType(
        "Snowflake",
        (
            Field("account_id"),
            Field("database"),
            Field("warehouse"),
            Field("user"),
            Field("password", "password"),
            _optional("role"),
            _optional("schema"),
        ),
        sql=True,
    ),
    SourceType("BigQuery", (Field("key_file", "file"), Field("dataset_id")), sql=True),
    SourceType(
        "MongoDB", (Field("connection_string", "password"), _optional("database")), sql=False
    ),
    SourceType(
        "Stripe",
        (
            Field(
                "auth_method",
                "select",
                fields=(
                    _optional("selection"),
                    _optional("stripe_secret_key", "password"),
                    _optional("stripe_integration_id"),
                ),
            ),
            _optional("stripe_account_id"),
        ),
        webhook_fields=("signing_secret",),
    ),
    SourceType("Hubspot", (Field("hubspot_integration_id"),)),
    SourceType(
        "Zendesk", (Field("subdomain"), Field("api_key", "password"), Field("email_address"))
    ),
)
SOURCE_TYPES = {entry.name: entry for entry in _TYPES}
UNRELEASED = [
    "ClickHouse",
    "Databricks",
    "Salesforce",
    "Chargebee",
    "Vitally",
    "GoogleAds",
    "GoogleSheets",
    "GoogleSearchConsole",
    "MetaAds",
    "LinkedinAds",
    "RedditAds",
    "TikTokAds",
    "BingAds",
    "SnapchatAds",
    "Shopify",
    "Klaviyo",
    "Mailchimp",
    "Braze",
    "Mailjet",
    "CustomerIO",
    "Intercom",
    "Slack",
    "Linear",
    "Github",
    "GitLab",
    "Jira",
    "Notion",
    "Airtable",
    "Attio",
    "Clerk",
    "RevenueCat",
    "Polar",
    "Paddle",
    "TemporalIO",
    "DoIt",
    "Ashby",
    "Resend",
    "Convex",
    "PlanetScale",
    "Custom",
]
"""Names that the enumeration has and the sandbox has no form for."""
MANAGED_COLUMNS = ("Stripe", "Paddle", "Zendesk")
"""Types whose columns can't be chosen."""
