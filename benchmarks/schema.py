"""The JSON Schema of a result: `python -m benchmarks.schema` prints it, `assets/bench.schema.json` is it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .records import schema_of
from .results import SCHEMA, BenchResult

SCHEMA_FILE = Path(__file__).parent / "assets" / "bench.schema.json"


def result_schema() -> dict[str, Any]:
    """Return the schema that every document of `bench --json` keeps; later versions may add fields to it."""
    described = schema_of(BenchResult)
    properties = {
        "schema": {"const": SCHEMA, "description": "name and version; a change of the version breaks readers"},
        "complete": {"type": "boolean", "description": "whether everything that was asked for was measured"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": "Result of edge-digits bench",
        **described,
        "properties": {**properties, **described["properties"]},
        "required": [*properties, *described["required"]],
    }


def format_schema() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(result_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(format_schema())
