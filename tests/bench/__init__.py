"""The benchmark: a synthetic register of real size and proportions, a load generator, and the runner."""
