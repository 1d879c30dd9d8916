"""Arrays in, figures out: metrics, curves, intervals, comparisons; no reports and no pictures."""
