"""What differs between the two servers that are emulated, named and in one place.

"1.6" follows calls recorded on a build of October 2024 (it calls itself 1.6.0-SNAPSHOT). "2.0"
follows what is published about 2.0: its source, its tests and its client library; where that left
a choice, the comment says "inferred".
"""

from __future__ import annotations

from dataclasses import dataclass

TABLE_COLUMNS = (
    "column.displayName,column.description,column.dataTypeDisplay,{dataType},"
    "column.arrayDataType,column.dataLength,column.tags,column.glossaryTerms"
)


@dataclass(frozen=True)
class CsvBehaviour:
    table_header: str
    container_header: str
    """Of a database (its schemas) and of a schema (its tables)."""
    service_header: str
    counts_header_line: bool
    atomic_table: bool
    """All rows of a table's file or none; else one patch a row."""
    resolves_more_than_references: bool
    """A dry run also finds exclusive and disabled tags."""
    trims_list_items: bool
    clears_empty_cells: bool
    """An empty cell of a container's file takes owners, tags and domains away."""
    always_bumps_version: bool
    """A container's file gives every listed row a new version, changed or not."""
    writes_events: bool


@dataclass(frozen=True)
class Behaviour:
    mode: str
    version_text: str
    domain_property: str
    """``domain`` holds one reference, ``domains`` a list."""
    generic_errors_are_500: bool
    """Unknown route, wrong method or media type: 500 with the true status in the text."""
    etags: bool
    header_tells_session: bool
    """The change header compares with the session's start instead of the state before."""
    failing_patch_reverts_session: bool
    inherited_owner_becomes_direct: bool
    compares_only_patched_fields: bool
    empty_column_tags: bool
    """``fields=columns`` alone gives every column ``tags: []``."""
    replace_adds_missing: bool
    refuses_disabled_tags: bool
    hides_disabled_tags: bool
    incremental_changes: bool
    """``incrementalChangeDescription`` and ``changeDescription.changeSummary``."""
    async_csv: bool
    column_paging: bool
    certification: bool
    followers_everywhere: bool
    domains_have_votes: bool
    normalises_names: bool
    """Needless quotes in a full name are taken away before it is looked up."""
    labels_need_source: bool
    short_column_paths: bool
    """Changes of a nested column's texts are listed under its bare name."""
    finer_label_rights: bool
    """Tiers and glossary terms need operations of their own, not ``EditTags``."""
    events_carry_text: bool
    """``GET /v1/events`` gives the entity as JSON text and leaves its name out."""
    csv: CsvBehaviour

    @property
    def many_domains(self) -> bool:
        return self.domain_property == "domains"


V1_6 = Behaviour(
    mode="1.6",
    version_text="1.6.0-SNAPSHOT",
    domain_property="domain",
    generic_errors_are_500=True,
    etags=False,
    header_tells_session=True,
    failing_patch_reverts_session=True,
    inherited_owner_becomes_direct=True,
    compares_only_patched_fields=False,
    empty_column_tags=False,
    replace_adds_missing=False,
    refuses_disabled_tags=False,
    hides_disabled_tags=False,
    incremental_changes=False,
    async_csv=False,
    column_paging=False,
    certification=False,
    followers_everywhere=False,
    domains_have_votes=False,
    normalises_names=False,
    labels_need_source=False,
    short_column_paths=True,
    finer_label_rights=False,
    events_carry_text=True,
    csv=CsvBehaviour(
        table_header="column.fullyQualifiedName*,"
        + TABLE_COLUMNS.format(dataType="column.dataType"),
        container_header=(
            "name*,displayName,description,owner,tags,glossaryTerms,tiers,"
            "retentionPeriod,sourceUrl,domain"
        ),
        service_header="name*,displayName,description,owner,tags,glossaryTerms,tiers,domain",
        counts_header_line=True,
        atomic_table=False,
        resolves_more_than_references=False,
        trims_list_items=False,
        clears_empty_cells=False,
        always_bumps_version=False,
        writes_events=False,
    ),
)

V2_0 = Behaviour(
    mode="2.0",
    version_text="2.0.7",
    domain_property="domains",
    generic_errors_are_500=False,
    etags=True,
    header_tells_session=False,
    failing_patch_reverts_session=False,
    inherited_owner_becomes_direct=False,
    compares_only_patched_fields=True,
    empty_column_tags=True,
    replace_adds_missing=True,
    refuses_disabled_tags=True,
    hides_disabled_tags=True,
    incremental_changes=True,
    async_csv=True,
    column_paging=True,
    certification=True,
    followers_everywhere=True,
    domains_have_votes=True,
    normalises_names=True,
    labels_need_source=True,
    short_column_paths=False,
    finer_label_rights=True,
    events_carry_text=False,
    csv=CsvBehaviour(
        table_header="column.name*," + TABLE_COLUMNS.format(dataType="column.dataType*"),
        container_header=(
            "name*,displayName,description,owner,tags,glossaryTerms,tiers,certification,"
            "retentionPeriod,sourceUrl,domains,extension"
        ),
        service_header=(
            "name*,displayName,description,owner,tags,glossaryTerms,tiers,certification,"
            "domains,extension"
        ),
        counts_header_line=False,
        atomic_table=True,
        resolves_more_than_references=True,
        trims_list_items=True,
        clears_empty_cells=True,
        always_bumps_version=True,
        writes_events=True,
    ),
)

MODES = {behaviour.mode: behaviour for behaviour in (V1_6, V2_0)}
