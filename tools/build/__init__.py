"""From text to what is given out: notebooks, expected answers, and whether they are fit for it."""
