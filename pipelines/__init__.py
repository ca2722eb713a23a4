"""Indsatstrappen: from a municipality's deliveries to committee reports with numbers that hold."""

__version__ = "0.1.0"
