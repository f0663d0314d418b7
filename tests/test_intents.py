"""What people type besides questions that a passage answers gets a reply of its own, exact and cited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from chromas import Chroma

from benchmarks.intents import judged
from rag.answering.intents.spelling import correct, other_names
from rag.answering.intents.story import most_named
from rag.answering.intents.understanding import ANSWERED, mask_outlets, understand
from rag.assistant import Assistant
from rag.config import Settings
from rag.errors import QuestionError
from rag.library import Library
from rag.schema import Answer, Article, Done, Filters
from rag.store.served import SILENT
from training.intents import read_phrasings

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
TODAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The demo articles, read by the plain selector."""
    settings = Settings(library=tmp_path_factory.mktemp("intents") / "library", reader="none")
    with Library.open(settings=settings, one_shot=True) as opened:
        opened.add(CORPUS)
        yield opened


@pytest.fixture(scope="module")
def assistant(library: Library) -> Assistant:
    return Assistant(library, llm="")


def holds(answer: Answer, library: Library) -> bool:
    """Whether every citation is word for word what its article says there."""
    texts = {one.article_id: library.article(one.article_id) for one in answer.citations}
    return all(
        (article := texts[one.article_id]) is not None and article.text[one.start : one.end] == one.quote
        for one in answer.citations
    )


def articles_with(library: Library, word: str) -> set[str]:
    """The articles in whose title or text the word stands, counted without the index."""
    form = re.compile(rf"\b{word}s?\b", re.I)
    return {one.id for one in library.articles(limit=500) if form.search(f"{one.title}\n{one.text}")}


# --- the library itself


@pytest.mark.parametrize("question", ["How many articles mention China?", "Which articles do you have about China?"])
def test_articles_on_a_topic_are_counted_exactly_and_each_is_cited(
    assistant: Assistant, library: Library, question: str
) -> None:
    answer = assistant.ask(question)
    wanted = articles_with(library, "China")
    assert answer.kind == "library"
    assert answer.text.startswith(f"{len(wanted)} articles mention “China”")
    assert {one.article_id for one in answer.citations} == wanted
    assert holds(answer, library)


def test_all_articles_are_counted_and_the_first_are_listed(assistant: Assistant, library: Library) -> None:
    answer = assistant.ask("How many articles are there?")
    assert answer.text.startswith(f"The library holds {library.count_articles()} articles.")
    assert len(answer.citations) == 25


def test_a_list_is_narrowed_to_an_outlet_and_a_month(assistant: Assistant, library: Library) -> None:
    answer = assistant.ask("Show me the articles from Lantern Weekly")
    assert {one.publisher for one in answer.citations} == {"Lantern Weekly"}
    assert len(answer.citations) == dict(library.publishers())["Lantern Weekly"]
    dated = assistant.ask("articles published in May 2022")
    assert {(one.published.year, one.published.month) for one in dated.citations if one.published} == {(2022, 5)}


def test_a_topic_that_no_article_has_is_said_to_be_in_none(assistant: Assistant) -> None:
    answer = assistant.ask("How many articles mention beekeeping?")
    assert answer.text.startswith("No article mentions “beekeeping”.")


def test_words_that_are_no_name_count_apart_too(library: Library) -> None:
    strike = Article(
        title="Dockers in Varn strike", text="Dockers in Varn stopped work on Tuesday morning.", language="en"
    )
    live = Article(
        title="Live: the dockers' strike", text="The dockers' strike goes on for a second day.", language="en"
    )
    house = Article(title="A white wall on a house", text="The house in Tarn Lane has a white wall, its owner says.")
    named = Article(title="Visit in spring", text="The White House said on Monday that the visit is set for spring.")
    with Library.open(
        settings=library.settings.model_copy(update={"library": library.settings.library / "apart"}), one_shot=True
    ) as small:
        small.add([strike, live, house, named])
        asked = Assistant(small, llm="")
        answer = asked.ask("how many articles mention the dockers' strike?")
        assert answer.text.startswith("1 article mentions “dockers' strike”; 1 more has these words apart.")
        assert [one.title for one in answer.citations] == [live.title, strike.title]
        assert asked.ask("how many articles mention the White House?").text.startswith(
            "1 article mentions “White House”"
        )
        assert "apart" not in asked.ask("how many articles mention the White House?").text


