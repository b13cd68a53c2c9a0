"""Finding out everything about a `.tflite` file, ours or not, damaged or whole, without loading it in this process.

The file is parsed by `graph`, which only raises Python's exceptions; the runtimes load it in child processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from device.errors import ModelFileError
from device.inference.model_card import ModelCard
from device.inference.model_file import IDENTIFIER, sha256

from .arena import estimate_arena_bytes
from .graph import Graph
from .loading import Loading, load_everywhere
from .macs import Macs, count_macs, count_parameters
from .micro import missing_in_micro
from .op_versions import oldest_common_runtimes
from .packed_labels import read_packed_labels
from .tflite_files import read_any_model, read_graph_of


@dataclass(frozen=True)
class Inspection:
    """What a whole model file is.

    Attributes:
        path: the file.
        state: "sealed" with a card that vouches for every byte, "foreign" without.
        size_bytes: of the whole file.
        flatbuffer_bytes: of what a runtime reads; of a foreign file, all of it.
        card_bytes: of what is appended to the flatbuffer; 0 for a foreign file.
        flatbuffer_sha256: hex digest of those bytes.
        graph: tensors and operations.
        parameters: trained numbers.
        macs: multiply-accumulate operations of one inference.
        arena_bytes: memory that the computed tensors share, estimated.
        oldest_runtime: the oldest releases that have every operation.
        micro_missing: operations that TensorFlow Lite Micro lacks, some for the types of their tensors.
        labels: from the card, or from the file that TFLite Metadata packs; empty if there are none.
        card: None for a foreign file.
        loadings: what each runtime made of it.
    """

    path: Path
    state: Literal["sealed", "foreign"]
    size_bytes: int
    flatbuffer_bytes: int
    card_bytes: int
    flatbuffer_sha256: str
    graph: Graph
    parameters: int
    macs: Macs
    arena_bytes: int
    oldest_runtime: str
    micro_missing: tuple[str, ...]
    labels: tuple[str, ...]
    card: ModelCard | None
    loadings: tuple[Loading, ...]


@dataclass(frozen=True)
class Refusal:
    """Why a file is no whole model.

    Attributes:
        path: the file.
        state: "damaged" where it starts like a TFLite model, else "no model".
        error: one line.
    """

    path: Path
    state: Literal["damaged", "no model"]
    error: str


def inspect_file(path: Path, *, runtimes: tuple[str, ...]) -> Inspection | Refusal:
    """Inspect a file.

    Args:
        path: any file, or none.
        runtimes: names of the installed runtimes to load it in.
    """
    try:
        file = read_any_model(path)
        graph = read_graph_of(path, file.flatbuffer)
    except ModelFileError as error:
        return Refusal(path, "damaged" if _starts_like_a_model(path) else "no model", str(error))
    card = file.sealed.card if file.sealed else None
    counts = graph.operation_counts
    return Inspection(
        path=path,
        state="foreign" if card is None else "sealed",
        size_bytes=len(file.content),
        flatbuffer_bytes=len(file.flatbuffer),
        card_bytes=len(file.content) - len(file.flatbuffer),
        flatbuffer_sha256=sha256(file.flatbuffer),
        graph=graph,
        parameters=count_parameters(graph),
        macs=count_macs(graph),
        arena_bytes=estimate_arena_bytes(graph.subgraphs[0]),
        oldest_runtime=oldest_common_runtimes(counts),
        micro_missing=tuple(each.text for each in missing_in_micro(graph)),
        labels=read_packed_labels(file.content) if card is None else card.labels,
        card=card,
        loadings=load_everywhere(file.flatbuffer, runtimes),
    )


def _starts_like_a_model(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(8)[4:] == IDENTIFIER
    except OSError:
        return False
