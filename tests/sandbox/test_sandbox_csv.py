"""CSV import and export, where the two versions differ."""

from __future__ import annotations

from sandbox_api import CUSTOMERS, Api

from catalogctl.sandbox import Sandbox

HEADER = (
    "column.name*,column.displayName,column.description,column.dataTypeDisplay,column.dataType*,"
    "column.arrayDataType,column.dataLength,column.tags,column.glossaryTerms"
)
OLD_HEADER = HEADER.replace("column.name*", "column.fullyQualifiedName*").replace(
    "dataType*", "dataType"
)
SERVICE_HEADER = (
    "name*,displayName,description,owner,tags,glossaryTerms,tiers,certification,domains,extension"
)
TABLE = f"/tables/name/{CUSTOMERS}"
SCHEMA = "/databaseSchemas/name/snowflake_prod.analytics.public"
KAFKA = "/services/messagingServices/name/sample_kafka"


def lines(*rows: str) -> str:
    return "".join(f"{row}\r\n" for row in rows)


def test_an_export_is_what_the_published_example_says(api: Api) -> None:
    text = api.export_csv(TABLE)
    assert text.splitlines()[0] == HEADER
    assert "address.geo.lat,,,double,DOUBLE,,,,\r\n" in text
    assert '"""geo.lat""",,Latitude as the old loader wrote it' in text
    assert "email,E-mail,Login e-mail.,varchar(255),VARCHAR,,255,PII.Sensitive,\r\n" in text


def test_a_partial_file_counts_its_rows_without_the_header(api: Api) -> None:
    text = lines(
        HEADER,
        "email,Email,Login email.,varchar(255),VARCHAR,,255,PII.Sensitive,Business.Customer",
        "loyalty_tier,,Computed tier,varchar(16),VARCHAR,,16,,",
    )
    assert api.import_csv(TABLE, text) == {
        "dryRun": True,
        "status": "success",
        "numberOfRowsProcessed": 2,
        "numberOfRowsPassed": 2,
        "numberOfRowsFailed": 0,
        "importResultsCsv": lines(
            f"status,details,{HEADER}",
            *(f"success,Entity updated,{row}" for row in text.splitlines()[1:]),
        ),
    }
    assert len(api.table()["columns"]) == 11


def test_one_bad_row_keeps_all_others_out(api: Api) -> None:
    bad = "email,,x,varchar(255),VARCHAR,,255,PII.Nope,"
    good = "phone,,Phone.,varchar(32),VARCHAR,,32,,"
    answer = api.import_csv(TABLE, lines(HEADER, bad, good), "false")
    assert answer["status"] == "failure"
    assert (answer["numberOfRowsProcessed"], answer["numberOfRowsFailed"]) == (1, 1)
    detail = '"#INVALID_FIELD: Field 8 error - Entity PII.Nope of type tag not found"'
    assert answer["importResultsCsv"] == lines(
        f"status,details,{HEADER}", f"failure,{detail},{bad}"
    )
    assert "description" not in api.table()["columns"][4]


def test_on_1_6_the_good_rows_get_in(old_api: Api) -> None:
    bad = "email,,x,varchar(255),VARCHAR,,255,PII.Nope,"
    good = "phone,,Phone.,varchar(32),VARCHAR,,32,,"
    answer = old_api.import_csv(TABLE, lines(OLD_HEADER, bad, good), "false")
    assert answer["status"] == "partialSuccess"
    assert (answer["numberOfRowsProcessed"], answer["numberOfRowsPassed"]) == (3, 2)
    columns = old_api.table()["columns"]
    assert columns[1]["description"] == "Login e-mail."
    assert columns[4]["description"] == "Phone."


def test_exclusive_tags_are_found_by_a_dry_run_of_2_0_only(api: Api, old_api: Api) -> None:
    row = "email,,x,varchar(255),VARCHAR,,255,PII.Sensitive;PII.None,"
    new = api.import_csv(TABLE, lines(HEADER, row))
    assert "mutually exclusive" in new["importResultsCsv"]
    assert old_api.import_csv(TABLE, lines(OLD_HEADER, row))["status"] == "success"
    real = old_api.import_csv(TABLE, lines(OLD_HEADER, row), "false")
    assert "mutually exclusive" in real["importResultsCsv"]


