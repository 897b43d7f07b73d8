"""What every sandbox has from the start: users with different rights, roles, classifications.

==============  =====================================================================
admin           may do everything
ingestion-bot   the bot: may create, edit, view and delete everything
alice, bob      no role of their own: descriptions and tags, and what they own
carol           data steward: also display names and owners
viewer          may edit nothing at all; every edit is denied by a rule
==============  =====================================================================
"""

from __future__ import annotations

from typing import Any

ALLOWED = {
    "1.6": {
        "DataConsumer": ["EditDescription", "EditTags", "ViewAll"],
        "DataSteward": [
            "EditDescription", "EditDisplayName", "EditLineage", "EditOwners", "EditTags",
            "ViewAll",
        ],
    },
    "2.0": {
        "DataConsumer": ["EditDescription", "EditGlossaryTerms", "EditTags", "EditTier", "ViewAll"],
        "DataSteward": [
            "EditDescription", "EditDisplayName", "EditGlossaryTerms", "EditLineage", "EditOwners",
            "EditTags", "EditTier", "ViewAll",
        ],
    },
}  # fmt: skip


def _rule(
    name: str, effect: str, operations: list[str], condition: str | None = None
) -> dict[str, Any]:
    rule = {"name": name, "effect": effect, "operations": operations, "resources": ["All"]}
    return rule | ({"condition": condition} if condition else {})


def policies(mode: str) -> list[dict[str, Any]]:
    """Rules as recorded on 1.6, with the operations that 2.0 added in its mode."""
    allowed = ALLOWED[mode]
    return [
        {
            "name": "OrganizationPolicy",
            "rules": [
                _rule("OrganizationPolicy-Owner-Rule", "allow", ["All"], "isOwner()"),
                _rule("OrganizationPolicy-NoOwner-Rule", "allow", ["EditOwners"], "noOwner()"),
            ],
        },
        {
            "name": "DataConsumerPolicy",
            "rules": [_rule("DataConsumerPolicy-EditRule", "allow", allowed["DataConsumer"])],
        },
        {
            "name": "DataStewardPolicy",
            "rules": [_rule("DataStewardPolicy-EditRule", "allow", allowed["DataSteward"])],
        },
        {
            "name": "IngestionBotPolicy",
            "rules": [
                _rule("IngestionBotRule-Allow", "allow", ["Create", "Delete", "EditAll", "ViewAll"])
            ],
        },
        {
            "name": "ReadOnlyPolicy",
            "rules": [_rule("ReadOnlyPolicy-DenyEdits", "deny", ["Create", "Delete", "EditAll"])],
        },
    ]


ROLES = [
    {"name": "DataConsumer", "displayName": "Data Consumer", "policies": ["DataConsumerPolicy"]},
    {"name": "DataSteward", "displayName": "Data Steward", "policies": ["DataStewardPolicy"]},
    {"name": "IngestionBotRole", "policies": ["IngestionBotPolicy"]},
    {"name": "ReadOnlyRole", "displayName": "Read Only", "policies": ["ReadOnlyPolicy"]},
]

ORGANIZATION = {
    "name": "Organization",
    "displayName": "Organization",
    "teamType": "Organization",
    "description": "Organization under which all the other team hierarchy is created",
}

USERS: list[dict[str, Any]] = [
    {"name": "admin", "email": "admin@open-metadata.org", "isAdmin": True, "password": "admin"},
    {"name": "ingestion-bot", "isBot": True, "roles": ["IngestionBotRole"]},
    {"name": "alice", "displayName": "Alice"},
    {"name": "bob", "displayName": "Bob"},
    {"name": "carol", "displayName": "Carol", "roles": ["DataSteward"]},
    {"name": "viewer", "displayName": "Viewer", "roles": ["ReadOnlyRole"]},
]

CLASSIFICATIONS: list[dict[str, Any]] = [
    {
        "name": "Tier",
        "description": "How important a data asset is to the business.",
        "mutuallyExclusive": True,
        "tags": {f"Tier{number}": f"Tier {number} data asset." for number in range(1, 6)},
    },
    {
        "name": "PII",
        "description": "Personally identifiable information.",
        "mutuallyExclusive": True,
        "tags": {
            "Sensitive": "Personal information that would cause harm if it were lost or disclosed.",
            "NonSensitive": "Personal information that is easily found in public sources.",
            "None": "No personal information.",
        },
    },
    {
        "name": "PersonalData",
        "description": "Personal data in the sense of the law.",
        "mutuallyExclusive": True,
        "tags": {
            "Personal": "Data about a person who can be identified.",
            "SpecialCategory": "Data that the law protects in particular, such as health data.",
        },
    },
    {
        "name": "Certification",
        "description": "How far a data asset is certified.",
        "mutuallyExclusive": True,
        "tags": {"Gold": "Gold.", "Silver": "Silver.", "Bronze": "Bronze."},
    },
]
