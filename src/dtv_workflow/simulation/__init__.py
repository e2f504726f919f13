"""A year in the life: the real register driven by a discrete-event simulation, and its figures beside the published ones."""
