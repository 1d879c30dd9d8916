"""The files of DeepSEA: MATLAB 5 and 7.3 in and out."""
