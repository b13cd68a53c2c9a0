"""Dense layers as 1×1 convolutions: the same arithmetic in another operation, which older runtimes may have."""

from __future__ import annotations

from typing import Any

import keras


class ConvolutionHead(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A Dense layer computed by a 1×1 convolution, for batch size 1."""

    def __init__(self, dense: keras.layers.Dense) -> None:
        """Take the layer to stand in for; its weights are copied when this layer is built."""
        super().__init__(name=f"{dense.name}_convolution")
        self._dense = dense
        self._convolution = keras.layers.Conv2D(
            dense.units, 1, use_bias=dense.use_bias, activation=dense.activation, name=dense.name
        )

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Build the convolution with the dense layer's weights."""
        self._convolution.build((1, 1, 1, input_shape[-1]))
        kernel, *bias = self._dense.get_weights()
        self._convolution.set_weights([kernel[None, None], *bias])

    def call(self, inputs: Any) -> Any:
        """Map float32 (1, features) to float32 (1, units)."""
        pixels = keras.ops.reshape(inputs, (1, 1, 1, inputs.shape[-1]))
        return keras.ops.reshape(self._convolution(pixels), (1, self._dense.units))


def with_convolution_heads(model: keras.Model) -> keras.Model:
    """Rebuild a model of batch size 1 with its Dense layers as 1×1 convolutions.

    Args:
        model: a functional or sequential model; nested ones stay as they are.

    Raises:
        ValueError: the model is of a kind that Keras cannot clone.
    """

    def stand_in(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.layers.Dense) and len(layer.input.shape) == 2:
            return ConvolutionHead(layer)
        return layer.__class__.from_config(layer.get_config())

    pixels = keras.Input(batch_shape=(1, *model.input_shape[1:]), name="pixels")
    clone = keras.models.clone_model(model, input_tensors=pixels, clone_function=stand_in)
    originals = {layer.name: layer for layer in model.layers}
    for layer in clone.layers:
        if layer.name in originals and not isinstance(layer, ConvolutionHead):
            layer.set_weights(originals[layer.name].get_weights())
    return clone
