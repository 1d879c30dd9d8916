"""One step of training: the network as a card takes it, its loss, its optimizer, the devices."""
