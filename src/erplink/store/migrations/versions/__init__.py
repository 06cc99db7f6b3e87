"""One script for each revision. A script that was released is never changed."""
