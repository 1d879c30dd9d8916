"""Which bins of a genome become windows, and what their labels are."""