def test_articles_of_an_author_and_in_a_language_are_listed(library: Library) -> None:
    written = Article(
        title="Night trains return", text="Night trains return, the line says.", author="Ada Holm", language="en"
    )
    german = Article(title="Nachtzüge kehren zurück", text="Nachtzüge kehren nach Nord zurück.", language="de")
    with Library.open(
        settings=library.settings.model_copy(update={"library": library.settings.library / "shared"}), one_shot=True
    ) as small:
        small.add([written, german])
        asked = Assistant(small, llm="")
        assert asked.ask("articles by Ada Holm").text.startswith("1 article by Ada Holm.")
        answer = asked.ask("articles in German")
        assert answer.text.startswith("1 article in German.")
        assert [one.title for one in answer.citations] == [german.title]


@pytest.mark.parametrize("typed", ["list the sources you use", "how big is this collection?"])
def test_a_verb_or_a_measure_of_the_request_is_no_topic(assistant: Assistant, typed: str) -> None:
    answer = assistant.ask(typed)
    assert answer.kind == "library"
    assert "mention" not in answer.text


def test_outlets_that_reported_are_named_with_their_number_of_articles(assistant: Assistant, library: Library) -> None:
    answer = assistant.ask("Which outlets reported on the earthquake?")
    wanted = articles_with(library, "earthquake")
    outlets = {article.publisher for one in wanted if (article := library.article(one))}
    assert answer.kind == "library"
    assert answer.text.startswith(f"{len(outlets)} outlets mention “earthquake”, in {len(wanted)} articles.")
    assert {one.publisher for one in answer.citations} == outlets


def test_authors_of_an_outlet_are_named(assistant: Assistant, library: Library) -> None:
    answer = assistant.ask("Who writes for Lantern Weekly?")
    wanted = {one.author for one in library.articles(publisher="Lantern Weekly", limit=100)}
    assert answer.kind == "library"
    assert all(str(author) in answer.text for author in wanted)


@pytest.mark.parametrize("typed", ["Who is {author}?", "who is {lower}", "{author}"])
def test_an_author_of_whom_no_article_tells_is_known_by_what_he_or_she_wrote(
    assistant: Assistant, library: Library, typed: str
) -> None:
    author = next(
        one.author for one in library.articles(limit=100) if one.author and not articles_with(library, one.author)
    )
    wrote = {one.id for one in library.articles(limit=100) if one.author == author}
    answer = assistant.ask(typed.format(author=author, lower=author.lower()))
    assert answer.kind == "library"
    assert answer.text.startswith(f"{author} wrote {len(wrote)} article")
    assert {one.article_id for one in answer.citations} == wrote


def test_what_an_author_did_is_no_request_for_the_articles(assistant: Assistant, library: Library) -> None:
    author = next(
        one.author for one in library.articles(limit=100) if one.author and not articles_with(library, one.author)
    )
    assert assistant.ask(f"What did {author} eat?").kind == "refusal"


@pytest.mark.parametrize(
    "question",
    [
        "How many story openings were recorded?",
        "how many files were leaked?",
        "How many articles were sold at the fair?",
    ],
)
def test_a_count_of_what_the_articles_tell_of_is_no_count_of_the_articles(question: str) -> None:
    assert understand(question, [], TODAY).intent == "content"


def test_what_an_outlet_says_is_quoted_under_its_name(assistant: Assistant, library: Library) -> None:
    answer = assistant.ask("What did Lantern Weekly say about the police files?")
    assert answer.kind == "library"
    assert {one.publisher for one in answer.citations} == {"Lantern Weekly"}
    assert answer.speakers == (None, "Lantern Weekly")
    assert "Police Files" in answer.citations[0].quote
    assert holds(answer, library)


