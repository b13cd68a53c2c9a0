"""The command line, data and training of edge_digits."""

from device.version import VERSION as __version__

__all__ = ["__version__"]
