"""An inspection as a page for people and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from math import isfinite
from typing import Any

from .graph import Tensor
from .inspection import Inspection, Refusal

MAX_ROWS = 60


def describe(found: Inspection | Refusal) -> str:
    """Return a page about a file."""
    if isinstance(found, Refusal):
        return found.error
    return "\n".join([f"{found.path}", *(f"  {line}" for line in _lines(found))])


def document(found: Inspection | Refusal) -> dict[str, Any]:
    """Return a file's inspection as JSON takes it, with every tensor; a scale that is no number is null."""
    if isinstance(found, Refusal):
        return {"path": str(found.path), "state": found.state, "error": found.error}
    fields = asdict(found)
    graph = fields.pop("graph")
    fields |= {"path": str(found.path), "loads": any(each.loads for each in found.loadings)}
    fields |= {"operations": found.graph.operation_counts, "min_runtime_stated": graph.pop("min_runtime")}
    for subgraph in graph["subgraphs"]:
        for tensor in subgraph["tensors"]:
            tensor["scales"] = [scale if isfinite(scale) else None for scale in tensor["scales"]]
    return {**fields, **graph}


def _lines(found: Inspection) -> Iterator[str]:
    graph = found.graph.subgraphs[0]
    if found.card is None:
        yield f"foreign: no card; {found.size_bytes:,} bytes"
    else:
        yield (
            f"{found.card.name} {found.card.variant}, whole by its seal; {found.size_bytes:,} bytes: "
            f"flatbuffer {found.flatbuffer_bytes:,}, labels and card {found.card_bytes:,}"
        )
    yield f"sha256 of the flatbuffer: {found.flatbuffer_sha256}"
    for side, positions in (("input", graph.inputs), ("output", graph.outputs)):
        for position in positions:
            yield f"{side}: {' '.join(_tensor(graph.tensors[position]).split())}"
    uncounted = f" (not counted: {', '.join(found.macs.uncounted)})" if found.macs.uncounted else ""
    yield f"parameters: {found.parameters:,}; multiply-accumulates: {found.macs.total:,}{uncounted}"
    yield f"tensor arena: about {found.arena_bytes:,} bytes"
    yield "operations:"
    for operation, count in found.graph.operation_counts.items():
        yield f"  {count:4} × {operation}"
    stated = f" (the file itself says {found.graph.min_runtime})" if found.graph.min_runtime else ""
    yield f"oldest runtime: {found.oldest_runtime}{stated}"
    yield f"TensorFlow Lite Micro: {_micro(found)}"
    for loading in found.loadings:
        yield f"{loading.runtime}: {loading.text}"
    if not found.loadings:
        yield "no runtime is installed to load it in"
    yield (
        f"labels: {', '.join(found.labels[:20])}{' …' if len(found.labels) > 20 else ''}"
        if found.labels
        else "no labels"
    )
    yield from _card_lines(found)
    others = f", and those of {len(found.graph.subgraphs) - 1} more graphs" if len(found.graph.subgraphs) > 1 else ""
    yield f"tensors: {len(graph.tensors)}{others}"
    for position, tensor in enumerate(graph.tensors[:MAX_ROWS]):
        yield f"  {position:4}  {_tensor(tensor)}"
    if len(graph.tensors) > MAX_ROWS:
        yield f"  … {len(graph.tensors) - MAX_ROWS} more; --json has all"


def _card_lines(found: Inspection) -> Iterator[str]:
    if found.card is None:
        return
    for runtime, measured in found.card.accuracy.items():
        if isinstance(measured, dict) and {"accuracy", "n"} <= measured.keys():
            yield f"accuracy in {runtime}: {measured['accuracy']:.2%} of {measured['n']:,}"
    golden = found.card.golden.get("count", 0)
    yield f"card: version {found.card.card_version}, contract {found.card.contract_version}, {golden} golden vectors"


def _micro(found: Inspection) -> str:
    return f"lacks {', '.join(found.micro_missing)}" if found.micro_missing else "has every operation"


def _tensor(tensor: Tensor) -> str:
    shape = "×".join(str(side) if side >= 0 else "?" for side in tensor.shape) or "scalar"
    return f"{tensor.dtype:8} {shape:16} {_quantization(tensor)}{tensor.name[:60]}"


def _quantization(tensor: Tensor) -> str:
    if not tensor.scales:
        return ""
    if len(tensor.scales) == 1:
        return f"scale {tensor.scales[0]:.6g}, zero point {tensor.zero_points[0] if tensor.zero_points else 0}  "
    return f"{len(tensor.scales)} scales {min(tensor.scales):.3g}–{max(tensor.scales):.3g} along axis {tensor.axis}  "
