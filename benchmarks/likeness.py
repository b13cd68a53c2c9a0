"""Whether two results were measured under like conditions: what speaks against comparing them."""

from __future__ import annotations

from device.errors import UsageError

from .environment import Environment

# What must be equal: the name of the field, and what it is called.
MACHINE = {
    "machine": "architecture",
    "board": "board",
    "cpu_model": "processor",
    "cores": "number of processors",
    "governor": "governor",
    "memory_bytes": "memory",
}
SOFTWARE = {"os": "system", "kernel": "kernel", "python": "Python", "numpy": "numpy"}


def environment_differences(first: Environment, second: Environment) -> list[str]:
    """Return what differs between two environments, one entry each: "processor: 'a' and 'b'"."""
    found = []
    for name, words in {**MACHINE, **SOFTWARE}.items():
        values = getattr(first, name), getattr(second, name)
        if values[0] != values[1]:
            found.append(f"{words}: {_shown(values[0])} and {_shown(values[1])}")
    for runtime in sorted({*first.runtimes, *second.runtimes}):
        versions = first.runtimes.get(runtime), second.runtimes.get(runtime)
        if None not in versions and versions[0] != versions[1]:
            found.append(f"{runtime}: {versions[0]} and {versions[1]}")
    return found


def refuse_unlike(first: Environment, second: Environment, *, names: tuple[str, str], option: str) -> None:
    """Refuse to compare what was measured in different environments.

    Args:
        first: that of one result.
        second: that of the other.
        names: what the results are called.
        option: what the user gives to compare them all the same.

    Raises:
        UsageError: they differ; every difference is named.
    """
    differences = environment_differences(first, second)
    if differences:
        raise UsageError(
            f"expected {names[0]} and {names[1]} from like environments, found other {'; '.join(differences)}; "
            f"measure both on the same machine, or compare them all the same with {option}"
        )


def _shown(value: object) -> str:
    return "not told" if value is None else f"{value!r}"
