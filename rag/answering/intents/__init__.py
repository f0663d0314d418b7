"""What people type besides questions that a passage answers: on the library itself, for a story, greetings, keywords.

In: a question and a library. Out: an Answer of its own, or none for a question that is searched and read as usual.
Nothing here counts by guess: what is listed are the articles, and what is quoted are their spans.
"""
