"""The tests, as a package so that `tests.<helper>` can be imported from any of them."""