def test_outlets_are_compared_side_by_side(assistant: Assistant, library: Library) -> None:
    answer = assistant.ask("compare what Meridian Wire and the Harbour Post say about the trip")
    assert answer.kind == "library"
    assert {one for one in answer.speakers if one} == {"Meridian Wire", "The Harbour Post"}
    assert holds(answer, library)


def test_what_is_new_counts_what_was_added_or_published(library: Library) -> None:
    newest = Article(title="Ferry fares rise", text="Ferry fares rise by a tenth, the port said.", published=TODAY)
    with Library.open(
        settings=library.settings.model_copy(update={"library": library.settings.library / "new"})
    ) as own:
        own.add([newest])
        answer = Assistant(own, llm="").ask("What is new?")
    assert answer.kind == "library"
    assert answer.text.startswith("1 article came in since ")


def test_a_question_about_the_world_with_an_outlets_name_is_no_question_to_the_library(assistant: Assistant) -> None:
    assert assistant.ask("Who owns Lantern Weekly?").kind in ("answer", "refusal")


def test_what_is_listed_is_no_surer_than_that_it_was_asked_for(assistant: Assistant) -> None:
    plain = assistant.ask("How many articles mention Bachelet?")
    doubtful = assistant.ask("How many stories has Bachelet?")
    assert plain.kind == doubtful.kind == "library"
    assert doubtful.confidence < plain.confidence < 1.0


# --- stories and keywords


def test_a_story_of_several_articles_is_told_by_a_sentence_of_each(assistant: Assistant, library: Library) -> None:
    answer = assistant.ask("Tell me about Bachelet's trip")
    assert answer.kind == "story"
    assert len({one.article_id for one in answer.citations}) == len(answer.citations) >= 3
    days = [one.published for one in answer.citations[1:] if one.published]  # behind the most important one
    assert days == sorted(days)
    assert holds(answer, library)


def test_names_in_as_many_articles_stand_in_the_order_of_the_text() -> None:
    names = ["Ada Holm", "Jon Berg", "Mira Castell", "Port Ellery", "Tomas Reed"]
    told = [Article(title="", text=". ".join(f"So {name} came" for name in names)) for _ in range(2)]
    found = most_named(told)
    assert len(found) > 1
    assert found == names[: len(found)]


def test_what_one_article_tells_is_no_story(assistant: Assistant) -> None:
    assert assistant.ask("Tell me about the malaria vaccinations").kind != "story"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("inflation", "9.1"), ("53,537", "53,537"), ("$44bn", "44 billion"), ("JWST first images", "Webb")],
)
def test_keywords_show_the_sentences_that_hold_them(assistant: Assistant, typed: str, shown: str) -> None:
    answer = assistant.ask(typed)
    assert answer.answered
    assert shown in " ".join(one.text for one in answer.sentences)


WORDS_ALONE = "Sentences with these words; whether they answer was not judged."


def test_keywords_that_ask_for_something_are_read_as_a_question(library: Library) -> None:
    assistant = Assistant(library, llm="", settings=library.settings.model_copy(update={"reader": "builtin"}))
    answer = assistant.ask("Kiptum marathon record time")
    assert answer.answered
    assert WORDS_ALONE not in answer.notes
    assert WORDS_ALONE in assistant.ask("Kiptum").notes


def test_keywords_that_the_reader_finds_no_answer_to_show_the_sentences_that_hold_them(library: Library) -> None:
    sceptic = Assistant(library, llm="", settings=library.settings.model_copy(update={"refuse_below": 1.0}))
    answer = sceptic.ask("Kiptum marathon record time")
    assert answer.answered
    assert WORDS_ALONE in answer.notes
    assert sceptic.ask("What is Kiptum's record time?").kind == "refusal"


