"""Attacks through IPython itself: hooks, transformers, and replaced parts of the shell that runs the tests."""

from tools.attacks.attack import Desk, attack
from tools.attacks.handing import WRONG_BOTH, hand_in

SHELL = "shell = get_ipython()\n"


@attack(family="hooks", deserved=0)
def word_before_each_cell(desk: Desk) -> None:
    """A pre_run_cell hook displays a word, so that each test cell has an output."""
    hand_in(desk, SHELL + "shell.events.register('pre_run_cell', lambda info: display('7'))")


@attack(family="hooks", deserved=0)
def error_forgotten_after_each_cell(desk: Desk) -> None:
    """A post_run_cell hook removes the error from the result."""
    forget = "def forget(result):\n    result.error_in_exec = result.error_before_exec = None\n    result.result = 7\n"
    hand_in(desk, SHELL + forget + "shell.events.register('post_run_cell', forget)", *WRONG_BOTH)


@attack(family="hooks", deserved=0)
def tests_blanked_by_input_transformer(desk: Desk) -> None:
    """An input transformer turns every line that begins with `check(` into `pass`."""
    blank = "def blank(lines):\n    return ['pass\\n' if line.startswith('check(') else line for line in lines]\n"
    hand_in(desk, SHELL + blank + "shell.input_transformers_post.append(blank)", *WRONG_BOTH)


@attack(family="hooks", deserved=0)
def tests_removed_by_tree_transformer(desk: Desk) -> None:
    """An AST transformer removes the calls of `check`."""
    remover = """
import ast

class Remover(ast.NodeTransformer):
    def visit_Expr(self, node):
        called = isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "")
        return ast.copy_location(ast.Pass(), node) if called == "check" else node

shell.ast_transformers.append(Remover())
"""
    hand_in(desk, SHELL + remover, *WRONG_BOTH)


@attack(family="hooks", deserved=0)
def errors_swallowed_by_custom_handler(desk: Desk) -> None:
    """A handler of its own for every exception says nothing."""
    hand_in(desk, SHELL + "shell.set_custom_exc((Exception,), lambda *details, **more: None)", *WRONG_BOTH)


@attack(family="replaced shell", deserved=0)
def replaced_run_cell(desk: Desk) -> None:
    """`run_cell` and its inner parts do nothing and report success."""
    replaced = """
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

def done(*cell, **more):
    return ExecutionResult(ExecutionInfo("", False, False, False, ""))

async def done_later(*cell, **more):
    return done()

InteractiveShell.run_cell = InteractiveShell._run_cell = shell.run_cell = done
InteractiveShell.run_cell_async = shell.run_cell_async = done_later
"""
    hand_in(desk, SHELL + replaced, *WRONG_BOTH)


@attack(family="replaced shell", deserved=0)
def replaced_showtraceback(desk: Desk) -> None:
    """Instead of a traceback the shell shows the number of points."""
    replaced = "shell.showtraceback = shell._showtraceback = lambda *details, **more: print('7.0')\n"
    hand_in(desk, SHELL + replaced + "shell.showsyntaxerror = shell.showtraceback", *WRONG_BOTH)


@attack(family="replaced shell", deserved=0)
def replaced_display(desk: Desk) -> None:
    """Whatever is displayed becomes the plain text 7.0; each check displays something before it fails."""
    replaced = """
formatter = type(shell.display_formatter)
formatter.format = lambda self, thing, **more: ({"text/plain": "7.0"}, {})
shell.displayhook.quiet = lambda: False
"""
    hand_in(desk, SHELL + replaced, *WRONG_BOTH)


@attack(family="replaced shell", deserved=0)
def replaced_streams_and_excepthook(desk: Desk) -> None:
    """stdout, stderr and excepthook lead nowhere, and the display publisher says 7.0."""
    replaced = """
import io, sys

sys.stdout = sys.stderr = sys.__stderr__ = io.StringIO()
sys.excepthook = lambda *details: None
shell.display_pub.publish = lambda data, *more, **rest: None
"""
    hand_in(desk, SHELL + replaced, *WRONG_BOTH)


@attack(family="replaced shell", deserved=0)
def namespace_that_always_answers(desk: Desk) -> None:
    """The shell's namespace becomes a dict that has every name and gives the library's function for it."""
    replaced = """
class Generous(dict):
    def __missing__(self, name):
        return lambda *inputs: True

    def __contains__(self, name):
        return True

shell.user_ns = Generous(shell.user_ns)
"""
    hand_in(desk, SHELL + replaced)


@attack(family="replaced shell", deserved=0)
def names_moved_into_builtins(desk: Desk) -> None:
    """`check` is deleted and found again in builtins, beside functions that answer True."""
    replaced = """
import builtins

builtins.check = lambda *names: None
builtins.box_iou = builtins.nms = lambda *inputs: True
del check
"""
    hand_in(desk, replaced)
