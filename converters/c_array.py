"""A model as C++ header and source for TensorFlow Lite Micro: bytes, operations, quantisation, labels, golden vectors.

The files need nothing but the standard library; the function that registers the operations is a template, so that it
compiles without TensorFlow Lite Micro and takes its `MicroMutableOpResolver` where that is there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

from device.errors import FitError, UsageError
from device.inference.golden import Golden, unpack_golden
from device.inference.inference import quantize_pixels
from device.inference.model_file import ModelFile, sha256

from .arena import estimate_arena_bytes
from .cpp_text import float_literal, is_identifier, matrix, rows, string_literal
from .graph import Graph, Tensor, read_graph
from .micro import missing_in_micro
from .op_versions import micro_method, split_operation

ALIGNMENT_BYTES = 16
# What Micro's interpreter keeps in the arena besides the tensors: 4.2 to 4.4 KiB for the models that ship, and some
# room.
INTERPRETER_BYTES = 6 * 1024
_C_TYPES = {"int8": "std::int8_t", "uint8": "std::uint8_t", "int16": "std::int16_t", "float32": "float"}


@dataclass(frozen=True)
class CArray:
    """The two files.

    Attributes:
        name: the namespace, and the stem of the files' names.
        header: text of NAME.h.
        source: text of NAME.cc.
    """

    name: str
    header: str
    source: str


def make_c_array(flatbuffer: bytes, *, name: str, model: ModelFile | None) -> CArray:
    """Write a model as C++.

    Args:
        flatbuffer: the bytes of the model alone.
        name: a C++ identifier.
        model: the file that the flatbuffer is from, with labels and golden vectors; None for a foreign one.

    Raises:
        UsageError: the name is no identifier.
        ModelFileError: the flatbuffer is damaged.
        FitError: Micro lacks an operation or its types, or the model has several inputs or outputs, or ends of other
            types than Micro takes.
    """
    if not is_identifier(name):
        raise UsageError(f"--name: expected a C++ identifier such as digits_int8, found {name!r}")
    graph = read_graph(flatbuffer)
    missing = missing_in_micro(graph)
    if missing:
        names = ", ".join(each.text for each in missing)
        raise FitError(
            f"expected operations that TensorFlow Lite Micro has, found {names}; convert with --target micro"
        )
    source, target = _ends(graph)
    golden = unpack_golden(model) if model else None
    arrays = [*_label_lines(model), *(_golden_lines(golden, model) if golden and model else [])]
    return CArray(
        name=name,
        header=_header(flatbuffer, name, graph, (source, target), golden=golden, model=model),
        source=_source(flatbuffer, name, arrays),
    )


def c_name(path: Path) -> str:
    """Return the C++ identifier that a file's name suggests."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", path.stem).strip("_")
    return name if is_identifier(name) else f"model_{name}".rstrip("_")


def _ends(graph: Graph) -> tuple[Tensor, Tensor]:
    first = graph.subgraphs[0]
    if len(first.inputs) != 1 or len(first.outputs) != 1:
        raise FitError(f"expected one input and one output, found {len(first.inputs)} and {len(first.outputs)}")
    ends = _of_fixed_batch(first.tensors[first.inputs[0]]), _of_fixed_batch(first.tensors[first.outputs[0]])
    for tensor in ends:
        known = all(isfinite(scale) and scale > 0 for scale in tensor.scales) and len(tensor.scales) <= 1
        if tensor.dtype not in _C_TYPES or not known or -1 in tensor.shape:
            raise FitError(
                f"expected a fixed shape of {', '.join(_C_TYPES)} with at most one scale, found {tensor.dtype} "
                f"{tensor.shape} with {len(tensor.scales)} scales; convert it again"
            )
    return ends


def _of_fixed_batch(tensor: Tensor) -> Tensor:
    """Return a tensor of which only the batch is dynamic as Micro takes it, which never resizes one."""
    if tensor.shape[:1] == (-1,) and -1 not in tensor.shape[1:] and tensor.stored_shape[1:] == tensor.shape[1:]:
        return replace(tensor, shape=tensor.stored_shape)
    return tensor


