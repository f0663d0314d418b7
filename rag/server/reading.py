"""REST: search, articles with their versions and quotes, collections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from rag.export.plain import to_json
from rag.retrieval.filters import make_filters
from rag.schema import Article, Candidate, OtherSource
from rag.server.models import Day, model_of
from rag.server.problems import NotFound
from rag.server.service import Service

MOST = 100  # articles of a page, passages of a search

Words = Annotated[str, Query(max_length=1_000)]
Publisher = Annotated[str | None, Query(max_length=200, description="Only articles that this outlet has published.")]
Since = Annotated[Day | None, Query(description="Published on this day or later.")]
Until = Annotated[Day | None, Query(description="Published on this day or earlier.")]


class Hit(BaseModel):
    """A passage that may answer: `text` is the article's text from `start` to `end`."""

    passage_id: str
    article_id: str
    title: str
    publisher: str | None
    published: date | None
    url: str | None
    link: str = Field(description="The outlet's page, or else this server's.")
    start: int
    end: int
    text: str
    score: float = Field(description="0..1, higher is better; comparable between questions.")
    version: str = Field(description="Of the article's text.")


class Hits(BaseModel):
    """What a search found, best first."""

    results: list[Hit]
    note: str = Field(description="What could not be searched; empty when all was.")


class ArticleHead(model_of(Article, without=("text",))):  # type: ignore[misc]  # a class made at run time
    """An article without its text."""

    link: str = Field(description="The outlet's page, or else this server's.")


class ArticlePage(BaseModel):
    """Some of the articles, newest first."""

    articles: list[ArticleHead]
    cursor: str = Field(description="Give it back for the next page; empty when there is none.")


class WholeArticle(model_of(Article)):  # type: ignore[misc]
    """An article with its text, and who else has published it."""

    link: str = Field(description="The outlet's page, or else this server's.")
    sources: list[model_of(OtherSource)]  # type: ignore[valid-type]


class Quote(BaseModel):
    """A quotation: `quote` is the article's text from `start` to `end`."""

    article_id: str
    title: str
    publisher: str | None
    published: date | None
    link: str
    version: str | None
    start: int
    end: int
    quote: str


class Collection(BaseModel):
    """A named collection of articles."""

    name: str
    articles: int


def add_reading(routes: APIRouter, service: Service) -> None:
    """Add the routes that only read."""
    _add_lists(routes, service)
    _add_articles(routes, service)
    _add_collections(routes, service)


def _add_lists(routes: APIRouter, service: Service) -> None:
    """Passages that were searched for, and the list of articles."""

    @routes.get("/search", response_model=Hits, summary="Passages that may answer a question")
    def search(
        q: Annotated[str, Query(min_length=1, max_length=20_000, description="A question, or words.")],
        k: Annotated[int, Query(ge=1, le=MOST, description="How many at most.")] = 8,
        publisher: Publisher = None,
        since: Since = None,
        until: Until = None,
    ) -> JSONResponse:
        """The passages nearest to a question, best first."""
        filters = make_filters(publisher=publisher, since=since, until=until)
        found = service.search(q, k, filters)
        return JSONResponse({"results": [_hit(service, one) for one in found.candidates], "note": found.note})

    @routes.get("/articles", response_model=ArticlePage, summary="Articles, newest first")
    def articles(
        query: Words = "",
        publisher: Publisher = None,
        since: Since = None,
        until: Until = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        cursor: Annotated[str, Query(max_length=500, description="Of the page before.")] = "",
    ) -> JSONResponse:
        """A page of the list. Each word of `query` must stand in title, publisher or author."""
        store = service.library().store
        page = store.page(limit, cursor, query=query, publisher=publisher, since=since, until=until)
        heads = [_without_text(described(service, one)) for one in page.articles]
        return JSONResponse({"articles": heads, "cursor": page.cursor})


def _add_articles(routes: APIRouter, service: Service) -> None:
    """One article, as it is or was, and the text of a citation in it."""

    @routes.get("/articles/{article_id}", response_model=WholeArticle, summary="An article with its text")
    def article(article_id: str) -> JSONResponse:
        """The article as it is now."""
        return JSONResponse(_whole(service, service.article(article_id)))

    @routes.get("/articles/{article_id}/versions/{version}", response_model=WholeArticle, summary="An earlier text")
    def version(article_id: str, version: str) -> JSONResponse:
        """The article with the text that a citation's `version` names, whatever came after."""
        return JSONResponse(_whole(service, service.article(article_id, version)))

    @routes.get("/articles/{article_id}/quote", response_model=Quote, summary="The text of a citation")
    def quote(
        article_id: str,
        start: Annotated[int, Query(ge=0)],
        end: Annotated[int, Query(ge=1)],
        version: Annotated[str | None, Query(max_length=200)] = None,
    ) -> JSONResponse:
        """The characters from `start` to `end`, to check a citation."""
        found = service.article(article_id, version)
        if not start < end <= len(found.text):
            raise NotFound(
                f"The article {article_id!r} has no characters {start} to {end}: its text has {len(found.text)}.",
                "Give start, end and version of one citation.",
            )
        return JSONResponse(_quote(service, found, version, start, end))


def _add_collections(routes: APIRouter, service: Service) -> None:
    """The named collections."""

    @routes.get("/collections", response_model=list[Collection], summary="Collections of articles")
    def collections() -> JSONResponse:
        """The named collections."""
        names = service.library().collections.names()
        return JSONResponse([{"name": name, "articles": count} for name, count in names])

    @routes.get("/collections/{name}", response_model=list[str], summary="Ids of a collection's articles")
    def collection(name: str) -> JSONResponse:
        """What `filters.article_ids` of a question takes, to ask this collection."""
        kept = service.library().collections
        if name not in {known for known, _ in kept.names()}:
            raise NotFound(f"There is no collection {name!r}.", "GET /api/collections lists them.")
        return JSONResponse(list(kept.members(name)))


def described(service: Service, article: Article) -> dict[str, Any]:
    """The article as JSON, with its link. Where its file lies on the server is nobody's business: the name stays."""
    source = article.source
    if source and not source.lower().startswith(("http://", "https://")):
        article = replace(article, source=PurePath(source).name)
    return {**to_json(article), "link": service.link(article.id, article.url)}


def _whole(service: Service, article: Article) -> dict[str, Any]:
    return {**described(service, article), "sources": to_json(service.library().sources(article.id))}


def _without_text(head: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in head.items() if name != "text"}


def _hit(service: Service, found: Candidate) -> dict[str, Any]:
    passage = found.passage
    return {
        "passage_id": passage.id,
        "article_id": passage.article_id,
        "title": found.title,
        "publisher": found.publisher,
        "published": to_json(found.published),
        "url": found.url,
        "link": service.link(passage.article_id, found.url, (passage.start, passage.end)),
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "score": found.score,
        "version": found.version,
    }


def _quote(service: Service, article: Article, version: str | None, start: int, end: int) -> dict[str, Any]:
    return {
        "article_id": article.id,
        "title": article.title,
        "publisher": article.publisher,
        "published": to_json(article.published),
        "link": service.link(article.id, article.url, (start, end)),
        "version": version,
        "start": start,
        "end": end,
        "quote": article.text[start:end],
    }
