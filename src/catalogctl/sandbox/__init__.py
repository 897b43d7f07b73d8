"""An emulator of the systems that catalogctl talks to, for trying, demonstrating and testing it.

In a test::

    with Sandbox(mode="1.6") as sandbox:
        client = httpx.Client(
            base_url=sandbox.openmetadata_url + "/api",
            headers={"Authorization": "Bearer " + sandbox.token("alice")},
        )
        sandbox.faults.add(method="PATCH", path="/v1/tables/", status=429,
                           headers={"Retry-After": "1"})
        ...
        assert [call["status"] for call in sandbox.requests()] == [...]

By hand: ``python -m catalogctl.sandbox --port 8585 --mode 2.0`` prints the variables to export.

Systems are mounted by prefix; OpenMetadata answers under ``/openmetadata/api/v1``, PostHog under
``/posthog/api`` (see ``catalogctl.sandbox.posthog``; its keys: ``posthog.keys``, its three eras:
``posthog.eras``, its seeds and simulated systems: ``posthog.seeding``, ``posthog.world``). Users,
their tokens and rights: ``catalogctl.sandbox.openmetadata.builtin``. Format of seeds:
``catalogctl.sandbox.openmetadata.seeding``. What differs between the modes "1.6" and "2.0":
``catalogctl.sandbox.openmetadata.behaviour``. Alation answers under ``/alation`` (see
``catalogctl.sandbox.alation``; its users: ``alation.access``, its seeds and simulated sources:
``alation.seeding``, ``alation.world``, a seed of many tables: ``alation.large``).

Control routes, which faults do not touch and the log does not hold:

=================================  ==========================================================
GET    /_sandbox                   the variables to export
GET    /_sandbox/requests          the log; DELETE empties it
POST   /_sandbox/faults            add one fault or a list; GET shows, DELETE removes all
                                   (see ``catalogctl.sandbox.faults``)
POST   /_sandbox/reset             the seed loaded anew, no faults, an empty log
PATCH  /_sandbox/settings          ``{"latency_ms", "job_seconds", "import_result",
                                   "messaging_csv", "advance_clock_seconds", "posthog",
                                   "alation"}``; the last two: see ``posthog.settings``,
                                   ``PostHog.configure``, and the same of ``alation``
=================================  ==========================================================

The emulator was written from published contracts and recorded calls, not from the tool that it
tests, and imports nothing of it.
"""

from __future__ import annotations

from .faults import Fault, Faults
from .server import Sandbox, serve

__all__ = ["Fault", "Faults", "Sandbox", "serve"]