def test_keywords_shown_after_the_reader_found_nothing_keep_its_time_and_what_the_search_said(
    tmp_path: Path, chroma: Chroma
) -> None:
    settings = Settings(library=tmp_path / "library", chroma=chroma.address, refuse_below=1.0)
    with Library.open(settings=settings) as opened:
        opened.add([Article(title="Ferries", text="The ferry licence of Brask was given to nine captains in May.")])
        chroma.kill()
        answer = Assistant(opened, llm="").ask("ferry licence captains")
    assert answer.answered
    assert set(answer.notes) >= {WORDS_ALONE, SILENT}
    assert answer.timings["read"] > 0


HISTORY = (
    ("user", "What did Bachelet say about the police files?"),
    ("assistant", "She said that she had raised them."),
)


@pytest.mark.parametrize("typed", ["What happened next?", "Tell me more about it", "and Blinken"])
def test_what_only_goes_on_is_a_follow_up_and_no_request(assistant: Assistant, typed: str) -> None:
    assert assistant.ask(typed, HISTORY).kind in ("answer", "refusal")


def test_a_request_in_a_conversation_is_about_what_was_talked_of(assistant: Assistant) -> None:
    answer = assistant.ask("Which outlets reported on her?", HISTORY)
    assert answer.kind == "library"
    assert "“Bachelet”" in answer.text


# --- short replies


@pytest.mark.parametrize("typed", ["hi", "Hello!", "thanks", "Thank you!", "help", "What can you do?"])
def test_greetings_thanks_and_help_get_a_reply_without_a_search(assistant: Assistant, typed: str) -> None:
    events = list(assistant.stream(typed))
    last = events[-1]
    assert isinstance(last, Done)
    assert last.answer.kind == "reply"
    assert last.answer.answered
    assert not last.answer.candidates


def test_what_points_at_nothing_asks_about_the_assistant_but_not_in_a_conversation(assistant: Assistant) -> None:
    assert understand("how does this work?", [], TODAY, first=True).intent == "help"
    assert understand("how does this work?", [], TODAY).intent == "content"
    assert understand("How does this vaccine against malaria work?", [], TODAY, first=True).intent == "content"


@pytest.mark.parametrize("typed", ["hola", "qwertz", "asdf jkl"])
def test_keywords_that_no_article_has_are_said_to_be_in_none(assistant: Assistant, typed: str) -> None:
    answer = assistant.ask(typed)
    assert (answer.kind, answer.answered, answer.citations) == ("reply", False, ())
    assert f"No article has “{typed}”" in answer.text


def test_an_empty_library_says_so_and_how_to_fill_it(tmp_path: Path) -> None:
    with Library.open(settings=Settings(library=tmp_path / "empty", reader="none")) as empty:
        answer = Assistant(empty, llm="").ask("Who won the election?")
    assert (answer.kind, answer.answered) == ("reply", False)
    assert "rag add" in answer.text


@pytest.mark.parametrize(
    ("typed", "language"),
    [("Was sagte Bachelet über ihre Reise nach China?", "German"), ("¿Qué dijo Bachelet sobre el viaje?", "Spanish")],
)
def test_a_question_in_a_language_of_no_article_is_told_so(assistant: Assistant, typed: str, language: str) -> None:
    answer = assistant.ask(typed)
    assert (answer.kind, answer.answered) == ("reply", False)
    assert language in answer.text
    assert "English" in answer.text


def test_an_empty_question_is_refused_before_anything_is_searched(assistant: Assistant) -> None:
    with pytest.raises(QuestionError):
        assistant.stream("   ")


def test_what_the_articles_do_not_say_is_a_refusal(assistant: Assistant) -> None:
    answer = assistant.ask("How many umbrellas did the mayor of Norrvik sell in 1931?")
    assert (answer.kind, answer.answered) == ("refusal", False)


# --- spelling


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("What did Bachlet say about her trip?", "What did Bachelet say about her trip?"),
        ("Kiptum marathn record", "Kiptum marathon record"),
        ("What is the ECB?", "What is the European Central Bank?"),
        ("what is the ecb", "what is the European Central Bank"),
        ("What did the High Commissionar say?", "What did the High Commissioner say?"),
    ],
)
def test_what_no_article_has_is_corrected_by_the_words_of_the_articles(
    library: Library, typed: str, searched: str
) -> None:
    assert correct(typed, library).question == searched


