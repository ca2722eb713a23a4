"""Open Danish figures that travel with the program, and how they become deliveries like all others."""

from pipelines.open_data.deliver import attribution_text, deliver_open_data

__all__ = ["attribution_text", "deliver_open_data"]
