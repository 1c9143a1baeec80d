"""What Embedded-Gait's options of its k-NN tests say about people, protocol and model."""

from dataclasses import replace

from tfgait.core.errors import ConfigError
from tfgait.core.modality import modality
from tfgait.runtime.sidecar import read_sidecar
from tfgait.workflows.data import dataset_of, name_of, role_of
from tfgait.workflows.models import load_network

THREE_D = ("cnn3d", "cnn2plus1d")  # the second is the first of them in 2D convolutions


def with_role(options, store, encoder):
    """Return `EvaluateOptions` in which split, people and protocol are what ``--nclasses`` names; people are named.

    A protocol that is given stays. Where the published test leaves the probe's own view out of one gallery, networks
    with parts, such as GaitSet, are compared with each other view by itself, as their own published test does.

    Raises:
        ConfigError: people who are only trained on, or options that say something else.
    """
    if not options.nclasses:
        return replace(options, people=options.people or "test")
    role, protocols = role_of(store, options.nclasses), dataset_of(store).PROTOCOLS
    if not role.protocol:
        scored = " or ".join(str(n) for n, r in dataset_of(store).NCLASSES.items() if r.protocol)
        raise ConfigError(
            f"nclasses must be {scored} to score {name_of(store)}; those {options.nclasses} people are trained on. "
            f"Received: nclasses={options.nclasses}."
        )
    for name in ("split", "people"):
        given, named = getattr(options, name), getattr(role, name)
        if given not in ("", named):
            raise ConfigError(
                f"{name} must be left out or {named} with nclasses={options.nclasses}. Received: {name}={given}."
            )
    protocol = role.protocol
    if protocols[protocol].other_views and encoder.runner.outputs["embedding"].shape[1] > 1:
        protocol = next(p.name for p in protocols.values() if p.cross_view)
    return replace(options, split=role.split, people=role.people, protocol=options.protocol or protocol)


def check_model(model, encoder, options):
    """Raise `ConfigError` unless a model is what ``--mod`` and ``--use3d`` say it is."""
    if options.mod and modality(options.mod) != encoder.modality:
        raise ConfigError(
            f"mod must be {encoder.modality.name}, which {model.path} takes. Received: mod={options.mod}."
        )
    network = _network_of(model) if options.use3d else ""
    if network and network.lower() not in THREE_D:
        raise ConfigError(f"use3d must be left out for {model.path}, a {network}. Received: use3d.")


def _network_of(model):
    """Return the name of the network in a model file; an empty string where nothing says it."""
    if model.path.suffix == ".keras":
        return load_network(str(model.path)).name
    record = (read_sidecar(model.path) or {}).get("network", {})
    return str(record.get("class", "")) if isinstance(record, dict) else ""
