"""How well it works: data sets and probes, figures, comparisons, reports. `rag eval` is its face."""
