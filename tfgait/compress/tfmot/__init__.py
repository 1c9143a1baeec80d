"""Sparsity, clustering and 8-bit training by tensorflow-model-optimization, on a tf_keras twin.

That library takes tf_keras models alone and turns `tf.keras` into tf_keras for its whole process, so that `settings`
and `layers` are all that a process of Keras 3 may import; the rest belongs into a process of its own.
"""
