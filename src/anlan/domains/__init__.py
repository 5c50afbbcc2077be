"""One folder a subject, in tiers: a higher domain may open a matter of a lower one, never the other way."""
