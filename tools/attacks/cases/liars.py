"""Answers that are not what they look like: objects that equal everything, subclasses that lie, absurd shapes."""

from tools.attacks.attack import FULL, Desk, attack
from tools.attacks.handing import RIGHT_IOU, RIGHT_NMS, WRONG_BOTH, hand_in

FAMILY = "lying answers"
BOTH = "def box_iou(boxes1, boxes2):\n    return {0}\n", "def nms(boxes, scores, threshold):\n    return {0}\n"


def answer(desk: Desk, first: str, value: str) -> None:
    """Hand in two functions that return the same expression."""
    hand_in(desk, first, *(source.format(value) for source in BOTH))


def answer_slowly(desk: Desk, first: str, value: str) -> None:
    """Hand in a function that returns the expression, which takes up all its time, and a wrong one."""
    hand_in(desk, first, BOTH[0].format(value), WRONG_BOTH[1])


@attack(family=FAMILY, deserved=0)
def equals_everything(desk: Desk) -> None:
    """An object that equals everything, has every attribute, and is true."""
    yes = """
class Yes:
    def __eq__(self, other): return True
    def __getattr__(self, name): return self
    def __call__(self, *values, **more): return self
    def __bool__(self): return True
    def __len__(self): return 0
    def __iter__(self): return iter(())
    def __array__(self, *dtype, **more): raise TypeError
    __hash__ = None
"""
    answer(desk, yes, "Yes()")


@attack(family=FAMILY, deserved=0)
def tensor_subclass_that_agrees(desk: Desk) -> None:
    """A subclass of Tensor whose __torch_function__ lets every comparison hold."""
    liar = """
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        if name in ("isclose", "eq", "__eq__", "all"):
            return torch.tensor(True)
        if name in ("any", "ne", "__invert__", "__ne__"):
            return torch.tensor(False)
        return super().__torch_function__(function, types, args, kwargs or {})
"""
    hand_in(
        desk,
        liar,
        BOTH[0].format("torch.zeros(len(boxes1), len(boxes2)).as_subclass(Liar)"),
        BOTH[1].format("scores.argsort().as_subclass(Liar)"),
    )


@attack(family=FAMILY, deserved=0)
def dispatch_that_knows_its_reader(desk: Desk) -> None:
    """A wrapper subclass with __torch_dispatch__ and no data of its own, which makes up numbers as it is read."""
    liar = """
class Ghost(torch.Tensor):
    @staticmethod
    def __new__(cls, shape, dtype):
        return torch.Tensor._make_wrapper_subclass(cls, shape, dtype=dtype)

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return torch.ones(3, 5)
"""
    answer(desk, liar, "Ghost((3, 5), torch.float32)")


@attack(family=FAMILY, deserved=0)
def array_subclass_that_agrees(desk: Desk) -> None:
    """A subclass of ndarray whose ufuncs always say True."""
    liar = """
import numpy as np

class Liar(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **more): return np.True_
    def __array_function__(self, function, types, args, kwargs): return np.True_
"""
    answer(desk, liar, "np.zeros((3, 5), np.float32).view(Liar)")


@attack(family=FAMILY, deserved=0)
def changes_while_it_is_read(desk: Desk) -> None:
    """A thread goes on changing the answer's memory, and its size, after it was returned."""
    changer = """
import threading

shared = torch.zeros(3, 5)

def change():
    while True:
        shared.uniform_()

threading.Thread(target=change, daemon=True).start()
"""
    answer(desk, changer, "shared")


@attack(family=FAMILY, deserved=0)
def numbers_that_lie(desk: Desk) -> None:
    """Subclasses of float, int, str, list and dict whose methods give the reader what it hopes for."""
    liars = """
class Float(float):
    def hex(self): return "0x1p+99999"
    def __float__(self): return 1.0

class Text(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__

class Items(list):
    def __len__(self): return 10**9
    def __iter__(self): return iter([Float(1)] * 3)

class Pairs(dict):
    def items(self): return [(Text("a"), Float(2)), (Text("a"), Items())]
"""
    answer(desk, liars, "Pairs(a=Items([Text('x'), Float('nan')]))")


@attack(family=FAMILY, deserved=0)
def items_without_end(desk: Desk) -> None:
    """A list whose iteration never ends, and grows."""
    endless = "class Endless(list):\n    def __iter__(self):\n        while True:\n            yield 'more'"
    answer_slowly(desk, endless, "Endless([1])")


