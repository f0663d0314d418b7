"""How the page looks and how its server behaves: Streamlit's options, in one place.

`.streamlit/config.toml` holds the same options for `streamlit run app.py`; a test keeps the two equal.
"""

from __future__ import annotations

NAME = "Article Chat"
MAX_UPLOAD_MB = 50

SERVER: dict[str, str | int | bool] = {
    "server.address": "127.0.0.1",  # no sign-in: nobody else on the network may read the library
    "server.headless": True,  # no question about an e-mail address at the first start
    "server.fileWatcherType": "none",  # watching torch's files makes the page wait up to 3 s while models load
    "server.enableXsrfProtection": True,
    "server.maxUploadSize": MAX_UPLOAD_MB,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "runner.postScriptGC": False,  # a collection after each rerun takes 200 ms once the models are loaded
}

# Warm paper and ink, with one blue. Contrast of text on both backgrounds is above 12:1, of links above 6:1.
LOOK: dict[str, str | int | bool] = {
    "theme.font": "sans-serif",
    "theme.headingFont": "serif",
    "theme.baseRadius": "0.6rem",
    "theme.showSidebarBorder": True,
    "theme.light.primaryColor": "#1d4f91",
    "theme.light.backgroundColor": "#fdfcf9",
    "theme.light.secondaryBackgroundColor": "#f4f1ea",
    "theme.light.textColor": "#16181d",
    "theme.light.linkColor": "#1d4f91",
    "theme.light.borderColor": "#ddd8cc",
    "theme.light.yellowColor": "#c98a00",
    "theme.light.yellowBackgroundColor": "#fff0b8",
    "theme.light.yellowTextColor": "#5c4200",
    "theme.dark.primaryColor": "#7fb0f0",
    "theme.dark.backgroundColor": "#14161a",
    "theme.dark.secondaryBackgroundColor": "#1c1f25",
    "theme.dark.textColor": "#ece9e2",
    "theme.dark.linkColor": "#9cc3f5",
    "theme.dark.borderColor": "#343841",
    "theme.dark.yellowColor": "#d9a520",
    "theme.dark.yellowBackgroundColor": "#4a3c0c",
    "theme.dark.yellowTextColor": "#f3dc9a",
}

OPTIONS = SERVER | LOOK
