"""The optional packages that evaluation needs."""

from __future__ import annotations

import importlib.util

from device.errors import ExtraMissingError


def require_evaluation_packages(*, plots: bool) -> None:
    """Refuse to go on without scikit-learn or, for pictures, matplotlib.

    Raises:
        ExtraMissingError: one is not installed.
    """
    needed = {"sklearn": "scikit-learn", **({"matplotlib": "matplotlib"} if plots else {})}
    missing = [package for module, package in needed.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise ExtraMissingError(
            f"evaluation needs {' and '.join(missing)}, not installed here; pip install 'edge-digits[train]'"
        )
