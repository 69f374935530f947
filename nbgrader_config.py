"""nbgrader's configuration: where the course lies, and who grades (the examiner, behind nbgrader's own doors)."""

from autograder import examiner, pages

c = get_config()

c.CourseDirectory.course_id = "vision_course"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
# Never copied. The examiner adds sources and weights where a release or a graded copy is made, not where work comes in.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".git"]
c.ZipCollectApp.collector_plugin = "autograder.doors.Collector"
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("your code here")'}

examiner.install()
pages.install(c)  # formgrader's page and the feedback page
