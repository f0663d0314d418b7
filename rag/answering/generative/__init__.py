"""The answer in a chat model's words. In: a question, passages, the offline answer. Out: events and an Answer.

No sentence of the model is shown as it comes: each is checked first, and what it writes never becomes markup.
"""
