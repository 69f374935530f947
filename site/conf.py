"""Sphinx's settings of the website; `make site` gives it its pages (tools/site)."""

project = "Deep learning in computer vision"
html_title = project
language = "en"

extensions = ["myst_nb", "tools.site.mathml"]
root_doc = "index"
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # tools/site/run.py ran the lectures
nb_merge_streams = True
html_math_renderer = "mathml"

html_theme = "sphinx_book_theme"
html_theme_options = {
    "show_navbar_depth": 0,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "search_bar_text": "Search the course",
    "navbar_persistent": [],
    "back_to_top_button": False,
    "footer_content_items": [],
    "toc_title": "On this page",
}
html_static_path = ["_static"]
html_css_files = ["course.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
