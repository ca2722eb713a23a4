"""What does the committee read: one module per section, from marts to question, answer, tables, figures and words.

A notebook calls these functions and holds no arithmetic of its own. Every number goes through a protected table.
"""
