"""Several processes that train one run together, in lockstep."""
