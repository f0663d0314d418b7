"""The quality gate: the assistant answers every question of `questions.jsonl` over `corpus/`, and no figure may fall.

`asking.py` gives an outcome a question, `measures.py` makes figures of them, `floors.py` says what they must reach,
`report.py` shows both. Run it with `make eval` or `python -m benchmarks.gate`.
"""