def test_an_automated_label_comes_out_manual_and_a_tier_is_lost(api: Api) -> None:
    labels = [
        {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Automated"},
        {"tagFQN": "Tier.Tier1", "source": "Classification", "labelType": "Manual"},
    ]
    api.patch(TABLE, ("/columns/1/tags", labels))
    api.import_csv(TABLE, api.export_csv(TABLE), "false")
    after = api.table()["columns"][1]["tags"]
    assert [(label["tagFQN"], label["labelType"]) for label in after] == [
        ("PII.Sensitive", "Manual")
    ]


def test_a_file_of_another_version_is_aborted(api: Api) -> None:
    answer = api.import_csv(TABLE, lines(OLD_HEADER, "email,,,,,,,,"), "false")
    assert answer["status"] == "aborted"
    assert answer["abortReason"].startswith("#INVALID_HEADER: Headers [column.fullyQualifiedName*,")


def test_anything_but_true_is_a_real_import(api: Api) -> None:
    for dry, expected in ((None, True), ("", True), ("TRUE", True), ("1", False), ("no", False)):
        text = lines(HEADER, f"phone,,{dry},varchar(32),VARCHAR,,32,,")
        assert api.import_csv(TABLE, text, dry)["dryRun"] is expected
        written = api.table()["columns"][4].get("description") == str(dry)
        assert written is not expected


def test_a_rowless_table_file_is_a_success(api: Api) -> None:
    answer = api.import_csv(TABLE, lines(HEADER), "false")
    assert (answer["status"], answer["numberOfRowsProcessed"]) == ("success", 0)


def test_a_schema_file_of_2_0_clears_what_its_cells_leave_empty(api: Api) -> None:
    text = api.export_csv(SCHEMA)
    header = text.splitlines()[0]
    answer = api.import_csv(SCHEMA, lines(header, "customers,,New text.,,,,,,,,,"), "false")
    assert answer["status"] == "success"
    table = api.table()
    assert (table["description"], table["owners"], table["tags"]) == ("New text.", [], [])
    assert table["version"] == 0.2
    api.import_csv(SCHEMA, lines(header, "customers,,New text.,,,,,,,,,"), "false")
    assert api.table()["version"] == 0.3


def test_a_schema_file_of_1_6_keeps_them(old_api: Api) -> None:
    header = old_api.export_csv(SCHEMA).splitlines()[0]
    old_api.import_csv(SCHEMA, lines(header, "customers,,New text.,,,,,,,"), "false")
    table = old_api.table()
    assert [owner["name"] for owner in table["owners"]] == ["dave"]
    assert len(table["tags"]) == 3


def test_unknown_tables_are_created_and_nothing_is_deleted(api: Api) -> None:
    header = api.export_csv(SCHEMA).splitlines()[0]
    row = "brandnew,,,,,,,,,,,"
    assert "Entity created" in api.import_csv(SCHEMA, lines(header, row))["importResultsCsv"]
    total = api.get("/tables", limit=0)["paging"]["total"]
    api.import_csv(SCHEMA, lines(header, row), "false")
    assert api.get("/tables", limit=0)["paging"]["total"] == total + 1


def test_messaging_services_have_no_csv_by_default(api: Api) -> None:
    assert api.http.get(f"{KAFKA}/export").status_code == 404


def test_messaging_csv_can_be_switched_on(api: Api, sandbox: Sandbox) -> None:
    sandbox.configure(messaging_csv="inferred")
    try:
        assert api.export_csv(KAFKA).splitlines()[0] == SERVICE_HEADER
        rows = (
            "order_events,Order Events,Events for order processing,team:data-engineering,,,"
            "Tier.Tier1,,Sales,",
            'payments,Payments,"Payment events; PCI",data-engineering,PII.Sensitive,,,,Sales,',
        )
        answer = api.import_csv(KAFKA, lines(SERVICE_HEADER, *rows), "false")
        assert answer["status"] == "partialSuccess"
        assert (
            "Owner should be of format user:userName or team:teamName" in answer["importResultsCsv"]
        )
        topic = api.get("/topics/name/sample_kafka.order_events", fields="tags,domains")
        assert topic["displayName"] == "Order Events"
        assert [label["tagFQN"] for label in topic["tags"]] == ["Tier.Tier1"]
        sandbox.configure(messaging_csv="docs")
        text = api.export_csv(KAFKA)
        assert text.splitlines()[0] == "name,displayName,description,owner,tags,domain"
    finally:
        sandbox.configure(messaging_csv="off")
