"""A new unit's files, from the templates in template/: make unit NAME=mask_rcnn TITLE="Mask R-CNN"

template/ is laid over the project. In paths ID and NAME, in texts {{id}}, {{name}}, {{number}} and {{title}} stand for
the unit's own; a file's last ending, .txt, is dropped. What comes is whole: a function with its check, wrong versions,
right answers and tests, a lecture with an explorer. Its author replaces one thing after the other.
"""
