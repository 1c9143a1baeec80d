"""Batches for training and scoring: which rows, which frames, changed how, brought to the device."""
