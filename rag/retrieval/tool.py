"""The library as a tool of an agent: passages as text for the model, and the same as citations for the program.

Like `retriever.py`, this module imports LangChain, so the library imports it when a tool is asked for.
"""

from __future__ import annotations

from langchain_core.tools import BaseTool, StructuredTool, ToolException

from rag.errors import QuestionError
from rag.retrieval.hybrid import HybridSearch
from rag.schema import Candidate, Citation

NAME = "search_articles"
DESCRIPTION = (
    "Finds passages of the user's articles that may answer a question. Ask a whole question in plain words. "
    "Cite a passage by its number, such as [1]."
)
NOTHING = "No passage was found."


def build_tool(search: HybridSearch, *, name: str = NAME, description: str = DESCRIPTION) -> BaseTool:
    """A tool that takes a question; its content is text for the model, its artifact a tuple of `Citation`."""

    def find(question: str) -> tuple[str, tuple[Citation, ...]]:
        try:
            found = search.retrieve(question)
        except QuestionError as error:
            raise ToolException(str(error)) from error
        citations = tuple(as_citation(number, candidate) for number, candidate in enumerate(found.candidates, start=1))
        told = list(map(_described, citations)) or [NOTHING]
        return "\n\n".join([*told, *([f"Note: {found.note}"] if found.note else [])]), citations

    return StructuredTool.from_function(
        find, name=name, description=description, response_format="content_and_artifact", handle_tool_error=True
    )


def as_citation(number: int, candidate: Candidate) -> Citation:
    """The citation of a whole passage."""
    passage = candidate.passage
    return Citation(
        number=number,
        article_id=passage.article_id,
        title=candidate.title,
        start=passage.start,
        end=passage.end,
        quote=passage.text,
        publisher=candidate.publisher,
        published=candidate.published,
        url=candidate.url,
        version=candidate.version,
        also=candidate.also,
    )


def _described(citation: Citation) -> str:
    """Number, head and text on a line each: no line break of an article can look like the head of another passage."""
    published = citation.published.isoformat() if citation.published else None
    source = ", ".join(part for part in (citation.publisher, published) if part)
    head = f"[{citation.number}] {citation.title}" + (f" ({source})" if source else "")
    return f"{_one_line(head)}\n{_one_line(citation.quote)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
