"""Hand-in by a learning platform: what Moodle and Canvas give an instructor comes in, and feedback and grades go back.

From the bottom: who the students are (`students`, `lists`), what lies in a platform's archive (`layouts`, `packed`) and
whose it is (`owners`, `worksheet`), where it goes (`placing`, `collecting`), what is remembered for the way back
(`memory`), and the way back itself (`returning`, `exports`).
"""
