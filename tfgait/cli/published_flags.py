"""Flags of Embedded-Gait's commands that this toolkit does not take, and why; and those it takes by another name.

Every other flag of these commands is an option of the same name here.

Reference: mains/train_singlenet.py, train_singlenet_percentil.py, gaitset_filters_percentil.py, test_singlenet_knn.py,
test_knn_gaitset_new.py and tensorrt/convert_keras_to_onnx.py of Embedded-Gait.
"""

_UNSTRUCTURED = (
    "zeroes scattered in the kernels are a training of their own: train, then "
    "`tfgait sparsify --method constant --target_sparsity 0.9 --begin_step 2000 --frequency 100`. They save bytes once "
    "zipped and no time; `tfgait prune` removes whole filters."
)
_TRANSFORMER = "it belongs to a transformer that the published system names and does not contain."
_FOLLOWS = "the model file says itself what it is."

REFUSED = {
    "train": {
        "debug": "it had no effect; --epochs 1 --steps_per_epoch 2 makes a short run.",
        "tdim": "it had no effect; how many channels there are follows from --mod and --frames.",
        "pruning": _UNSTRUCTURED,
        "frequency": f"it belongs to --pruning: {_UNSTRUCTURED}",
        "begin_step": f"it belongs to --pruning: {_UNSTRUCTURED}",
        "target_sparsity": f"it belongs to --pruning: {_UNSTRUCTURED}",
    },
    "prune": {
        "path": "the folder of the result is --experdir and --name.",
        "margin": "pruning needs no loss; fine-tuning takes the margin the network was trained with.",
    },
    "test_knn": {
        "lstm": "no network with recurrent layers was published.",
        "patch_size": _TRANSFORMER,
        "attention_mode": _TRANSFORMER,
        "reshape_output": "embeddings are always compared in the shape the distance needs; --metric chooses it.",
        "model_version": _FOLLOWS,
        "cross_weight": f"the classifier is not part of a model here, and {_FOLLOWS}",
    },
    "export": {"name_model": f"it named networks that have nothing to do with gait, and {_FOLLOWS}"},
}
RENAMED = {
    "prune": {"netpath": "model"},
    "export": {"model_path_gait": "model", "model_path_save": "out"},
}
