"""Which of two models does better, and how sure can a municipality be? From the plan, over the design, to what it can carry."""
