"""The pages: one file a group of pages, each view fetches records and answers."""
