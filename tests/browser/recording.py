"""Makes docs/images/chat.gif from the real chat on the demo corpus. Run `make recording`.

Scenes: the first page, a question being typed, its answer, a quote under the mouse, the passage in its article, a
follow-up, and the timeline. Frames are pictures of the page; each stays as long as a reader needs.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from chat_server import ROOT, demo_chat
from PIL import Image
from playwright.sync_api import Page
from talking import ask, chip, ended, point_at, rested

TARGET = ROOT / "docs" / "images" / "chat.gif"
WIDTH, HEIGHT = 1200, 740
SCALE = 0.75  # of the page's pixels: small print stays legible, and the file well below MOST_BYTES
COLOURS = 96
MOST_BYTES = 3_000_000
QUESTION = "What did the US say about the visit?"
FOLLOW_UP = "What did Blinken say after it?"
WARM_MS = 15_000  # the models are there before the recording begins
TYPED = 6  # letters a frame
Frame = tuple[Image.Image, int]  # a picture, and the milliseconds that it stays


def record(page: Page, address: str) -> list[Frame]:
    """The scenes of one conversation."""
    frames: list[Frame] = []

    def take(stay: int) -> None:
        frames.append((_picture(page), stay))

    page.goto(address)
    page.locator(".st-key-suggestions button").first.wait_for()
    page.wait_for_timeout(WARM_MS)
    take(1200)
    box = page.get_by_test_id("stChatInputTextArea")
    for end in range(TYPED, len(QUESTION) + TYPED, TYPED):
        box.fill(QUESTION[:end])
        take(110)
    box.press("Enter")
    page.get_by_role("group", name="Chat message from assistant").first.wait_for()
    take(500)
    shown = ended(page, 0)
    page.wait_for_timeout(800)
    take(2200)
    point_at(page, chip(shown))
    take(2000)
    chip(shown).click()
    page.locator("mark").first.wait_for()
    rested(page)
    page.mouse.move(5, 5)
    page.wait_for_timeout(1200)
    take(2600)
    page.keyboard.press("Escape")
    rested(page)
    ask(page, FOLLOW_UP).scroll_into_view_if_needed()
    page.wait_for_timeout(1200)
    take(2600)
    page.locator("a[href='#act-timeline-m1']").first.click()
    page.locator(".st-key-panel_card").locator("canvas, svg.marks").first.wait_for()
    rested(page)
    page.wait_for_timeout(1200)
    take(2600)
    return frames


def _picture(page: Page) -> Image.Image:
    """The page as it is now, smaller."""
    seen = Image.open(io.BytesIO(page.screenshot(timeout=120_000))).convert("RGB")
    return seen.resize((round(WIDTH * SCALE), round(HEIGHT * SCALE)), Image.Resampling.LANCZOS)


def save(frames: list[Frame], target: Path) -> None:
    """Write the frames, all in one set of colours: a picture of its own for each would flicker and be larger."""
    sheet = Image.new("RGB", (frames[0][0].width, frames[0][0].height * len(frames)))
    for number, (picture, _) in enumerate(frames):
        sheet.paste(picture, (0, number * picture.height))
    palette = sheet.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    drawn = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture, _ in frames]
    target.parent.mkdir(parents=True, exist_ok=True)
    stays = [stay for _, stay in frames]
    drawn[0].save(target, save_all=True, append_images=drawn[1:], duration=stays, loop=0, optimize=True, disposal=1)
    size = target.stat().st_size
    assert size < MOST_BYTES, f"{target} has {size:,} bytes"
    told = f"{len(frames)} frames, {sum(stays) / 1000:.0f} s, {size / 1000:,.0f} kB"
    sys.stdout.write(f"{target.relative_to(ROOT)}: {told}\n")


def main() -> None:
    """Index the corpus, work with the chat, write the file."""
    with demo_chat() as (server, browser):
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB", reduced_motion="reduce")
        page.set_default_timeout(120_000)
        frames = record(page, server.address)
    save(frames, TARGET)


if __name__ == "__main__":
    main()
