"""Which column of a table holds which field of an article.

In: a row as it was read, nested or flat. Out: its fields as text. Names are known in the languages of common exports.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from rag.errors import SourceError

FIELDS = ("title", "text", "url", "publisher", "author", "published", "language", "id")
Row = Mapping[str, object]


def _names(words: str) -> tuple[str, ...]:
    return tuple(map(plain_name, words.split()))


def plain_name(name: str) -> str:
    """A column's name without case, accents and marks: "Published-At" as "publishedat"."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalpha())


# Names of columns without case and marks, likeliest first: English as feeds, CMS, news APIs and data sets have them,
# then German, French, Spanish, Italian, Dutch, Portuguese, Polish and Swedish.
NAMES: Mapping[str, tuple[str, ...]] = {
    "title": _names(
        "title headline heading webTitle subject name titel überschrift schlagzeile betreff titre título "
        "titolo kop encabezado manchete tytuł rubrik"
    ),
    "text": _names(
        "text body content articleBody mainText fullText contentText article contentHtml bodyText bodyHtml "
        "articleText plainText contentEncoded encoded story inhalt volltext artikel artikeltext haupttext "
        "fließtext texte contenu corps texto contenido cuerpo conteúdo corpo testo contenuto articolo tekst "
        "inhoud verhaal treść brödtext innehåll artículo leadParagraph description summary abstract excerpt "
        "trailText teaser snippet"
    ),
    "url": _names(
        "url link href permalink webUrl canonicalUrl sourceUrl articleUrl externalUrl adresse webadresse "
        "verweis lien enlace indirizzo koppeling ligação odnośnik länk"
    ),
    "publisher": _names(
        "publisher outlet siteName source site publication newspaper domain medium quelle zeitung verlag "
        "herausgeber journal éditeur fuente medio periódico diario fonte testata giornale bron krant uitgever "
        "veículo jornal źródło gazeta tidning källa"
    ),
    "author": _names(
        "author authors byline creator writer autor autorin autoren verfasser verfasserin auteur auteurs "
        "autore autori redacteur autores författare"
    ),
    "published": _names(
        "published datePublished publishedDate publishedAt publishedOn publishDate publicationDate "
        "webPublicationDate firstPublicationDate pubDate postDate date dateTime publishedTime seenDate "
        "timestamp created createdAt datum erschienen veröffentlicht erscheinungsdatum veröffentlichungsdatum "
        "datedepublication fecha fechadepublicación data pubblicato gepubliceerd publicatiedatum "
        "datadepublicação publicerad"
    ),
    "language": _names("language lang sprache langue idioma lingua taal język språk"),
    "id": _names("id guid uuid"),
}
# Names under which a text is the whole article, or meant to be.
WHOLE = frozenset(NAMES["text"][: NAMES["text"].index("leadparagraph")])
# Keys of an object that stands where a text is expected, likeliest first: {"name": "Courier"}, {"rendered": "<p>..."}.
_VALUE_KEYS = tuple("name title rendered main original text plain html value href url #text".split())
_DEEPEST = 3  # objects within a row


def values_of(row: Row, fields: Mapping[str, str]) -> dict[str, str]:
    """Each field as text, empty where the row has none; `fields` names the columns of fields that are known."""
    leaves = _leaves(row)
    return {field: _value(row, leaves, field, fields) for field in FIELDS}


def holds_text(row: Row) -> bool:
    """Whether a column of the row is one for the whole text."""
    return any(name in WHOLE and text.strip() for name, text in _leaves(row).items())


def unknown_columns(row: Row) -> list[str]:
    """The columns whose names are not known."""
    known = {name for names in NAMES.values() for name in names}
    return [key for key in row if plain_name(key) not in known]


def columns_of(row: Row) -> str:
    """The names of the first columns, for a reason."""
    return ", ".join(key[:40] for key in list(row)[:12])


def as_text(value: object) -> str:
    """The value as text: names of objects, lists joined; nothing for what is no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict):
        inner = next(iter(value.values())) if len(value) == 1 else None  # {"node": {"name": "Courier"}}
        return _named_value(inner) if isinstance(inner, dict) else _named_value(value)
    if isinstance(value, list):
        texts = [part if isinstance(part, str) else as_text(part) if isinstance(part, dict) else "" for part in value]
        return (", " if sum(map(len, texts)) < 300 else "\n\n").join(filter(None, texts))
    return ""


def _named_value(value: Mapping[str, object]) -> str:
    return next((part for key in _VALUE_KEYS if isinstance(part := value.get(key), str) and part), "")


def _value(row: Row, leaves: Mapping[str, str], field: str, fields: Mapping[str, str]) -> str:
    if field in fields:
        return as_text(_at(row, fields[field]))
    return next((leaves[name] for name in NAMES[field] if leaves.get(name, "").strip()), "")


def _at(row: Row, column: str) -> object:
    """The value of a column; "fields.body" names one inside an object. A SourceError when there is none."""
    if column in row:
        return row[column]
    value: object = row
    for part in column.split("."):
        if not isinstance(value, dict) or part not in value:
            raise SourceError(f"There is no column '{column}'.", f"Columns: {columns_of(row)}.")
        value = value[part]
    return value


def _leaves(row: Row) -> dict[str, str]:
    """Texts of the row by the plain names of their columns; outer ones and first ones win."""
    found: dict[str, str] = {}
    for name, text in _walk(row.items(), 0):
        if name in NAMES["author"] and text.strip().isdecimal():
            continue  # the number of an author in a CMS; the name may stand further in
        if not found.get(name, "").strip():
            found[name] = text
    return found


def _walk(items: Iterable[tuple[object, object]], depth: int) -> Iterator[tuple[str, str]]:
    nested: list[dict[object, object]] = []
    for key, value in items:
        name = plain_name(str(key).replace("/", ":").rpartition(":")[2])
        named = name in _ALL_NAMES and not str(key).startswith("_")  # "_source" of search engines is no outlet
        text = as_text(value)
        if named:
            yield name, text
        if isinstance(value, dict) and not (named and text):
            nested.append(value)
    if depth < _DEEPEST:
        for one in nested:
            yield from _walk(one.items(), depth + 1)


_ALL_NAMES = frozenset(name for names in NAMES.values() for name in names)
