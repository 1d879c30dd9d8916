"""Motifs that variants make or break."""
