"""Random affine distortion of digits (rotate, zoom, shear, shift), fast enough to keep two cores training."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from device.contract import SIDE


@dataclass(frozen=True)
class AffineRange:
    """How far a digit may be distorted; each value is drawn uniformly from ± its limit.

    Attributes:
        rotation_rad: rotation about the centre, radians.
        zoom: relative change of size along each axis.
        shear: horizontal shear, as a tangent.
        shift_px: shift along each axis, pixels.
    """

    rotation_rad: float = 0.21
    zoom: float = 0.12
    shear: float = 0.2
    shift_px: float = 2.0


def distort(images: tf.Tensor, *, seed: tf.Tensor, limits: AffineRange) -> tf.Tensor:
    """Distort each digit of a batch by its own random affine map, bilinear, with ground (0) outside.

    Args:
        images: float32 (batch, 28, 28, 1), 0–255.
        seed: int64 (2,); the same seed gives the same distortion.
        limits: range of the distortion.

    Returns:
        float32 (batch, 28, 28, 1), 0–255.
    """
    count = tf.shape(images)[0]
    draws = tf.random.stateless_uniform((6, count), seed, -1.0, 1.0)
    angle = draws[0] * limits.rotation_rad
    width = 1.0 + draws[1] * limits.zoom
    height = 1.0 + draws[2] * limits.zoom
    shear = draws[3] * limits.shear
    # The map goes from output to input pixels, about the centre of the picture.
    a, b = tf.cos(angle) / width, (tf.sin(angle) + shear) / width
    c, d = -tf.sin(angle) / height, tf.cos(angle) / height
    centre = (SIDE - 1) / 2
    x = centre - a * centre - b * centre + draws[4] * limits.shift_px
    y = centre - c * centre - d * centre + draws[5] * limits.shift_px
    zero = tf.zeros_like(a)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([a, b, x, c, d, y, zero, zero], axis=1),
        output_shape=(SIDE, SIDE),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
