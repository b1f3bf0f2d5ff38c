"""Makes synthetic releases: whole registers of real size and proportions, in the form TRUD publishes."""
