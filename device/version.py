"""The version of the whole project, here because the device folder also runs without being installed."""

VERSION = "0.1.0"
