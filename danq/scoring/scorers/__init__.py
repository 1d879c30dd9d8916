"""What gives numbers to alleles, and which numbers; nothing here knows of VCF."""
