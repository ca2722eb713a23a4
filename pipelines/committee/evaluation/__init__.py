"""The report *Evaluering*: who was measured under each model, and which of the two did better, as far as the design can tell."""
