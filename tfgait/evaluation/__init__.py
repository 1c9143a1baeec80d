"""How well embeddings tell people apart: distances, k-NN, retrieval scores, protocols; numpy only."""
