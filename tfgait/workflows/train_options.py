"""Options of a training."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainOptions:
    """What to train, on what, how. Options at -1, 0 or empty are filled from the network's recipe, as noted.

    Args:
        net: cnn2d, cnn3d, cnn2plus1d or gaitset; empty: what preset or initnet is, else cnn2d
        use3d: train cnn3d where net is not given
        from3dto2d: train cnn2plus1d, the cnn3d of 2D convolutions, where net is not given
        mod: kind of input: flow (of), grey (gray), rgb, depth or silhouettes (silhouette); empty: what initnet takes,
            else flow for the cnns; gaitset takes silhouettes only
        preset: a named network (tfgait list shows them); empty: the small one of net
        model_version: Embedded-Gait's word for the published size: bmvc (cnns) or gaitset
        initnet: start from this model: a run, a preset, a .keras file, or an .h5 or .hdf5 file of Embedded-Gait
        last_dense: of such an .h5 file: goes (as published, empty too) or stays, with its classifier if there is one
        nofreeze: with initnet, train every layer; without it all stand still but code (cnn2d), encode (gaitset) and the
            classifier
        freezeall: with initnet, train the classifier alone
        ftpruning: tune a pruned network, initnet or the latest run of experdir: every layer trains, and the classifier
            is kept
        pstruc: prune initnet, or the latest run of experdir, by Embedded-Gait's rule (tfgait prune has more), and train
            nothing
        percentile: of pstruc: share of the filters that go; 0: those whose absolute weights sum to less than 29.4
        datadir: data set: a store, a folder of images; empty: the default walkers, made once
        split: how people are divided into training and test; empty: the data set's first
        nclasses: whom to train on, and on what, by Embedded-Gait's number of people: 150, 155 or 16 of TUM-GAID, 74 or
            50 of CASIA-B
        camera: view to leave out of the training, such as 090
        views: train on these only, with commas
        conds: train on these only, such as nm or nm-01
        min_frames: leave shorter sequences out
        skip_bad: leave damaged sequences out, named and counted
        val: what is held out to validate on: people (measured by rank-1) or sequences of those who train (by softmax
            accuracy); empty: sequences with nclasses where there is a classifier, else people
        val_share: of the videos of everyone, with val=sequences; one of each kind stays to train
        val_subjects: with val=people, training people held out to validate on; -1: a tenth, 4 at least but a quarter
            at most; 0: none
        experdir: folder of run folders; empty: runs
        name: of the run folder; empty: the preset
        prefix: put before the name, with an underscore
        epochs: 0: by network
        extraepochs: of a second stage on training and validation data at a tenth of the rate; its last epoch is kept
        steps_per_epoch: 0: by network, or as many as cover the data
        bs: sequences of a batch; 0: by network; with the triplet loss it is batch_p x batch_k
        batch_p: people of a batch with the triplet loss; 0: by network
        batch_k: sequences of each of them; 0: by network
        frames: of a sequence in training; 0: those that initnet takes, else by network
        lr: learning rate; 0: by network
        optimizer: sgd, adam, amsgrad or adamw; empty: by network
        momentum: of sgd
        weight_decay: L2 in the gradient, decoupled with adamw; -1: by network
        published_l2: the L2 terms of Embedded-Gait instead: 5e-5 on the convolutions of cnn2d, 1e-3 on gray_code of
            cnn3d and cnn2plus1d
        dropout: of the cnns; -1: by network
        loss: crossentropy, triplet, or both; empty: by network
        margin: of the triplet loss
        cross_weight: of the cross entropy beside the triplet loss, with loss=both; above 0 gaitset gets a classifier
        smoothing: of the labels in the cross entropy
        teacher: learn from this model as well, a run, a preset or a .keras file of the same input, signature and
            people, which does not train; empty: from the labels alone
        distill_logits: weight of its softened class probabilities; 0: without. They need a classifier on both sides
        distill_embedding: weight of the side of 0 that each of its features is on; 0: without
        temperature: that softens the class probabilities, above 0
        schedule: of the learning rate: constant, multistep (a tenth at half and three quarters), cosine
        warmup: share of all steps in which the rate of schedule=cosine rises
        patience: epochs without a better value of monitor after which a stage ends; 0: never
        monitor: loss, val_loss, val_rank1 (val=people) or val_accuracy (val=sequences); empty: the last of those there
            are
        plateau: epochs without a lower val_loss (loss where nothing is held out) after which the rate falls to a fifth;
            none where it is 0
        ema: share of the moving average of the weights that a step keeps; 0: none is kept
        clip_norm: largest norm of the gradient; 0: no limit
        mixed_precision: compute in float16 with loss scaling
        qat: compute in training as an int8 file will; the plain network is kept, and ranges.json beside it (tfgait qat
            does so to a trained network, and writes the file)
        augment: change the training sequences; by network where not said: flow is, silhouettes are not, as published
        augmentation: by which transforms (tfgait augmentations shows them): silhouettes_embedded is Embedded-Gait's for
            GaitSet; empty: those of the kind of input
        seed: of weights, batches and dropout
        deterministic: bit-equal repetition, slower
        device: cpu, gpu, or numbers such as 0,1; empty: a GPU where there is one
        verbose: 1 shows progress, 0 does not
        resume: go on with an unfinished run of the same name and options
        save_minutes: longest time between two saved states
    """

    net: str = ""
    use3d: bool = False
    from3dto2d: bool = False
    mod: str = ""
    preset: str = ""
    model_version: str = ""
    initnet: str = ""
    last_dense: str = ""
    nofreeze: bool = False
    freezeall: bool = False
    ftpruning: bool = False
    pstruc: bool = False
    percentile: float = 0.0
    datadir: str = ""
    split: str = ""
    nclasses: int = 0
    camera: str = ""
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    min_frames: int = 1
    skip_bad: bool = False
    val: str = ""
    val_share: float = 0.1
    val_subjects: int = -1
    experdir: str = ""
    name: str = ""
    prefix: str = ""
    epochs: int = 0
    extraepochs: int = 0
    steps_per_epoch: int = 0
    bs: int = 0
    batch_p: int = 0
    batch_k: int = 0
    frames: int = 0
    lr: float = 0.0
    optimizer: str = ""
    momentum: float = 0.9
    weight_decay: float = -1.0
    published_l2: bool = False
    dropout: float = -1.0
    loss: str = ""
    margin: float = 0.2
    cross_weight: float = -1.0
    smoothing: float = 0.0
    teacher: str = ""
    distill_logits: float = 1.0
    distill_embedding: float = 0.003
    temperature: float = 4.0
    schedule: str = "constant"
    warmup: float = 0.0
    patience: int = 0
    monitor: str = ""
    plateau: int = 0
    ema: float = 0.0
    clip_norm: float = 0.0
    mixed_precision: bool = False
    qat: bool = False
    augment: bool | None = None
    augmentation: str = ""
    seed: int = 0
    deterministic: bool = False
    device: str = ""
    verbose: int = 1
    resume: bool = True
    save_minutes: float = 5.0
