"""The names of the device runtimes, apart from the seam so that command lines need not load numpy for them."""

MODULES = {"tflite-runtime": "tflite_runtime", "ai-edge-litert": "ai_edge_litert"}
RUNTIME_NAMES = tuple(MODULES)
RUNTIME_VARIABLE = "EDGE_DIGITS_RUNTIME"