@pytest.mark.parametrize(
    "typed",
    [
        "What did Bolsonaro say?",
        "Who tampered with the ballots?",
        "wasnt there a hotline?",
        "What did they criticise, analyse and unrecognised?",  # the articles have "criticism" and "analysts"
        "Which vaccinators came?",  # they have "vaccinations"
    ],
)
def test_what_is_merely_absent_stays_as_it_was_typed(library: Library, typed: str) -> None:
    assert correct(typed, library).question == typed


def test_an_answer_says_what_was_corrected_and_can_be_asked_as_typed(assistant: Assistant) -> None:
    typed = "What did Bachlet say about her trip?"
    answer = assistant.ask(typed)
    assert answer.typed == typed
    assert "Bachelet" in answer.question
    assert "Searched for “Bachelet”" in answer.notes[0]
    as_typed = assistant.ask(typed, spelling=False)
    assert as_typed.typed == ""
    assert as_typed.question == typed


# --- acronyms, titles, exclusions, other languages


@pytest.fixture(scope="module")
def paired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Articles that pair acronyms with names."""
    settings = Settings(library=tmp_path_factory.mktemp("paired") / "library", reader="none")
    with Library.open(settings=settings, one_shot=True) as opened:
        first = "The Tarnwick Works Council (TWC) met on Monday. Its chair, Ada Fink, asked for a new ferry."
        second = "The TWC turned the plan down on Friday, seven votes to two, because the ferry costs too much."
        third = "WHO sends help to Ryd. The World Health Organization flew two nurses to Ryd on Sunday."
        texts = (("Ferry asked for", first), ("Ferry turned down", second), ("Nurses in Ryd", third))
        opened.add([Article(title=title, text=text) for title, text in texts])
        yield opened


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("What did the TWC decide?", ("Tarnwick Works Council",)),
        ("what did the twc decide", ("Tarnwick Works Council",)),
        ("What did the Tarnwick Works Council decide?", ("TWC",)),
        ("Whom did the WHO send to Ryd?", ("World Health Organization",)),
        ("Who sends help?", ()),
        ("What did the Tarnwick Works Council (TWC) decide?", ()),
        ("WHAT DID THE COUNCIL DECIDE?", ()),
    ],
)
def test_acronyms_and_names_are_one_where_the_articles_pair_them(
    paired: Library, typed: str, names: tuple[str, ...]
) -> None:
    assert other_names(typed, paired) == names


def test_the_other_name_is_searched_in_brackets_behind_the_question(paired: Library) -> None:
    answer = Assistant(paired, llm="").ask("What did the TWC decide?")
    assert answer.question == "What did the TWC decide? (Tarnwick Works Council)"


@pytest.mark.parametrize("change", [str, str.lower, lambda title: title.replace("2:00:35", "2.00:35")])
def test_a_title_typed_as_the_question_gives_the_lead_of_its_article(
    assistant: Assistant, library: Library, change: Callable[[str], str]
) -> None:
    title = "Kelvin Kiptum takes the marathon record to 2:00:35"
    answer = assistant.ask(change(title))
    assert {one.title for one in answer.citations} == {title}
    assert answer.citations[0].start == 0
    assert holds(answer, library)


def test_words_of_a_title_that_ask_are_no_title(assistant: Assistant) -> None:
    assert assistant.ask("Kelvin Kiptum takes the marathon record to 2:00:35?").model != "library"


def test_keywords_leave_out_what_stands_behind_a_minus_sign(assistant: Assistant) -> None:
    answer = assistant.ask("Xinjiang -Bachelet")
    assert answer.answered
    assert not any("Bachelet" in f"{one.title} {one.quote}" for one in answer.citations)


def test_keywords_in_quotation_marks_stand_in_each_sentence_shown(assistant: Assistant) -> None:
    answer = assistant.ask('"closed loop" visit')
    assert answer.citations
    assert all("closed loop" in one.quote for one in answer.citations)


@pytest.mark.parametrize(("typed", "held"), [("53537", "53,537"), ("$44bn", "44 billion"), ("9,1 percent", "9.1")])
def test_a_figure_is_found_in_any_spelling(assistant: Assistant, typed: str, held: str) -> None:
    assert held in assistant.ask(typed).citations[0].quote


@pytest.mark.parametrize("typed", ["$45bn", "inflation 9.2%"])
def test_keywords_show_no_sentence_about_another_figure(assistant: Assistant, typed: str) -> None:
    assert not assistant.ask(typed).answered


@pytest.mark.parametrize("typed", ["Explain", "list", "Describe!"])
def test_a_word_of_command_by_itself_is_told_what_can_be_asked(assistant: Assistant, typed: str) -> None:
    assert assistant.ask(typed).kind == "reply"


@pytest.mark.parametrize("typed", ["x", "7", "z?"])
def test_a_letter_or_figure_by_itself_is_no_thanks(assistant: Assistant, typed: str) -> None:
    assert assistant.ask(typed).kind != "reply"


@pytest.mark.parametrize(
    "typed",
    [
        "¿Quién ganó el Mundial?",
        "世界杯谁赢了？",
        "Кто выиграл?",
        "من فاز بكأس العالم؟",
        "Quem venceu a Copa?",
        "Quanto custou o Twitter?",
    ],
)
def test_a_short_question_in_another_language_is_told_what_is_read_here(assistant: Assistant, typed: str) -> None:
    answer = assistant.ask(typed)
    assert (answer.kind, answer.answered) == ("reply", False)
    assert "English" in answer.text
    assert "No article" not in answer.text


def test_names_that_no_article_has_make_no_other_language(assistant: Assistant) -> None:
    assert assistant.ask("Who is Zorbulax Plimtog Kramtok?").kind == "refusal"


@pytest.mark.parametrize("typed", ["Who is Ines Garrowby?", "What is Meridian Wire?", "What happened in Turkey?"])
def test_an_author_an_outlet_and_another_spelling_are_never_said_to_be_in_no_article(
    assistant: Assistant, typed: str
) -> None:
    assert "No article mentions" not in assistant.ask(typed).text


# --- understanding


def test_outlets_are_found_whatever_their_case_and_article() -> None:
    masked, outlets = mask_outlets(
        "did harbour post and THE Lantern Weekly's say so?", ["The Harbour Post", "Lantern Weekly"]
    )
    assert outlets == ("The Harbour Post", "Lantern Weekly")
    assert masked == "did OUTLET and OTHER's say so?"


def test_an_outlet_of_one_common_word_is_told_by_its_capital() -> None:
    assert mask_outlets("what happened at that time?", ["Time"])[1] == ()
    assert mask_outlets("what did Time say?", ["Time"])[1] == ("Time",)


@pytest.mark.parametrize("typed", ["Who wrote Afterlives?", "Who wrote the report?", "Who owns Lantern Weekly?"])
def test_who_wrote_a_book_is_no_request_for_authors(typed: str) -> None:
    assert understand(typed, ["Lantern Weekly"], TODAY).intent in ANSWERED


def test_a_pasted_text_is_no_request() -> None:
    assert understand("list all articles " * 20, [], TODAY).intent == "content"


def test_requests_that_were_kept_apart_are_told_from_ordinary_questions() -> None:
    made = judged(one for one in read_phrasings() if one.kept_apart)
    own = [one for one in made if one.phrasing.intent not in ANSWERED]
    taken = [one for one in made if one.intent not in ANSWERED]
    assert sum(one.intent not in ANSWERED for one in own) >= 0.9 * len(own)
    assert sum(one.phrasing.intent not in ANSWERED for one in taken) >= 0.9 * len(taken)


def test_filters_that_are_set_hold_for_requests_too(assistant: Assistant) -> None:
    answer = assistant.ask("How many articles are there?", filters=Filters(publisher="Northern Ledger"))
    assert answer.text.startswith("5 articles from Northern Ledger.")
