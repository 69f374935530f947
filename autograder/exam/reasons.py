"""What an error says, as far as it may leave the box.

A function that fails saw hidden inputs, and what the box says of its error is not trusted. So a sentence passes when it
is one of those below, Python's, PyTorch's or NumPy's own, with nothing in it but names that are the student's or
everybody's, or when it stands as a whole in the student's code. Where the exam differs from the student's machine (no
GPU, no network, so much memory), we say what to write instead.
"""

import builtins
import re
import sys
from functools import cache

import numpy as np
import torch

from autograder.box.limits import MEMORY, PROCESSES, ROOM
from autograder.exam.replies import KIND
from course_lib.checks.spec import Raised

SENTENCES = """
name '{}' is not defined
cannot access local variable '{}' where it is not associated with a value
cannot access free variable '{}' where it is not associated with a value in enclosing scope
local variable '{}' referenced before assignment
No module named '{}'
cannot import name '{}' from '{}'
module '{}' has no attribute '{}'
type object '{}' has no attribute '{}'
'{}' object has no attribute '{}'
{}() missing # required positional argument: '{}'
{}() missing # required positional arguments: '{}' and '{}'
{}() missing # required positional arguments: …
{}() missing # required keyword-only argument: '{}'
{}() missing # required keyword-only arguments: …
{}() got an unexpected keyword argument '{}'
{}() got multiple values for argument '{}'
{}() got some positional-only arguments passed as keyword arguments: '{}'
{}() takes # positional argument but # were given
{}() takes # positional arguments but # were given
{}() takes # positional arguments but # was given
{}() takes from # to # positional arguments but # were given
{}() takes exactly one argument
{}() takes no arguments
{}() takes no positional arguments
{}() takes no keyword arguments
'{}' is an invalid keyword argument for {}()
{}(): argument '{}' (position #) must be {}, not {}
{}(): argument '{}' (position #) must be tuple of {}, not {}
{}(): argument '{}' must be {}, not {}
{}() received an invalid combination of arguments
{}(): Expected reduction dim
{}(): could not infer output dtype
{}(): Expected dtype … for index
'{}' object is not callable
'{}' object is not subscriptable
'{}' object is not iterable
'{}' object is not reversible
'{}' object is not an iterator
'{}' object does not support item assignment
'{}' object does not support item deletion
'{}' object does not support the context manager protocol
'{}' object cannot be interpreted as an integer
unsupported operand type(s) for …: '{}' and '{}'
bad operand type for …: '{}'
not supported between instances of '{}' and '{}'
object of type '{}' has no len()
argument of type '{}' is not
cannot unpack non-iterable {} object
unhashable type: '{}'
indices must be integers or slices, not {}
can only concatenate {} (not "{}") to {}
can't multiply sequence by non-int of type '{}'
expected Tensor as element # in argument #, but got {}
expected scalar type {} but found {}
to have same dtype, but found {} and {}
to have the same dtype, but got: {} != {}
result type {} can't be cast to the desired output type {}
not implemented for '{}'
Could not infer dtype of {}
invalid data type '{}'
isinstance() arg 2 must be a type
expects split_sizes to sum exactly to
expected np.ndarray (got {})
expected str instance, {} found
Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead
Boolean value of Tensor with more than one value is ambiguous
Boolean value of Tensor with no values is ambiguous
The truth value of an array with more than one element is ambiguous
a Tensor with … elements cannot be converted to Scalar
only one element tensors can be converted to Python scalars
only … arrays can be converted to Python scalars
only integer tensors of a single element can be converted to an index
only integers, slices … are valid indices
tensors used as indices must be long, int, byte or bool tensors
where expected condition to be a boolean tensor
Index put requires the source and destination dtypes match
The shape of the mask … does not match
boolean index did not match indexed array
index … is out of bounds
index … out of range
too many indices for
The size of tensor a … must match the size of tensor b
The expanded size of the tensor … must match the existing size
Sizes of tensors must match except in dimension
Tensors must have same number of dimensions
zero-dimensional tensor … cannot be concatenated
expected a non-empty list of Tensors
stack expects a non-empty TensorList
stack expects each tensor to be equal size
need at least one array to
shapes cannot be multiplied
operands could not be broadcast together
Input operand … has a mismatch in its core dimension
shape mismatch
shape '…' is invalid for input of size
cannot reshape array of size
cannot reshape tensor of
view size is not compatible with input tensor's size and stride
number of dimensions in the tensor input does not match the length of the desired ordering of dimensions
Dimension out of range
expected input… to have … channels, but got … channels instead
Expected input batch_size … to match target batch_size
Target … is out of bounds
step must be greater than zero
zero-size array to reduction operation
of an empty sequence
arg is an empty sequence
iterable argument is empty
pop from empty list
invalid multinomial distribution
the input matrix is singular
Singular matrix
element … of tensors does not require grad and does not have a grad_fn
one of the variables needed for gradient computation has been modified by an inplace operation
a leaf Variable that requires grad is being used in an in-place operation
Trying to backward through the graph a second time
grad can be implicitly created only for scalar outputs
division by zero
integer modulo by zero
list index out of range
tuple index out of range
string index out of range
list assignment index out of range
not enough values to unpack
too many values to unpack
maximum recursion depth exceeded
could not convert string to float
invalid literal for int()
No such file or directory
dictionary changed size during iteration
object is not callable
""".strip().splitlines()  # {} a name, # a small count, … what is not shown

