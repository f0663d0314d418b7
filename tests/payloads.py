"""Texts that would run, load, steer or disguise something wherever a page took them for more than text."""

from __future__ import annotations

PAYLOADS = [
    # HTML
    "<script>window.__pwn=1</script>",
    "<img src=x onerror='window.__pwn=1'>",
    "<svg onload=window.__pwn=1>",
    "<svg><script>window.__pwn=1</script></svg>",
    "<iframe src='javascript:parent.__pwn=1'></iframe>",
    "<iframe srcdoc='<script>parent.__pwn=1</script>'></iframe>",
    "<body onload=window.__pwn=1>",
    "<details open ontoggle=window.__pwn=1>x</details>",
    "<input autofocus onfocus=window.__pwn=1>",
    "<a href='javascript:window.__pwn=1'>click</a>",
    "<form action='http://evil.example'><button>send</button></form>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=http://evil.example/a.css>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<base href=http://evil.example/>",
    "<object data=http://evil.example/a.swf></object>",
    "<math><mi xlink:href='javascript:window.__pwn=1'>x</mi></math>",
    "<video><source onerror=window.__pwn=1></video>",
    "</textarea></title><script>window.__pwn=1</script>",
    "<!--<img src='--><img src=x onerror=window.__pwn=1>'>",
    "&lt;script&gt;window.__pwn=1&lt;/script&gt;",
    "<ScRiPt>window.__pwn=1</sCrIpT>",
    "<template><script>window.__pwn=1</script></template>",
    '"onmouseover="window.__pwn=1" x="',
    "{{constructor.constructor('window.__pwn=1')()}}",
    # Markdown
    "[click](javascript:window.__pwn=1)",
    "[click](data:text/html,<script>window.__pwn=1</script>)",
    "![pixel](http://evil.example/pixel.png)",
    "![pixel][p] [p]: http://evil.example/pixel.png",
    "[fake source](#cite-m1-1)",
    "[fake action](#act-export-all)",
    "<http://evil.example/auto>",
    "http://evil.example/bare www.evil.example a@evil.example",
    "# heading **bold** _em_ ~~gone~~ `code`",
    "```html <script>window.__pwn=1</script> ```",
    "| a | b | |---|---| | 1 | 2 |",
    "[^1]: a footnote [^1]",
    # what Streamlit adds to Markdown
    ":red[red] :material/home: :smile: :streamlit:",
    ":shimmer[text] :blue-badge[badge] :small[x]",
    "a -> b <- c <-> d >= e",
    # LaTeX
    "$x^2$ and $$\\href{javascript:window.__pwn=1}{x}$$",
    "\\(\\unicode{x41}\\) \\[ \\require{html} \\]",
    # directions and controls
    "safe\u202egnp.exe\u2066hidden\u2069",
    "bell\x07 escape\x1b[31m null\x00 end",
    # paths and queries
    "../../etc/passwd",
    "'; DROP TABLE articles; --",
    "%3Cscript%3Ewindow.__pwn=1%3C/script%3E",
    "Robert\u0000\u200b\u200d\ufeff O\u2019Tables",
]
