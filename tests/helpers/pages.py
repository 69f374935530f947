"""What a browser would see in a page."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Collects tags and attributes as a browser would read them."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
