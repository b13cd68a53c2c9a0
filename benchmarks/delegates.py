"""Choosing whether XNNPACK takes the ops it can, and seeing which ops of a built model it took."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass, replace
from typing import Any

from device.errors import RuntimeBrokenError
from device.inference.runtime import Runtime

XNNPACK, NONE = "xnnpack", "none"
DELEGATES = (XNNPACK, NONE)
DELEGATE_OP = "DELEGATE"


@dataclass(frozen=True)
class Op:
    """One step of a model's graph.

    Attributes:
        name: such as "CONV_2D".
        delegated: whether the delegate runs it; None where the runtime does not tell.
    """

    name: str
    delegated: bool | None


def with_delegate(runtime: Runtime, delegate: str) -> Runtime:
    """Return a runtime that builds its interpreters with XNNPACK, which both runtimes bring, or without.

    Args:
        runtime: from `load_runtime`.
        delegate: one of `DELEGATES`.

    Raises:
        RuntimeBrokenError: this runtime cannot do without XNNPACK.
    """
    if delegate == XNNPACK:
        return runtime
    types = getattr(sys.modules[runtime.interpreter.__module__], "OpResolverType", None)
    if types is None:
        raise RuntimeBrokenError(f"{runtime} cannot be asked to run without XNNPACK; measure with --delegate xnnpack")
    plain = functools.partial(
        runtime.interpreter, experimental_op_resolver_type=types.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    return replace(runtime, interpreter=plain)


def describe_ops(interpreter: Any) -> tuple[Op, ...]:
    """Return the ops of a built model in the order of its file; empty where the runtime does not tell.

    A delegate stands in a built graph as ops of its own, behind those of the file. The ops that it took are found by
    going back from what such an op gives to what it is given.
    """
    try:
        found = interpreter._get_ops_details()
    except (AttributeError, RuntimeError, ValueError):
        return ()
    ops = [each for each in found if each["op_name"] != DELEGATE_OP]
    makers = {int(tensor): place for place, each in enumerate(ops) for tensor in each["outputs"]}
    taken: set[int] = set()
    for each in found:
        if each["op_name"] == DELEGATE_OP:
            taken |= _behind(each, ops, makers)
    return tuple(Op(each["op_name"], place in taken) for place, each in enumerate(ops))


def _behind(delegate: dict[str, Any], ops: list[dict[str, Any]], makers: dict[int, int]) -> set[int]:
    """Return the places of the ops that lead from a delegate's inputs to its outputs."""
    given = {int(tensor) for tensor in delegate["inputs"]}
    wanted, places = [int(tensor) for tensor in delegate["outputs"]], set()
    while wanted:
        place = makers.get(wanted.pop())
        if place is not None and place not in places:
            places.add(place)
            wanted += [int(tensor) for tensor in ops[place]["inputs"] if int(tensor) not in given]
    return places
