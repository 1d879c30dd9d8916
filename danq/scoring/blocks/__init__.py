"""Where records and numbers meet: cut into blocks, kept, shared out."""
