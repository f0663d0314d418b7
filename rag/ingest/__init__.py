"""Sources to stored articles: files and pages are read, cleaned, cut into passages, embedded and put into the store."""
