"""Making a flatbuffer smaller without changing one bit of what runtimes answer.

What stays is what runtimes were seen to need (tflite-runtime 2.14, ai-edge-litert 2.3): a zero point for every scale,
of weights and biases too, without which both refuse the file, and the scales of biases, without which XNNPACK leaves an
int8 graph to kernels five times slower. Layers of one width share their zero points, which are zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .flatbuffer_objects import pack_model, unpack_model

# XNNPACK computes in half precision where the third one says that it may.
KEPT_METADATA = (b"min_runtime_version", b"TFLITE_METADATA", b"reduced_precision_support")
# Operators up to this number are named by a byte that every runtime reads; the wider field is for those above.
LAST_BYTE_OPERATOR = 126


@dataclass(frozen=True)
class Stripped:
    """A flatbuffer without what runtimes do not need.

    Attributes:
        flatbuffer: the smaller one.
        original_bytes: length of the one it was made from.
    """

    flatbuffer: bytes
    original_bytes: int

    @property
    def saved_bytes(self) -> int:
        """How much shorter it is."""
        return self.original_bytes - len(self.flatbuffer)


def strip(flatbuffer: bytes, *, keep_bias_scales: bool = True) -> Stripped:
    """Remove what no runtime needs, and pack the rest tightly.

    Names of tensors go, and with them a single signature: `get_signature_runner` finds none afterwards, tensors keep
    their numbers. Files with several signatures keep them.

    Args:
        flatbuffer: a whole TFLite model.
        keep_bias_scales: False lets quantised biases name the scales of their kernel. Runtimes compute with the scale
            of the input times that of the kernel, whatever the file says, but converters to other formats may
            believe the file.

    Raises:
        ModelFileError: its weights lie outside of the flatbuffer.
    """
    model = unpack_model(flatbuffer)
    model.description = model.metadataBuffer = None
    model.metadata = [entry for entry in model.metadata or [] if entry.name in KEPT_METADATA] or None
    if len(model.signatureDefs or []) <= 1:
        model.signatureDefs = None
    for graph in model.subgraphs:
        graph.name = None
        graph.debugMetadataIndex = -1
        for tensor in graph.tensors:
            _strip_tensor(tensor)
        for operator in graph.operators:
            operator.debugMetadataIndex = -1
        if not keep_bias_scales:
            _share_kernel_scales(graph)
    _keep_used_operator_codes(model)
    _keep_used_buffers(model)
    return Stripped(pack_model(model), original_bytes=len(flatbuffer))


def _strip_tensor(tensor: Any) -> None:
    tensor.name = None
    if tensor.shapeSignature is not None and list(tensor.shapeSignature) == list(tensor.shape):
        tensor.shapeSignature = None
    quantization = tensor.quantization
    if quantization is not None:
        quantization.min = quantization.max = None
        if quantization.scale is None and quantization.details is None:
            tensor.quantization = None


def _share_kernel_scales(graph: Any) -> None:
    for operator in graph.operators:
        if len(operator.inputs) != 3 or operator.inputs[2] < 0:
            continue
        kernel, bias = (graph.tensors[number].quantization for number in operator.inputs[1:])
        if bias is not None and kernel is not None and len(bias.scale) == len(kernel.scale) > 1:
            # The axis stays the bias's own: kernels of depthwise convolutions have their channels last.
            bias.scale = kernel.scale


def _keep_used_operator_codes(model: Any) -> None:
    operators = [operator for graph in model.subgraphs for operator in graph.operators]
    used = sorted({operator.opcodeIndex for operator in operators})
    for operator in operators:
        operator.opcodeIndex = used.index(operator.opcodeIndex)
    model.operatorCodes = [model.operatorCodes[index] for index in used]
    for code in model.operatorCodes:
        # Readers take the larger of the two fields; files from before 2020 have only the byte.
        if code.builtinCode == code.deprecatedBuiltinCode <= LAST_BYTE_OPERATOR:
            code.builtinCode = 0


def _keep_used_buffers(model: Any) -> None:
    """Keep one buffer of each content; buffer 0 is empty by convention, and that of all tensors without constants."""
    numbers: dict[bytes | None, int] = {None: 0}
    buffers = [model.buffers[0]]
    holders = [tensor for graph in model.subgraphs for tensor in graph.tensors] + (model.metadata or [])
    for holder in holders:
        buffer = model.buffers[holder.buffer]
        content = None if buffer.data is None else bytes(buffer.data)
        if content not in numbers:
            numbers[content] = len(buffers)
            buffers.append(buffer)
        holder.buffer = numbers[content]
    model.buffers = buffers
