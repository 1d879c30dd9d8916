"""What gives contributions: mutagenesis, and gradients of several kinds."""
