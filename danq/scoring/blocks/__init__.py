"""Where records and numbers meet: judged, cut into blocks, counted, kept, shared out."""
