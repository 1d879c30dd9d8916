"""What a run writes: one consumer of blocks for every kind of output."""
