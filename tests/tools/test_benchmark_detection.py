"""The detectors' benchmark: its arithmetic on literal numbers, both contestants training and detecting for a moment."""

from types import SimpleNamespace

import pytest
import torch

from benchmarks import detection, throughput
from benchmarks.detection import Result, ratios, table
from course_lib import data
from course_lib.errors import SettingsError

OURS, THEIRS = Result("ours", 1e-3, 300.4, 9000, 0.42, 150.0), Result("theirs", 3e-4, 299.6, 2400, 0.14, 15.0)


def test_the_last_line_divides_ours_by_theirs():
    assert ratios(OURS, THEIRS) == "mAP ratio: 3.00, speed ratio: 10.00"
    nothing = Result("theirs", 1e-3, 1, 1, 0.0, 15.0)
    assert ratios(OURS, nothing) == "mAP ratio: none, as theirs has 0 %, speed ratio: 10.00"


def test_the_table_has_a_row_for_each_detector():
    assert table([OURS, THEIRS]).splitlines()[2:] == [
        "| ours | 0.001 | 300 s | 9,000 | 42.0 % | 150.0 |",
        "| theirs | 0.0003 | 300 s | 2,400 | 14.0 % | 15.0 |",
    ]


@pytest.mark.long
@pytest.mark.release
@pytest.mark.parametrize("make", [detection.ours, detection.torchvisions])
def test_each_trains_all_of_its_weights_and_detects(make, settings_from, monkeypatch):
    settings_from(COURSE_DEVICE="cpu")
    monkeypatch.setattr(detection, "TRIAL", 1)
    monkeypatch.setattr(detection, "LEAST", 2)
    one = make()
    torch.manual_seed(0)
    before = {name: value.clone() for name, value in one.make().named_parameters()}
    network, steps, seconds = detection.train(one, data.detection("train", 4), 0.1, rate=1e-2)
    assert (steps, network.training) == (2, False)
    assert seconds > 0
    assert [name for name, value in network.named_parameters() if torch.equal(value, before[name])] == []
    scene = data.detection("test", 1)[0]
    found = one.detect(network, scene.image)
    assert {"boxes", "scores", "labels"} <= found.keys()
    assert 0 <= detection.mean_ap(one, network, data.detection("test", 2)) <= 1


def test_throughput_counts_images_and_leaves_the_first_steps_out(settings_from, monkeypatch):
    settings_from(COURSE_DEVICE="cpu")
    ticks = iter(range(100))
    monkeypatch.setattr(throughput, "time", SimpleNamespace(perf_counter=lambda: float(next(ticks))))
    seen = []

    def loss(network, index):
        seen.append(int(index))
        return network(torch.ones(1, 1)).sum()

    network = torch.nn.Linear(1, 1)
    speed = throughput.trained_a_second(network, lambda index: (torch.tensor(index),), loss, images=2, steps=5)
    assert speed == pytest.approx(2.0)  # five steps of two images in five of the clock's seconds, and none before
    assert seen == list(range(9))


def test_throughput_has_no_peer_for_the_small_backbone(settings_from):
    settings_from()
    with pytest.raises(SettingsError, match="resnet50"):
        throughput.main(2)
