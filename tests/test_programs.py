"""What programs do with a library, a retriever and an assistant: copy them, send them to other processes, fork."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField

from rag.answering.options import as_asked
from rag.assistant import Assistant
from rag.config import Settings
from rag.errors import ConfigError, ModelError, QuestionError
from rag.library import Library
from rag.models.named import TorchProcess
from rag.models.reader import Reader
from rag.retrieval.retriever import ArticleRetriever
from rag.schema import Article, Turn

QUESTION = "When does the first night train leave?"
TRAINS = Article(
    title="Night trains return",
    text="The railway of Norrland will run night trains again. The first train leaves on 14 June with twelve cars.",
    publisher="The Harbour Post",
)
MORE = [
    Article(title=f"Notice {name}", text=f"The library of {name} opens at nine on Monday. The {name} tram is late.")
    for name in ("Ash", "Birch", "Cedar", "Elder", "Fir", "Hazel")
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    settings = Settings(library=tmp_path_factory.mktemp("programs") / "library")
    with Library.open(settings=settings) as opened:
        opened.add([TRAINS, *MORE])
        opened.warm()
        yield opened


def answered(assistant: Assistant) -> str:
    return assistant.ask(QUESTION).text


# --- copies


def through_pickle(thing: object) -> object:
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("copied", [copy.deepcopy, through_pickle])
def test_a_copy_reopens_the_library(library: Library, copied: Callable[[object], object]) -> None:
    other = copied(library)
    assert isinstance(other, Library)
    with other:
        assert other.settings.library.is_absolute()
        assert [one.id for one in other.articles()] == [one.id for one in library.articles()]
        other.add([Article(title="New", text="A swan was seen on the canal of Ash this morning, said the warden.")])
        assert library.count_articles("New") == 1
        library.remove(library.articles("New")[0].id)


@pytest.mark.parametrize("copied", [copy.deepcopy, through_pickle])
def test_a_copied_retriever_and_assistant_find_and_answer_the_same(
    library: Library, copied: Callable[[object], object]
) -> None:
    retriever = copied(library.retriever(k=2, publisher="The Harbour Post"))
    assert isinstance(retriever, ArticleRetriever)
    assert (retriever.k, retriever.filters.publisher) == (2, "The Harbour Post")
    assert [one.page_content for one in retriever.invoke(QUESTION)] == [TRAINS.text]
    assistant = copied(Assistant(library, reader=Reader.load()))
    assert isinstance(assistant, Assistant)
    assert answered(assistant) == answered(Assistant(library))
    assistant.library.close()


def test_an_assistant_whose_chat_model_cannot_travel_says_so(library: Library) -> None:
    class Held(FakeListChatModel):
        held: object = threading.Lock()

    with pytest.raises(ConfigError, match=r"its llm \(Held\) cannot be.*provider:model"):
        copy.deepcopy(Assistant(library, llm=Held(responses=["x"])))


def test_a_spawned_process_answers_with_a_pickled_assistant(library: Library, tmp_path: Path) -> None:
    (tmp_path / "assistant").write_bytes(pickle.dumps(Assistant(library)))
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).ask(sys.argv[2]).text)"
    command = [sys.executable, "-c", code, str(tmp_path / "assistant"), QUESTION]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path)
    assert run.stdout.strip() == answered(Assistant(library))


# --- forks

FORK = """
import faulthandler, multiprocessing, os, sys
import rag

def work(which):
    faulthandler.dump_traceback_later(100, exit=True)  # a child that hangs says where
    library.add([rag.Article(title=f"From {which}", text=f"A bell rang {which} times over the quiet bay on Friday.")])
    found = library.retriever(k=3).invoke("Who rang the bell?")
    assert f"From {which}" in {document.metadata["title"] for document in found}, found
    return assistant.ask(sys.argv[2]).text

library = rag.Library.open(sys.argv[1], one_shot=len(sys.argv) == 3)
assistant = rag.Assistant(library)
before = assistant.ask(sys.argv[2]).text
if len(sys.argv) > 3:
    library.store.rebuild_dense()
