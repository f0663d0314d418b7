"""Windows moved to either side, to be read again."""

from __future__ import annotations

from readings import candidate

from rag.answering.reading.windows import LONGEST, Window, make_windows, shifted
from rag.text.sentences import split_sentences

TEXT = " ".join(f"Sentence {number} tells of the mill." for number in range(40))
SPANS = split_sentences(TEXT)


def cut(first: int, behind: int, text: str = TEXT) -> Window:
    spans = split_sentences(text)[first:behind]
    return Window(candidate(text), text, spans[0][0], first, tuple(spans))


def again(*windows: Window) -> list[tuple[int, int]]:
    return [(one.first, one.first + len(one.sentences)) for one in shifted(windows)]


def test_a_window_is_moved_by_half_of_its_length_to_either_side() -> None:
    assert again(cut(10, 16)) == [(7, 13), (13, 19)]


def test_at_the_ends_of_the_article_windows_hold_what_there_is() -> None:
    assert again(cut(0, 6)) == [(0, 3), (3, 9)]
    assert again(cut(36, 40)) == [(34, 38), (38, 40)]


def test_no_window_is_longer_than_the_reader_takes_unless_a_sentence_is() -> None:
    text = " ".join(f"Sentence {number} " + "of the long story " * 20 + "ends." for number in range(8))
    made = shifted([cut(2, 5, text)])
    assert made
    assert all(len(one.text) <= LONGEST for one in made)
    monster = f"It said {'on and ' * 300}on. Then it ended."
    (window,) = make_windows([candidate(monster)], lambda _: monster, 1)[:1]
    assert all(one.sentences for one in shifted([window]))


def test_a_moved_window_holds_the_articles_own_sentences() -> None:
    (before, behind) = shifted([cut(10, 16)])
    assert before.sentences == SPANS[7:13]
    assert behind.text == TEXT[SPANS[13][0] : SPANS[18][1]]
