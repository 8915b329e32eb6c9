"""Training: ``act-train`` and what it is made of."""
