"""`make bench`: how fast, against what else there is. Measured in turns in one run; nothing is asserted."""
