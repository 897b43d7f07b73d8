"""Plans as people meet them, for golden files. Each shows what a reviewer has to be able to see."""

from __future__ import annotations

from builders import SHOP, address, change, field_change, location, plan, set_change
from catalogctl.model import Action, Origin, Outcome, Plan, Secret, Verdict, Violation

OLD_TEXT = """\
One row per client, taken from the shop every night at two o'clock by the loader of the data \
platform team, who also answer questions about it.

Contains test accounts.
Join it with orders on customer_id.
Never join on email: people change it.
Amounts are in cents.
Owned by sales.
"""
NEW_TEXT = """\
One row per customer, taken from the shop every night at two o'clock by the loader of the data \
platform team, who also answer questions about it.

Test accounts are left out.
Join it with orders on customer_id.
Never join on email: people change it.
Amounts are in cents.
Owned by sales.
Late rows arrive until noon.
"""

CUSTOMERS = change(
    field_change(
        "columns.customer_id.description",
        None,
        "Primary key, unique.",
        source=location(9),
        verdict=Verdict.VERIFIED,
    ),
    set_change(
        "columns.email.tags",
        held=("Sales.Contact",),
        added=("PII.Sensitive",),
        removed=("PII.None",),
        source=location(13),
        verdict=Verdict.VERIFIED,
    ),
    field_change("description", OLD_TEXT, NEW_TEXT, source=location(3), verdict=Verdict.VERIFIED),
    field_change(
        "displayName", "Clients", "Customers", source=location(2), verdict=Verdict.VERIFIED
    ),
    field_change("vote", None, "votedUp", source=location(8)),
)
ORDERS = change(
    set_change(
        "columns.card.tags",
        added=("PII.Sensitve",),
        source=location(11, "catalog-specs/orders.yaml"),
        verdict=Verdict.REFUSED,
        message='there is no tag "PII.Sensitve"; did you mean "PII.Sensitive"?',
    ),
    field_change(
        "description",
        None,
        "One row per order.",
        source=location(3, "catalog-specs/orders.yaml"),
    ),
    identity=f"{SHOP}.orders",
)
PAYMENTS = change(
    field_change(
        "description",
        "Payments, card and cash.",
        "Payments, by card only.",
        base="Payments.",
        origin=Origin.CONFLICT,
        source=location(3, "catalog-specs/payments.yaml"),
    ),
    set_change(
        "tags",
        added=("Tier.Tier1",),
        removed=("Tier.Tier3",),
        base=("Tier.Tier2",),
        origin=Origin.CONFLICT,
        source=location(6, "catalog-specs/payments.yaml"),
    ),
    identity=f"{SHOP}.payments",
)
REFUNDS = change(
    field_change(
        "description",
        "Refunds. Ask Bob before you use this.",
        "Refunds, one row each.",
        origin=Origin.DRIFT,
        message="written in the catalog by bob, 2026-03-01",
        source=location(3, "catalog-specs/refunds.yaml"),
    ),
    identity=f"{SHOP}.refunds",
)
OLD_ORDERS = change(
    field_change(
        "description",
        "Orders before the move to the new shop.",
        "",
        source=location(3, "catalog-specs/old_orders.yaml"),
    ),
    set_change(
        "followers",
        held=("alice",),
        removed=("bob", "carol"),
        exact=True,
        source=location(4, "catalog-specs/old_orders.yaml"),
    ),
    identity=f"{SHOP}.old_orders",
)
SOURCE = change(
    field_change("access_method", None, "warehouse", source=location(4, "catalog-specs/pg.yaml")),
    field_change(
        "job_inputs.host", None, "db.internal", source=location(6, "catalog-specs/pg.yaml")
    ),
    field_change(
        "job_inputs.password",
        None,
        Secret("env/PG_PASSWORD"),
        source=location(9, "catalog-specs/pg.yaml"),
    ),
    field_change("job_inputs.port", None, "5432", source=location(7, "catalog-specs/pg.yaml")),
    identity="Postgres/prod_",
    kind="DataSource",
    catalog="posthog",
    action=Action.CREATE,
)
SCHEMA = change(
    field_change(
        "primary_key_columns",
        ("id",),
        ("id", "region"),
        source=location(9, "catalog-specs/stripe.yaml"),
    ),
    field_change("should_sync", False, True, source=location(6, "catalog-specs/stripe.yaml")),
    field_change(
        "sync_frequency", "6hour", "1hour", source=location(7, "catalog-specs/stripe.yaml")
    ),
    identity="Stripe#Charge",
    kind="DataSource",
    catalog="posthog",
)
SYNC = change(
    set_change("columns", held=("id",), added=("total",)),
    identity="8/main.dbo/foobar",
    kind="TableSync",
    catalog="alation",
    action=Action.TRIGGER,
    reason="the table is in the catalog with other columns",
)

GUARD = Violation(
    "mass-removal",
    "14 of 40 objects (35 %) lose something; the limit is 10 %",
    "--allow mass-removal",
)

BIG = plan(
    CUSTOMERS,
    ORDERS,
    PAYMENTS,
    REFUNDS,
    OLD_ORDERS,
    SOURCE,
    SCHEMA,
    SYNC,
    in_sync=407,
    guards=(GUARD,),
)
QUIET = plan(in_sync=409)
NO_SPECS = plan(
    guards=(Violation("no-specs", "nothing is declared in catalog-specs", "--allow no-specs"),)
)
ALL = plan(
    SCHEMA,
    in_sync=2,
    unchanged=(address(f"{SHOP}.orders"), address("sample_kafka.order_events", kind="Topic")),
)


def _result() -> Plan:
    failed, kept = ORDERS.fields
    stopped = "Connection reset while waiting for the answer, and reading again failed too"
    return plan(
        CUSTOMERS.ended(Outcome.APPLIED),
        change(
            kept.ended(Outcome.APPLIED),
            failed.ended(Outcome.FAILED, "Tag not found: PII.Sensitve (HTTP 404)"),
            identity=f"{SHOP}.orders",
        ),
        OLD_ORDERS.ended(
            Outcome.SKIPPED, "a removal waits until everything else in snowflake_prod went well"
        ),
        SYNC.ended(Outcome.UNKNOWN, stopped),
        in_sync=407,
        applied=True,
    )


RESULT = _result()
EXAMPLES = {
    "plan": BIG,
    "in-sync": QUIET,
    "no-specs": NO_SPECS,
    "result": RESULT,
}