def _header(
    flatbuffer: bytes,
    name: str,
    graph: Graph,
    ends: tuple[Tensor, Tensor],
    *,
    golden: Golden | None,
    model: ModelFile | None,
) -> str:
    operations = sorted({split_operation(text)[0] for text in graph.operation_counts})
    arena = -(-(estimate_arena_bytes(graph.subgraphs[0]) + INTERPRETER_BYTES) // 1024) * 1024
    lines = [
        f"// {name}: a TensorFlow Lite model of {len(flatbuffer):,} bytes, written by `edge-digits export c-array`.",
        f"#ifndef EDGE_DIGITS_{name.upper()}_H_",
        f"#define EDGE_DIGITS_{name.upper()}_H_",
        *("", "#include <cstddef>", "#include <cstdint>", "", f"namespace {name} {{", ""),
        "// The flatbuffer alone, without labels and card, and the SHA-256 of its bytes.",
        f"constexpr std::size_t kModelBytes = {len(flatbuffer)};",
        f"alignas({ALIGNMENT_BYTES}) extern const unsigned char kModel[kModelBytes];",
        f'constexpr char kModelSha256[] = "{sha256(flatbuffer)}";',
        *("", "// To start with; lower it to what MicroInterpreter::arena_used_bytes() says on the device."),
        f"constexpr std::size_t kArenaBytes = {arena};",
        *("", "// Real value = (quantised value - zero point) * scale."),
        *_end_lines("Input", ends[0]),
        *_end_lines("Output", ends[1]),
        *("", "// For MicroMutableOpResolver<kOperatorCount>; true if every operation was registered."),
        f"constexpr std::size_t kOperatorCount = {len(operations)};",
        "template <typename Resolver>",
        "bool AddOperators(Resolver& resolver) {",
        "  bool added = true;",
        *(f"  added = resolver.{micro_method(operation)}() == 0 && added;" for operation in operations),
        *("  return added;", "}"),
        *_declarations(golden, model),
        *("", f"}}  // namespace {name}", "", f"#endif  // EDGE_DIGITS_{name.upper()}_H_"),
    ]
    return "\n".join(lines) + "\n"


def _end_lines(side: str, tensor: Tensor) -> list[str]:
    scale = tensor.scales[0] if tensor.scales else 0.0
    lines = [
        f"using {side}Type = {_C_TYPES[tensor.dtype]};  // {'x'.join(map(str, tensor.shape))}",
        f"constexpr std::size_t k{side}Elements = {tensor.elements};",
    ]
    if scale:
        zero_point = tensor.zero_points[0] if tensor.zero_points else 0
        lines += [
            f"constexpr float k{side}Scale = {float_literal(scale)};",
            f"constexpr std::int32_t k{side}ZeroPoint = {zero_point};",
        ]
    return lines


def _declarations(golden: Golden | None, model: ModelFile | None) -> list[str]:
    lines = []
    if model is not None:
        lines += [
            *("", "// One a score, in their order."),
            f"constexpr std::size_t kLabelCount = {len(model.card.labels)};",
            "extern const char* const kLabels[kLabelCount];",
        ]
    if golden is not None:
        lines += [
            *("", "// Golden vectors: inputs, and the outputs that the runtime named in the source gave for them."),
            "#ifndef EDGE_DIGITS_NO_GOLDEN",
            f"constexpr std::size_t kGoldenCount = {len(golden.digits)};",
            "extern const InputType kGoldenInputs[kGoldenCount][kInputElements];",
            "extern const OutputType kGoldenOutputs[kGoldenCount][kOutputElements];",
            "#endif",
        ]
    return lines


def _source(flatbuffer: bytes, name: str, arrays: Sequence[str]) -> str:
    lines = [
        f'#include "{name}.h"',
        *("", f"namespace {name} {{", ""),
        f"alignas({ALIGNMENT_BYTES}) const unsigned char kModel[kModelBytes] = {{",
        *rows([f"0x{byte:02x}" for byte in flatbuffer]),
        "};",
        *arrays,
        *("", f"}}  // namespace {name}"),
    ]
    return "\n".join(lines) + "\n"


def _label_lines(model: ModelFile | None) -> list[str]:
    if model is None:
        return []
    return ["", f"const char* const kLabels[kLabelCount] = {{{', '.join(map(string_literal, model.card.labels))}}};"]


def _golden_lines(golden: Golden, model: ModelFile) -> list[str]:
    runtime, outputs = next(iter(golden.outputs.items()))
    inputs = quantize_pixels(golden.digits, model.card.input)
    return [
        *("", "#ifndef EDGE_DIGITS_NO_GOLDEN"),
        *matrix("InputType kGoldenInputs[kGoldenCount][kInputElements]", inputs),
        *("", f"// {runtime}"),
        *matrix("OutputType kGoldenOutputs[kGoldenCount][kOutputElements]", outputs),
        "#endif",
    ]
