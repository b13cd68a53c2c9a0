"""`export`: a model for other targets than the runtimes."""

from __future__ import annotations

from pathlib import Path

import click

from device.command_line import FILE, Command
from device.errors import FitError


@click.group()
def export() -> None:
    """Write a model for other targets, such as microcontrollers."""


@export.command("c-array", cls=Command)
@click.argument("model", type=FILE)
@click.option("--out", type=FILE, required=True, help="Folder for NAME.h and NAME.cc.")
@click.option("--name", help="C++ identifier for namespace and files; the model's file name unless given.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def c_array(*, model: Path, out: Path, name: str | None, force: bool) -> None:
    """Write MODEL as a C++ header and source for TensorFlow Lite Micro.

    They hold the flatbuffer as an aligned array, the operations to register, the quantisation of input and output,
    labels and golden vectors. A .tflite file without a card gives the same without the last two. The exit code is 4 if
    Micro lacks an operation of the model.
    """
    from converters.c_array import c_name, make_c_array
    from converters.tflite_files import read_any_model, read_graph_of
    from device.output_files import check_folder_name, refuse_existing, write_text

    check_folder_name(out, ".h", ".cc")
    file = read_any_model(model)
    read_graph_of(model, file.flatbuffer)  # a damaged one is refused by name
    try:
        made = make_c_array(file.flatbuffer, name=c_name(model) if name is None else name, model=file.sealed)
    except FitError as error:
        raise FitError(f"{model}: {error}") from error
    source, header = out / f"{made.name}.cc", out / f"{made.name}.h"
    for path in (source, header):
        refuse_existing(path, force=force, inputs=[model])
    write_text(source, made.source)
    write_text(header, made.header)
    click.echo(f"{header} and {source}: {len(file.flatbuffer):,} bytes of model")


@export.command(cls=Command)
@click.argument("model", type=FILE)
@click.option("--out", type=FILE, required=True, help="Folder for the .onnx file.")
@click.option("--name", help="Stem of its name; the model's unless given.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def onnx(*, model: Path, out: Path, name: str | None, force: bool) -> None:
    """Write MODEL as ONNX, checked in onnxruntime against the golden vectors of its card.

    The exit code is 3, and nothing is written, if the scores are not those expected; 4 if a tool cannot take the model.
    """
    from converters.onnx_export import make_onnx
    from device.inference.model_file import read_model
    from device.output_files import check_folder_name, check_stem, refuse_existing, write_bytes

    check_stem(name)
    check_folder_name(out, ".onnx")
    path = out / f"{model.stem if name is None else name}.onnx"
    refuse_existing(path, force=force, inputs=[model])
    made = make_onnx(read_model(model))
    write_bytes(path, made.content)
    click.echo(
        f"{path}: {len(made.content):,} bytes; {made.checked} golden vectors in onnxruntime differ by at most "
        f"{made.largest_difference:.3g} from {made.reference}"
    )
