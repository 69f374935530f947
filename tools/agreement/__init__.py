"""Do the public check and the exam say the same of every version of a function that we know?"""
