"""E-mails, mailboxes and saved pages: MIME messages to articles."""
