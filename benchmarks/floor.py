"""The least that a cold plan has to do: what a plan's cost is compared with.

Read and parse every spec, fetch every page, decode what is compared, compare. It has none of what
makes a tool: no validation, no message that names a line, no duplicate keys found, no retries, no
references, no policy, one thread, one connection, the collector of garbage off. It prints how many
tables differ and how the time was spent, as JSON.

`--yaml safe` is the ordinary way, `yaml.load` with libyaml's `CSafeLoader`. It is not the fastest:
`--yaml events` builds the same values from libyaml's events, in half the time, and so a tool that
does the latter can come out below a floor that does the former. `--yaml fast` takes the parser of
the extra `catalogctl[fast]` at its word.
"""

from __future__ import annotations

import argparse
import gc
import http.client
import json
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import yaml
from yaml import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent
from yaml._yaml import CParser

PAGE = 1000
FIELDS = "owners,tags,columns,followers"


class Named(msgspec.Struct, gc=False):
    name: str = ""
    type: str = ""


class Label(msgspec.Struct, gc=False):
    tagFQN: str


class Column(msgspec.Struct, gc=False):
    name: str
    description: str | None = None
    displayName: str | None = None
    tags: Sequence[Label] = ()


class Table(msgspec.Struct, gc=False):
    fullyQualifiedName: str
    columns: Sequence[Column]
    description: str | None = None
    displayName: str | None = None
    tags: Sequence[Label] = ()
    owners: Sequence[Named] = ()
    followers: Sequence[Named] = ()


class Paging(msgspec.Struct):
    after: str | None = None


class Page(msgspec.Struct):
    data: Sequence[Table]
    paging: Paging


def specs(folder: str, way: str) -> dict[str, Any]:
    """Every spec by the name of its table."""
    parse, found = PARSERS[way], {}
    for above, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(above, name), "rb", buffering=0) as file:
                content = file.read()
            document = parse(content)
            found[document["name"]] = document
    return found


def from_events(content: bytes) -> Any:
    """The one document of a file, every scalar a text."""
    following = CParser(content).get_event
    following(), following()  # the starts of stream and document
    return _value(following(), following)


def _value(event: Any, following: Any) -> Any:
    if event.__class__ is ScalarEvent:
        return event.value
    if event.__class__ is MappingStartEvent:
        entries: dict[str, Any] = {}
        while (key := following()).__class__ is not MappingEndEvent:
            entries[key.value] = _value(following(), following)
        return entries
    items: list[Any] = []
    while (item := following()).__class__ is not SequenceEndEvent:
        items.append(_value(item, following))
    return items


def from_loader(content: bytes) -> Any:
    return yaml.load(content, Loader=yaml.CSafeLoader)


def from_extra(content: bytes) -> Any:
    from yaml_rs import loads  # not there with the ordinary dependencies

    return loads(content.decode())


PARSERS = {"safe": from_loader, "events": from_events, "fast": from_extra}


def pages(url: str) -> Iterator[bytes]:
    """Every page, as bytes; the cursor is found in them, so that decoding is not fetching."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    after = ""
    while True:
        target = f"/api/v1/tables?limit={PAGE}&fields={FIELDS}{after}"
        connection.request("GET", target)
        content = connection.getresponse().read()
        yield content
        _, found, rest = content[-300:].partition(b'"after":"')
        if not found:
            return
        after = "&after=" + quote(rest.partition(b'"')[0].decode(), safe="")


def differs(wanted: dict[str, Any], table: Table) -> bool:
    """Whether anything that is declared is not so."""
    owners = {f"{each.type}:{each.name}" for each in table.owners}
    followers = {each.name for each in table.followers}
    columns = {each.name: each for each in table.columns}
    return (
        _differs(wanted, table)
        or not owners.issuperset(wanted.get("owners", ()))
        or not followers.issuperset(wanted.get("followers", ()))
        or any(_differs(each, columns[name]) for name, each in wanted["columns"].items())
    )


def _differs(wanted: dict[str, Any], held: Table | Column) -> bool:
    if "description" in wanted and wanted["description"].rstrip("\n") != held.description:
        return True
    if "displayName" in wanted and wanted["displayName"] != held.displayName:
        return True
    if "tags" not in wanted:
        return False
    return not {each.tagFQN for each in held.tags}.issuperset(wanted["tags"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("url", help="of the server, without /api")
    parser.add_argument("specs", help="a folder")
    parser.add_argument("--yaml", choices=PARSERS, default="safe")
    given = parser.parse_args()
    gc.disable()
    started = time.perf_counter()
    wanted = specs(given.specs, given.yaml)
    times = {"read and parse specs": time.perf_counter() - started, "fetch": 0.0, "decode": 0.0}
    decoder, differing, seen, compared = msgspec.json.Decoder(Page), 0, 0, 0.0
    begun = time.perf_counter()
    for content in pages(given.url):
        fetched = time.perf_counter()
        page = decoder.decode(content)
        decoded = time.perf_counter()
        seen += len(page.data)
        differing += sum(
            differs(wanted[table.fullyQualifiedName], table)
            for table in page.data
            if table.fullyQualifiedName in wanted
        )
        times["fetch"] += fetched - begun
        times["decode"] += decoded - fetched
        begun = time.perf_counter()
        compared += begun - decoded
    times["compare"] = compared
    rounded = {name: round(seconds, 3) for name, seconds in times.items()}
    print(json.dumps({"tables": seen, "differ": differing, "seconds": rounded}))


if __name__ == "__main__":
    main()
