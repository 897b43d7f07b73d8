"""The kinds of entity: where they live, what they contain and who inherits what."""

from __future__ import annotations

from dataclasses import dataclass

from .behaviour import Behaviour

COMMON = (
    "id name displayName fullyQualifiedName description version updatedAt updatedBy href "
    "changeDescription deleted owners tags extension dataProducts"
)
ASSET = COMMON + " votes sourceHash lifeCycle style usageSummary"
SERVICE = COMMON + " serviceType connection pipelines testConnectionResult"


@dataclass(frozen=True)
class Kind:
    type: str
    """As in references: ``table``."""
    collection: str
    """The route below ``/v1/``."""
    class_name: str
    """What the server calls its Java class; it shows in error texts."""
    properties: frozenset[str]
    """What ``fields`` accepts: every property of the entity's schema."""
    create_properties: frozenset[str]
    on_request: frozenset[str] = frozenset()
    """Properties that an answer has only if ``fields`` names them."""
    parent: str | None = None
    """The property that names the entity this one lives in."""
    parent_type: str | None = None
    ancestors: tuple[str, ...] = ()
    """All properties that refer to what contains it, nearest first."""
    inherits: frozenset[str] = frozenset()
    votes: bool = False
    followers: bool = False
    """Has followers on every version; see ``Behaviour.followers_everywhere`` for the rest."""
    followers_later: bool = False
    versioned_children: tuple[str, ...] = ()
    """Types that are deleted and restored together with it."""

    def has_followers(self, behaviour: Behaviour) -> bool:
        return self.followers or (self.followers_later and behaviour.followers_everywhere)

    def has_votes(self, behaviour: Behaviour) -> bool:
        return self.votes or (self.type == "domain" and behaviour.domains_have_votes)

    def allowed_fields(self, behaviour: Behaviour) -> set[str]:
        allowed = set(self.properties) | {behaviour.domain_property}
        if self.has_followers(behaviour):
            allowed.add("followers")
        if self.has_votes(behaviour):
            allowed.add("votes")
        else:
            allowed.discard("votes")
        if behaviour.certification:
            allowed.add("certification")
        if behaviour.incremental_changes:
            allowed |= {"incrementalChangeDescription", "entityStatus", "impersonatedBy"}
        return allowed


def words(*texts: str) -> frozenset[str]:
    return frozenset(" ".join(texts).split())


READ_ONLY = words(
    "id name fullyQualifiedName version updatedAt updatedBy href changeDescription",
    "incrementalChangeDescription followers votes inheritedRoles follows owns serviceType",
)
"""Properties that no request can set on an entity that is there."""

_ALWAYS_CREATE = "name displayName description owners tags extension dataProducts lifeCycle"
_ON_REQUEST = (
    "owners tags followers votes domain domains dataProducts extension certification lifeCycle"
)

