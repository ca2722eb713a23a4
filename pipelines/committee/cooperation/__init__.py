"""The report *Mødestruktur og samarbejde*: is the cooperation that the document promises held, and does it reach the children?

One module per question; which of them a report holds follows from what the municipality's profile promises.
"""
