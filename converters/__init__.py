"""Keras models to verified, self-describing TFLite files."""
