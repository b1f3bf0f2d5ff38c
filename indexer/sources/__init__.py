"""Where releases come from: made here, made from a list, downloaded, or found in a folder."""
