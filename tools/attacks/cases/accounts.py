"""What another account of the machine can prepare before a class is graded: folders that all accounts share."""

from tools.attacks.attack import FULL, Desk, attack

ACCOUNTS = "another account of the machine"
LAZY = "cryptography psycopg jinja2 bokeh uvloop cloudpickle locket torch numpy course_lib autograder nbgrader zoneinfo"
ACTING = "open({path!r}, 'a').write('ran as the grader')\n"


@attack(ACCOUNTS, deserved=FULL)
def scratch_space_of_another(desk: Desk) -> None:
    """Where temporary files go lie folders as Dask names them; their locks are links, their modules write."""
    for folder in ("dask-scratch-space", "dask-worker-space"):
        space = desk.canary.parent / "tmp" / folder
        space.mkdir(parents=True, exist_ok=True)
        space.chmod(0o777)
        for lock in ("global.lock", "purge.lock"):
            (space / lock).unlink(missing_ok=True)
            (space / lock).symlink_to(desk.canary)
        for module in (*LAZY.split(), "sitecustomize", "usercustomize"):
            (space / f"{module}.py").write_text(ACTING.format(path=str(desk.canary)))
    desk.write(desk.solution())
