"""nbgrader's configuration: where the course lies, and who grades (the examiner, behind nbgrader's own doors)."""

from autograder.book import examiner, pages

c = get_config()

c.CourseDirectory.course_id = "vision_course"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
# Never copied. The examiner adds sources and weights where a release or a graded copy is made, not where work comes in.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".git", "feedback"]
c.ZipCollectApp.collector_plugin = "autograder.book.doors.Collector"
c.ExportApp.plugin_class = "autograder.book.exports.Grades"
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("your code here")'}
# Validate: as long as a slow machine needs for what a cell computes. It never trains (course_lib/training.py).
c.Execute.timeout = 600
c.Execute.raise_on_iopub_timeout = False  # after which it would say nothing at all

examiner.install()
pages.install(c)  # formgrader's page and the feedback page