ELSEWHERE = {  # what an error is to be recognised by, and what to do about it
    r"NVIDIA driver|compiled with CUDA|CUDA (?:GPUs|driver|device|error)|support for \w+ devices|the 'MPS' backend"
    r"|Cannot access accelerator|device type at start of device string": "the exam has no GPU: write `.to(x.device)`, "
    "with the device of what you were given",
    r"urlopen error|name resolution|not known|Network is unreachable|Max retries|ConnectionError|server socket"
    r"|Cannot resolve": "the exam has no network",
    r"can't allocate memory|Unable to allocate|Cannot allocate memory|^MemoryError": "the exam gives one process "
    f"{MEMORY.shown} of memory",
    r"Read-only file system": "the exam lets you write to the notebook's folder, the two above it, and /tmp",
    r"No space left": f"the exam has room for {ROOM.shown} of files",
    r"^EOFError": "nobody answers `input()` in the exam",
    r"^BdbQuit": "nobody answers a breakpoint in the exam",
    r"can't start new thread|Resource temporarily": f"the exam allows {PROCESSES.shown} processes and threads",
    r"loading state_dict|^KeyError.*\n.*\bweights\b": "the weights do not fit: are they "
    "another unit's, or older than the code?",
    r"^ModuleNotFoundError": "the exam has the course's packages, and modules that the notebook itself writes",
}


class Words:
    """What a student's cells consist of: names, lines, and strings."""

    def __init__(self):
        self.names: set[str] = set()
        self.lines: set[str] = set()
        self.strings: set[str] = set()

    def add(self, source: str) -> None:
        """One more cell."""
        self.names.update(re.findall(r"[^\W\d]\w*", source))
        self.lines.update(line.strip() for line in source.splitlines())
        self.strings.update("".join(found) for found in re.findall(r"'([^'\n]+)'|\"([^\"\n]+)\"", source))


def told(error: Raised | None, words: Words) -> str:
    """A function's error: its kind, the student's own line, and of its text what may pass. None says no more."""
    return f"Your function raised {_named(error, words)}."


def of_cell(error: str, words: Words) -> str:
    """A cell's error ("KIND: text"), as far as it may leave the box when the cell may have seen hidden inputs."""
    kind, _, text = error.partition(": ")
    return f"{_named(Raised(kind, text) if KIND.fullmatch(kind) else None, words)}."


def _named(error: Raised | None, words: Words) -> str:
    """An error without what must not pass, for the end of a sentence."""
    if error is None:
        return "an error"
    own = error.line > 0 and error.code in words.lines
    where = f" in line {error.line}" * (error.line > 0) + f", `{error.code}`" * own
    text = error.text.strip()
    said, why = _passing(text, words), advice(f"{error.kind}: {text}\n{error.code}")
    return f"{error.kind}{where}" + f": {said}" * bool(said) + f" ({why})" * bool(why)


def advice(error: str) -> str:
    """What to do about an error ("KIND: text", and the line it came from) that the exam brings about, or ""."""
    return next((what for sign, what in ELSEWHERE.items() if re.search(sign, error)), "")


def _passing(text: str, words: Words) -> str:
    """The sentence of an error, as far as it holds no value; "" where nothing may pass."""
    for own in (text, text[1:-1]):  # a KeyError's text is in quotes
        if own in words.strings:
            return own[:200].rstrip(".")
    for sentence, pattern in _patterns():
        found = pattern.search(text)
        if found and all(_known(name, words) for name in found.groups()):
            return found[0] if "…" not in sentence else _filled(sentence, found.groups())
    return ""


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    parts = {r"\{\}": r"([A-Za-z_][\w.<>]{0,60})", r"\#": r"\d{1,2}", "…": ".{0,80}?"}
    patterns = []
    for sentence in SENTENCES:
        pattern = re.escape(sentence)
        for mark, part in parts.items():
            pattern = pattern.replace(mark, part)
        patterns.append((sentence, re.compile(pattern)))
    return patterns


def _filled(sentence: str, names: tuple[str, ...]) -> str:
    """The sentence with its names; what is left out stays so."""
    return sentence.replace("{}", "%s") % names


def _known(name: str, words: Words) -> bool:
    """Whether each part of a dotted name is the student's own word or a public one."""
    parts = re.findall(r"\w+", name)
    return all(part in words.names or part in _public() for part in parts)


@cache
def _public() -> frozenset[str]:
    """Names that everybody has: Python's, PyTorch's and NumPy's."""
    spaces = (builtins, torch, torch.Tensor, torch.nn, torch.nn.functional, np, np.ndarray)
    types = ("NoneType", "function", "method", "builtin_function_or_method", "generator", "module", "locals", "lambda")
    scalars = ("Float", "Double", "Half", "Long", "Int", "Short", "Byte", "Char", "Bool", "BFloat16", "ComplexFloat")
    more = ("Number", "ints", "floats", "numpy", "torch", "nn", "functional", "other", "end", "start", "dim", "self")
    return frozenset({*types, *scalars, *more, *sys.stdlib_module_names}.union(*map(dir, spaces)))
