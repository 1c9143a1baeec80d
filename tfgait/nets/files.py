"""Networks from ``.keras`` files, which may come from strangers."""

import json
import warnings
import zipfile
from pathlib import Path

import h5py

from tfgait.core.errors import ConfigError, DataError
from tfgait.nets import NETWORKS

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_LONGEST_CONFIG = 1 << 20


def load(path):
    """Load a network that was saved with ``network.save("x.keras")``.

    Nothing of the file is run or unpickled: its config names a class, which must be one of `NETWORKS`, and holds that
    class's arguments; the weights are arrays. Their sizes are compared with the arguments before anything is built.
    The file also loads with ``keras.saving.load_model(path, safe_mode=True)`` once the class is imported.

    Args:
        path: of the file.

    Returns:
        A `tfgait.nets.network.Network`, compiled for nothing.

    Raises:
        DataError: no such file, a damaged one, another network than those of `NETWORKS`, or arrays that do not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} is no file. A network is a .keras file.")
    if path.suffix != ".keras":
        raise DataError(f"{path} must be a .keras file, by its name.")
    try:
        with zipfile.ZipFile(path) as archive:
            network, config = _read_config(path, archive)
            stored = _check_weights(path, archive, config)
        model = network(**config)
        if model.count_params() != stored:
            raise DataError(f"{path} is damaged: its network has {model.count_params()} weights, it holds {stored}.")
        with warnings.catch_warnings():
            # Before it fails on a damaged file, Keras warns of every part; the error says enough.
            warnings.simplefilter("ignore", UserWarning)
            model.load_weights(path)
    except ConfigError as error:
        raise DataError(f"{path} holds a network with unusable arguments. {error}") from error
    except (OSError, zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise DataError(f"{path} is damaged or no Keras file: {error}.") from error
    except (ValueError, TypeError, KeyError, RuntimeError, RecursionError) as error:
        raise DataError(f"{path} does not hold a whole network: {_first_line(error)}") from error
    return model


def _read_config(path, archive):
    """Return the class that an archive names and its arguments."""
    if not {_CONFIG, _WEIGHTS} <= set(archive.namelist()):
        raise DataError(f"{path} is no Keras file: it lacks {_CONFIG} or {_WEIGHTS}.")
    if any(archive.getinfo(name).compress_type != zipfile.ZIP_STORED for name in (_CONFIG, _WEIGHTS)):
        raise DataError(f"{path} is no Keras file: Keras stores its parts uncompressed.")
    if archive.getinfo(_CONFIG).file_size > _LONGEST_CONFIG:
        raise DataError(f"{path} is no network of tfgait: its {_CONFIG} is above {_LONGEST_CONFIG} bytes.")
    record = json.loads(archive.read(_CONFIG))
    named = record.get("registered_name") if isinstance(record, dict) else None
    for network in map(NETWORKS.__getitem__, NETWORKS):
        if named == f"tfgait>{network.__name__}" and isinstance(record.get("config"), dict):
            return network, record["config"]
    raise DataError(f"{path} is no network of tfgait ({', '.join(NETWORKS)}). It says that it holds {named!r:.80}.")


def _check_weights(path, archive, config):
    """Return how many weights an archive holds; raise `DataError` unless they really lie in it and have the widths of
    the config."""
    member = archive.getinfo(_WEIGHTS)
    arrays = []

    def visit(_, item):
        if isinstance(item, h5py.Dataset):
            arrays.append(item)

    with archive.open(member) as file, h5py.File(file, "r") as weights:
        weights.visititems(visit)
        axes = {axis for array in arrays for axis in array.shape}
        size, total = sum(array.size for array in arrays), sum(array.nbytes for array in arrays)
    if total > member.file_size:
        raise DataError(f"{path} is damaged: its arrays claim {total} bytes, but {member.file_size} are there.")
    widths = config.get("widths")
    sizes = [*(widths.values() if isinstance(widths, dict) else ()), config.get("embedding")]
    if missing := [s for s in sizes if s not in axes]:
        raise DataError(f"{path} is damaged: its network has layers of {missing[0]!r:.40}, its arrays have not.")
    return size


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
