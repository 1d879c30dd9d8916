"""What a target is: its name, its group, the table that lists it; nothing here needs Keras."""