KINDS = (
    Kind(
        "databaseService",
        "services/databaseServices",
        "org.openmetadata.schema.entity.services.DatabaseService",
        words(SERVICE),
        words(_ALWAYS_CREATE, "serviceType connection"),
        words(_ON_REQUEST),
        followers_later=True,
        versioned_children=("database",),
    ),
    Kind(
        "database",
        "databases",
        "org.openmetadata.schema.entity.data.Database",
        words(
            ASSET, "service serviceType databaseSchemas location default retentionPeriod sourceUrl"
        ),
        words(_ALWAYS_CREATE, "service default retentionPeriod sourceUrl sourceHash"),
        words(_ON_REQUEST),
        parent="service",
        parent_type="databaseService",
        ancestors=("service",),
        inherits=words("owners domains"),
        votes=True,
        followers_later=True,
        versioned_children=("databaseSchema",),
    ),
    Kind(
        "databaseSchema",
        "databaseSchemas",
        "org.openmetadata.schema.entity.data.DatabaseSchema",
        words(ASSET, "service serviceType database tables retentionPeriod sourceUrl"),
        words(_ALWAYS_CREATE, "database retentionPeriod sourceUrl sourceHash"),
        words(_ON_REQUEST),
        parent="database",
        parent_type="database",
        ancestors=("database", "service"),
        inherits=words("owners domains"),
        votes=True,
        followers_later=True,
        versioned_children=("table",),
    ),
    Kind(
        "table",
        "tables",
        "org.openmetadata.schema.entity.data.Table",
        words(
            ASSET,
            "usageSummary testSuite tableConstraints joins serviceType customMetrics fileFormat "
            "schemaDefinition dataModel tableType profile reviewers sampleData service "
            "tableProfilerConfig database retentionPeriod sourceUrl columns location "
            "tablePartition databaseSchema children experts queries",
        ),
        words(
            _ALWAYS_CREATE,
            "databaseSchema columns tableType tableConstraints tablePartition tableProfilerConfig "
            "retentionPeriod sourceUrl sourceHash fileFormat schemaDefinition dataModel reviewers",
        ),
        words(_ON_REQUEST, "tableConstraints schemaDefinition dataModel tableProfilerConfig"),
        parent="databaseSchema",
        parent_type="databaseSchema",
        ancestors=("databaseSchema", "database", "service"),
        inherits=words("owners domains retentionPeriod"),
        votes=True,
        followers=True,
    ),
    Kind(
        "messagingService",
        "services/messagingServices",
        "org.openmetadata.schema.entity.services.MessagingService",
        words(SERVICE),
        words(_ALWAYS_CREATE, "serviceType connection"),
        words(_ON_REQUEST),
        followers_later=True,
        versioned_children=("topic",),
    ),
    Kind(
        "topic",
        "topics",
        "org.openmetadata.schema.entity.data.Topic",
        words(
            ASSET,
            "service serviceType messageSchema partitions cleanupPolicies retentionTime "
            "retentionSize replicationFactor maximumMessageSize minimumInSyncReplicas "
            "topicConfig sampleData sourceUrl",
        ),
        words(
            _ALWAYS_CREATE,
            "service messageSchema partitions cleanupPolicies retentionTime retentionSize "
            "replicationFactor maximumMessageSize minimumInSyncReplicas topicConfig sourceUrl "
            "sourceHash",
        ),
        words(_ON_REQUEST),
        parent="service",
        parent_type="messagingService",
        ancestors=("service",),
        inherits=words("domains"),
        votes=True,
        followers=True,
    ),
    Kind(
        "user",
        "users",
        "org.openmetadata.schema.entity.teams.User",
        words(
            COMMON,
            "email isBot isAdmin profile timezone roles inheritedRoles teams follows owns domains "
            "personas defaultPersona authenticationMechanism isEmailVerified lastLoginTime "
            "externalId",
        ),
        words(
            _ALWAYS_CREATE,
            "email isBot isAdmin profile timezone roles teams personas defaultPersona botName "
            "authenticationMechanism createPasswordType password confirmPassword",
        ),
        words(_ON_REQUEST, "roles inheritedRoles teams follows owns profile personas"),
    ),
    Kind(
        "team",
        "teams",
        "org.openmetadata.schema.entity.teams.Team",
        words(
            COMMON,
            "teamType email profile parents children users childrenCount userCount owns isJoinable "
            "defaultRoles inheritedRoles policies externalId domains",
        ),
        words(
            _ALWAYS_CREATE,
            "teamType email profile parents children users isJoinable defaultRoles policies "
            "domains",
        ),
        words(_ON_REQUEST, "parents children users owns profile defaultRoles policies"),
    ),
    Kind(
        "bot",
        "bots",
        "org.openmetadata.schema.entity.Bot",
        words(COMMON, "botUser provider"),
        words(_ALWAYS_CREATE, "botUser provider"),
        words(_ON_REQUEST),
    ),
    Kind(
        "role",
        "roles",
        "org.openmetadata.schema.entity.teams.Role",
        words(COMMON, "policies users teams allowDelete provider disabled"),
        words(_ALWAYS_CREATE, "policies"),
        words(_ON_REQUEST, "policies"),
    ),
    Kind(
        "policy",
        "policies",
        "org.openmetadata.schema.entity.policies.Policy",
        words(
            COMMON, "rules enabled teams roles location allowDelete provider disabled policyType"
        ),
        words(_ALWAYS_CREATE, "rules enabled location policyType"),
        words(_ON_REQUEST),
    ),
    Kind(
        "classification",
        "classifications",
        "org.openmetadata.schema.entity.classification.Classification",
        words(
            COMMON, "mutuallyExclusive disabled provider usageCount termCount autoClassification"
        ),
        words(_ALWAYS_CREATE, "mutuallyExclusive provider autoClassification"),
        words(_ON_REQUEST, "usageCount termCount"),
        versioned_children=("tag",),
    ),
    Kind(
        "tag",
        "tags",
        "org.openmetadata.schema.entity.classification.Tag",
        words(
            COMMON,
            "classification parent children mutuallyExclusive disabled deprecated provider "
            "usageCount style recognizers",
        ),
        words(_ALWAYS_CREATE, "classification parent mutuallyExclusive provider style recognizers"),
        words(_ON_REQUEST, "usageCount children"),
        parent="classification",
        parent_type="classification",
        ancestors=("classification",),
    ),
    Kind(
        "glossary",
        "glossaries",
        "org.openmetadata.schema.entity.data.Glossary",
        words(COMMON, "votes mutuallyExclusive disabled provider reviewers usageCount termCount"),
        words(_ALWAYS_CREATE, "mutuallyExclusive reviewers provider"),
        words(_ON_REQUEST, "reviewers usageCount termCount"),
        votes=True,
        versioned_children=("glossaryTerm",),
    ),
    Kind(
        "glossaryTerm",
        "glossaryTerms",
        "org.openmetadata.schema.entity.data.GlossaryTerm",
        words(
            COMMON,
            "votes glossary parent children synonyms relatedTerms references reviewers status "
            "style mutuallyExclusive disabled provider usageCount childrenCount",
        ),
        words(
            _ALWAYS_CREATE,
            "glossary parent synonyms relatedTerms references reviewers style mutuallyExclusive "
            "provider",
        ),
        words(_ON_REQUEST, "reviewers relatedTerms children childrenCount usageCount"),
        parent="glossary",
        parent_type="glossary",
        ancestors=("glossary",),
        inherits=words("owners domains"),
        votes=True,
    ),
    Kind(
        "domain",
        "domains",
        "org.openmetadata.schema.entity.domains.Domain",
        words(COMMON, "domainType parent children childrenCount experts style assets"),
        words(_ALWAYS_CREATE, "domainType parent experts style"),
        words(_ON_REQUEST, "children childrenCount experts parent"),
        followers_later=True,
    ),
)

BY_TYPE = {kind.type: kind for kind in KINDS}
BY_COLLECTION = {kind.collection: kind for kind in KINDS}
