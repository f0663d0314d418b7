"""What is asked. In: a question as typed and its conversation. Out: the question as searched and read, and its time.

Nothing here fetches an article: the day of a named event is read from passages that were found already.
"""
