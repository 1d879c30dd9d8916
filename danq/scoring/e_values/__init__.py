"""How large a score is among those of many variants: backgrounds and E-values."""
