"""Layers that gait networks share: Keras 3 on `keras.ops` alone, so they run on every Keras backend."""
