"""What is asked. In: a question as typed and its conversation. Out: the question as searched and read, and its time.

Nothing here fetches an article or knows what the library holds.
"""
