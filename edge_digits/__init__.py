"""The command line, data and training of edge_digits."""

from device.version import VERSION

__version__ = VERSION
