"""Files of Keras models, read within bounds and without running anything that they bring."""
