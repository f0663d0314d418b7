"""What is asked. In: a question as typed and its conversation. Out: the question as searched and read.

Nothing here looks at an article.
"""
