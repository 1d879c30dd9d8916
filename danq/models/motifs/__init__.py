"""Motifs: their files, and kernels that start from them."""
