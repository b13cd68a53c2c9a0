"""Measurements of models, on the device as on the workstation."""
