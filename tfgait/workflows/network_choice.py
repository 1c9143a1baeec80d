"""Which network the options of a training ask for, and on what kind of input."""

from tfgait.core.errors import ConfigError, check_choice
from tfgait.core.modality import modality
from tfgait.nets import NETWORKS
from tfgait.nets.presets import PRESETS

# What Embedded-Gait calls its sizes.
VERSIONS = ("bmvc", "gaitset", "iwann")


def choose_network(options):
    """Return (net, preset) that the options ask for, before any model is read.

    Raises:
        ConfigError: an unknown name, or net, use3d and preset that disagree.
    """
    if options.net:
        check_choice("net", options.net, list(NETWORKS))
    if options.preset:
        check_choice("preset", options.preset, list(PRESETS))
        if options.model_version:
            raise ConfigError(f"preset or model_version gives the size. Received: both, preset={options.preset}.")
    wanted = options.net or net_by_flags(options)
    for flag, nets in {"use3d": ("cnn3d", "cnn2plus1d"), "from3dto2d": ("cnn2plus1d",)}.items():
        if getattr(options, flag) and wanted not in nets:
            raise ConfigError(f"{flag} stands for net={nets[0]}. Received: {flag}=true, net={options.net}.")
    if options.model_version:
        return _published(options, wanted)
    if not options.preset:
        wanted = wanted or "cnn2d"
        return wanted, f"{wanted}_small"
    net = PRESETS[options.preset][0]
    if wanted and wanted != net:
        raise ConfigError(f"preset={options.preset} is a {net}. Received: net={wanted}.")
    return net, options.preset


def _published(options, wanted):
    """Return (net, preset) of a `model_version`."""
    check_choice("model_version", options.model_version, VERSIONS)
    if options.model_version == "iwann":
        raise ConfigError("model_version=iwann cannot be built: of 60 pixels its last pooling leaves none. Give bmvc.")
    net = wanted or ("gaitset" if options.model_version == "gaitset" else "cnn2d")
    if (net == "gaitset") != (options.model_version == "gaitset"):
        raise ConfigError(f"model_version={options.model_version} is no size of {net}. bmvc is that of the cnns.")
    return net, net


def net_by_flags(options):
    """Return the network that Embedded-Gait's flags stand for; empty without any."""
    if options.from3dto2d:
        return "cnn2plus1d"
    return "cnn3d" if options.use3d else ""


def choose_frames(options, network=None):
    """Return the frames of a sequence in training: those that the network to start from is fixed to; 0: by network.

    Args:
        options: `TrainOptions`.
        network: the one to start from; None: it is made anew.

    Raises:
        ConfigError: other frames are asked for than it takes.
    """
    fixed = network.input[network.modality].shape[1] if network is not None else None
    if fixed and options.frames not in (0, fixed):
        raise ConfigError(
            f"frames must be {fixed}, which initnet={options.initnet} takes. Received: frames={options.frames}."
        )
    return fixed or options.frames


def choose_modality(options, net, preset, network=None):
    """Return the kind of input to train on.

    Args:
        options: `TrainOptions`.
        net, preset: what is trained.
        network: the one to start from, which was built for a kind of input; None: it is made anew.

    Raises:
        ConfigError: a kind that the network does not take, or that the one to start from was not built for.
    """
    allowed = (network.modality,) if network is not None else NETWORKS[net].modalities
    usual = PRESETS[preset][1].get("modality", allowed[0]) if network is None else allowed[0]
    wanted = modality(options.mod).name if options.mod else usual
    if wanted not in allowed:
        what = f"initnet={options.initnet}" if network is not None else net
        raise ConfigError(f"mod must be {' or '.join(allowed)} for {what}. Received: mod={options.mod}.")
    return wanted
