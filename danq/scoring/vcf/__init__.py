"""Records of VCF and BCF in and out; nothing here knows of networks or scores."""