assert ("chromadb" in sys.modules) == (len(sys.argv) > 3)
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(work, [3, 4]) == [before, before]
assert assistant.ask(sys.argv[2]).text == before
assert len(library.articles("From")) == 2
child = os.fork()
if child == 0:
    sys.exit(7)  # ends as a program does, with everything that it would tidy up
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
library.store.search_dense(library.embedder.embed_query("bell"), 1, rag.Filters())
copies = list((library.store.folder / "dense").glob("open-*.lock"))
print("OK", library.store._dense._cached.index is not None, len(copies))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize("chroma", [[], ["chroma"]])
def test_children_forked_after_first_use_add_and_answer(tmp_path: Path, chroma: list[str]) -> None:
    with Library.open(tmp_path / "library") as library:
        library.add([TRAINS, *MORE])
    command = [sys.executable, "-W", "ignore", "-c", FORK, str(tmp_path / "library"), QUESTION, *chroma]
    run = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert run.stdout.split() == (["OK", "True", "1"] if chroma else ["OK", "False", "0"]), run.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_torch_model_refuses_to_run_in_a_forked_child() -> None:
    loaded = TorchProcess("some/model")
    loaded.check()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            loaded.check()
        except ModelError as error:
            os.write(write, str(error).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert b"loaded before this process was forked" in os.read(read, 1000)


# --- the command as a module


def test_python_m_rag_is_the_command() -> None:
    run = subprocess.run([sys.executable, "-m", "rag", "--version"], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("article-chat ")


# --- LangChain's ways to say what is wanted


def test_a_retriever_made_with_k_gives_k_and_each_call_may_ask_for_another(library: Library) -> None:
    search = library.retriever(k=5).search
    retriever = ArticleRetriever(search=search, k=3)
    assert len(retriever.invoke("the library opens")) == 3
    assert len(ArticleRetriever(search=search).invoke("the library opens")) == 5
    configurable = retriever.configurable_fields(k=ConfigurableField(id="k"))
    assert len(configurable.invoke("the library opens", config={"configurable": {"k": 2}})) == 2
    assert len(configurable.invoke("the library opens")) == 3
    assert len(retriever.invoke("the library opens", k=1)) == 1
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        ArticleRetriever(search=search, k=0)


EARLIER = (Turn("user", "Who runs the trains?"), Turn("assistant", "The railway of Norrland."))
TALK = [HumanMessage(EARLIER[0].text), AIMessage(EARLIER[1].text)]
PROMPT = ChatPromptTemplate([("system", "Be brief."), ("placeholder", "{talk}"), ("human", "{asked}")])


@pytest.mark.parametrize(
    ("given", "history"),
    [
        (QUESTION, ()),
        ({"question": QUESTION}, ()),
        ({"question": QUESTION, "history": EARLIER}, EARLIER),
        ({"input": QUESTION, "chat_history": TALK}, EARLIER),
        ({"input": QUESTION, "chat_history": []}, ()),
        ({"input": [*TALK, HumanMessage(QUESTION)]}, EARLIER),
        ({"messages": [SystemMessage("Be brief."), *TALK, HumanMessage(QUESTION)]}, EARLIER),
        ({"messages": [{"role": "user", "content": QUESTION}]}, ()),
        ([*TALK, ("human", QUESTION)], EARLIER),
        (HumanMessage(QUESTION), ()),
        (PROMPT.invoke({"talk": TALK, "asked": QUESTION}), EARLIER),
    ],
)
def test_a_runnable_takes_the_shapes_of_the_ecosystem(given: object, history: tuple[Turn, ...]) -> None:
    assert as_asked(given) == (QUESTION, history)


@pytest.mark.parametrize("given", [None, 7, {}, {"topic": "trains"}, [], {"messages": TALK}, [3], {"input": None}])
def test_other_shapes_are_refused_with_those_that_are_understood(library: Library, given: object) -> None:
    with pytest.raises(QuestionError, match=r"messages|pairs"):
        Assistant(library).runnable().invoke(given)


def test_a_chain_of_prompt_and_assistant_answers(library: Library) -> None:
    chain = PROMPT | Assistant(library).runnable()
    assert "14 June" in chain.invoke({"talk": TALK, "asked": QUESTION}).text
    assert Assistant(library).runnable().invoke({"messages": [("user", QUESTION)]}).answered
