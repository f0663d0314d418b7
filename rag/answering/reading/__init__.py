"""Which sentences answer, or none. In: a question and retrieved passages. Out: scored sentences of whole windows.

Nothing here changes a text: every sentence is a span of its article.
"""
