"""What a flatbuffer lacks for tf2onnx: names of tensors, and a reshape before a dense layer that flattens by itself.

tf2onnx 1.17 needs names, which stripping takes away, and loses the bias of a FULLY_CONNECTED whose input has more than
two axes. `python -m converters.onnx_preparation IN OUT` is the child process that does it, because it loads TensorFlow.
"""

from __future__ import annotations

import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from .flatbuffer_objects import pack_model, unpack_model


def prepare_for_onnx(flatbuffer: bytes) -> bytes:
    """Return a flatbuffer that computes the same and that tf2onnx converts rightly.

    Args:
        flatbuffer: a whole TFLite model.

    Raises:
        ModelFileError: its weights lie outside of the flatbuffer.
    """
    model = unpack_model(flatbuffer)
    for graph in model.subgraphs:
        for number, tensor in enumerate(graph.tensors):
            tensor.name = tensor.name or f"tensor_{number}".encode()
        operators: list[Any] = []
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            dense = max(code.builtinCode, code.deprecatedBuiltinCode) == schema.BuiltinOperator.FULLY_CONNECTED
            if dense and len(graph.tensors[operator.inputs[0]].shape) > 2 and not operator.builtinOptions.keepNumDims:
                operators.append(_flatten_input(model, graph, operator))
            operators.append(operator)
        graph.operators = operators
    return pack_model(model)


def _flatten_input(model: Any, graph: Any, dense: Any) -> Any:
    """Give a dense layer a flat copy of its input, and return the reshape that makes it."""
    source = graph.tensors[dense.inputs[0]]
    width = int(graph.tensors[dense.inputs[1]].shape[1])
    shape = [int(np.prod(source.shape)) // width, width]
    flat = deepcopy(source)
    flat.name, flat.shape, flat.shapeSignature, flat.buffer = source.name + b"_flat", shape, None, 0
    wanted = schema.TensorT(
        name=source.name + b"_flat_shape", shape=[2], type=schema.TensorType.INT32, buffer=len(model.buffers)
    )
    model.buffers.append(schema.BufferT(data=np.frombuffer(np.array(shape, np.int32).tobytes(), np.uint8)))
    number = len(graph.tensors)
    graph.tensors += [flat, wanted]
    reshape = schema.OperatorT(
        opcodeIndex=len(model.operatorCodes),
        inputs=[int(dense.inputs[0]), number + 1],
        outputs=[number],
        builtinOptionsType=schema.BuiltinOptions.ReshapeOptions,
        builtinOptions=schema.ReshapeOptionsT(newShape=shape),
    )
    kind = schema.BuiltinOperator.RESHAPE
    model.operatorCodes.append(schema.OperatorCodeT(builtinCode=kind, deprecatedBuiltinCode=kind, version=1))
    dense.inputs = [number, *(int(position) for position in dense.inputs[1:])]
    return reshape


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(prepare_for_onnx(Path(sys.argv[1]).read_bytes()))