@attack(family=FAMILY, deserved=0)
def shape_without_memory(desk: Desk) -> None:
    """An expanded tensor with a stride of 0: ten to the twelfth numbers in four bytes."""
    answer(desk, "", "torch.zeros(1).expand(10**6, 10**6)")


@attack(family=FAMILY, deserved=0)
def array_without_memory(desk: Desk) -> None:
    """The same from NumPy, as wide as an address can be, and of boolean kind."""
    answer(desk, "import numpy as np", "np.broadcast_to(np.zeros(1, bool), (2**20, 2**20))")


@attack(family=FAMILY, deserved=0)
def answers_of_sixty_megabytes(desk: Desk) -> None:
    """Every answer is as long as a message may be; the grader should not choke on sorting and printing it."""
    answer(desk, "", "torch.arange(8_000_000)")


@attack(family=FAMILY, deserved=0)
def a_hundred_thousand_brackets(desk: Desk) -> None:
    """A list in a list in a list, a hundred thousand levels deep, and one that holds itself."""
    deep = "deep = []\nfor _ in range(100_000):\n    deep = [deep]\nround_ = []\nround_.append(round_)"
    answer(desk, deep, "[deep, round_]")


@attack(family=FAMILY, deserved=0)
def half_a_million_tensors(desk: Desk) -> None:
    """A dict of half a million keys, each with a tensor of no element."""
    many = "many = {f'{key}': torch.zeros(0) for key in range(500_000)}"
    answer_slowly(desk, many, "many")


@attack(family=FAMILY, deserved=0)
def tensors_of_strange_kinds(desk: Desk) -> None:
    """Complex, sparse, quantized, meta and nested tensors, NaN, and arrays of objects, strings and dates, in turn."""
    kinds = """
import itertools
import numpy as np

def strange():
    yield torch.zeros(3, 5, dtype=torch.complex64)
    yield torch.zeros(3, 5).to_sparse()
    yield torch.zeros(3, 5, device="meta")
    yield torch.quantize_per_tensor(torch.zeros(3, 5), 0.1, 0, torch.quint8)
    yield torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)])
    yield torch.full((3, 5), float("nan"))
    yield np.array([[object()] * 5] * 3)
    yield np.array(["a", "b"])
    yield np.array(["2026-01-01"], dtype="datetime64")
    yield np.zeros(3, dtype=[("a", "f4"), ("b", "O")])
    yield (n for n in range(10))
    yield 10 ** 5000
    yield "\\ud800\\x00\\x1b[2J"
    yield torch

kinds = itertools.cycle(strange())
"""
    answer(desk, kinds, "next(kinds)")


@attack(family="harmless", deserved=FULL)
def answers_that_require_gradients(desk: Desk) -> None:
    """Right answers that carry a graph, as subclasses of Tensor, and as a NumPy array."""
    subclass = "class Named(torch.Tensor):\n    pass\n"
    iou = RIGHT_IOU.replace("    return ", "    return 1 * torch.nn.Parameter(torch.ones(1)) * ") + ""
    nms = RIGHT_NMS.replace("return torch.tensor(kept, dtype=torch.int64)", "return torch.tensor(kept).long().numpy()")
    hand_in(desk, subclass, iou, nms)


@attack(family=FAMILY, deserved=0)
def raises_when_it_is_looked_at(desk: Desk) -> None:
    """Callable objects and exceptions whose signature, attributes, names and texts all raise."""
    spite = """
class Nameless(type):
    @property
    def __name__(self): raise RuntimeError("nameless")

class Mute(Exception, metaclass=Nameless):
    @property
    def __traceback__(self): raise RuntimeError("no traceback")
    def __str__(self): raise RuntimeError("mute")

class Spite:
    @property
    def __signature__(self): raise Mute()
    def __getattr__(self, name): raise Mute()
    def __call__(self, *values, **more): raise Mute()
    def __repr__(self): raise Mute()
"""
    hand_in(desk, spite, "box_iou = Spite()", "class Idle(Spite):\n    __call__ = None\n\nnms = Idle()")


@attack(family=FAMILY, deserved=0)
def no_exception_at_all(desk: Desk) -> None:
    """Raises what is a BaseException only, GeneratorExit, and KeyboardInterrupt, as if somebody had ended the check."""
    quits = """
import itertools

class Quits(BaseException):
    pass

stops = itertools.cycle([Quits(1), GeneratorExit(), KeyboardInterrupt()])
"""
    hand_in(desk, quits, *(source.replace("return {0}", "raise next(stops)") for source in BOTH))
