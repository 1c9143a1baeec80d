"""Networks for boards: what can be written, written whole, and proven equal to Keras."""
