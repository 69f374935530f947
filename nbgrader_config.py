"""nbgrader's configuration: where the course lies, and who grades (the examiner, behind nbgrader's own doors)."""

from autograder import examiner, markup

c = get_config()

c.CourseDirectory.course_id = "vision_course"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
# Never copied: the solutions' source files, weights (the exam reads them where they were handed in), caches.
c.CourseDirectory.ignore = ["*.py", "*.safetensors", ".ipynb_checkpoints", "*.pyc", "__pycache__", ".git"]
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("your code here")'}
# Students' Markdown on formgrader's pages and in feedback: nothing in it acts.
c.HTMLExporter.filters = {"markdown2html": "autograder.markup.markdown"}

examiner.install()
markup.install()
