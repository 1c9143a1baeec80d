"""Training: heads, objectives, optimisers, one loop under any `tf.distribute` strategy, checkpoints, callbacks.

The room knows networks as Keras models ({modality: tensor} -> {"embedding": (B,P,D)}), batches as an addressable
function of (epoch, step), and validation as a function of a network that it is handed.
"""
