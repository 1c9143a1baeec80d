"""Batches on their way to the device, while the step before them runs."""

import queue
import threading
import time

import tensorflow as tf

from tfgait.core.errors import ConfigError

_END = object()


def feed(batches, strategy, ahead=2, waited=None):
    """Yield ({modality: tensor}, labels) divided among the replicas, read ahead by a thread.

    Args:
        batches: iterator of ({modality: array (B,…)}, labels (B,)).
        strategy: `tf.distribute.Strategy`.
        ahead: batches that may wait, at least 1.
        waited: called with the seconds for which each batch was waited for; None: nothing is.

    Raises:
        ConfigError: the replicas do not divide a batch.
        Whatever reading a batch raises.
    """
    waiting, stop = queue.Queue(ahead), threading.Event()

    def put(item):
        while not stop.is_set():
            try:
                waiting.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def work():
        try:
            for batch in batches:
                put((_placed(batch, strategy), None))
                if stop.is_set():
                    return
            put((_END, None))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for the batch
            put((_END, error))

    thread = threading.Thread(target=work, name="feed", daemon=True)
    thread.start()
    try:
        while True:
            began = time.perf_counter()
            batch, error = waiting.get()
            if waited is not None:
                waited(time.perf_counter() - began)
            if error is not None:
                raise error
            if batch is _END:
                return
            yield batch
    finally:
        stop.set()
        thread.join()


def _placed(batch, strategy):
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        with tf.device(strategy.extended.worker_devices[0]):
            return tf.nest.map_structure(tf.convert_to_tensor, batch)
    size = len(batch[1])
    if size % replicas:
        raise ConfigError(f"the batch must be a multiple of the {replicas} devices. Received: a batch of {size}.")
    share = size // replicas

    def divided(array):
        return strategy.experimental_distribute_values_from_function(
            lambda context: tf.convert_to_tensor(
                array[context.replica_id_in_sync_group * share : (context.replica_id_in_sync_group + 1) * share]
            )
        )

    return tf.nest.map_structure(divided, batch)
