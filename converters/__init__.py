"""Keras models to verified, self-describing TFLite files: `convert(ConversionRequest(...))`."""

from .conversion import convert
from .request import Agreement, Conversion, ConversionRequest, DigitSample

__all__ = ["Agreement", "Conversion", "ConversionRequest", "DigitSample", "convert"]
