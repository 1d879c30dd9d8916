"""Records of VCF and BCF in and out, judged and counted; no networks, no scores."""
