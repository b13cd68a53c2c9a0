"""From digits to a Keras model: architectures, epochs, teachers, checkpoints and what a run leaves behind."""
