"""What people type besides questions that a passage answers: on the library itself, for a story, greetings, keywords.

`respond` is the way in: it gives an Answer of its own, or None for a question that is searched and read as usual.
"""
