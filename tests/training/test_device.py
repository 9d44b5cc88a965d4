"""What a user may ask for, and what is said where it is not there."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest
import torch

from nlpwb.errors import UsageError
from nlpwb.training.device import (
    Setting,
    autocast,
    available_cores,
    choose_setting,
    generator_states,
    memory_used,
    restore_generators,
    threads_of,
)

CPU = torch.device("cpu")


def test_threads_beyond_the_cores_are_capped_and_said() -> None:
    setting = choose_setting("cpu", "float32", 10_000)
    assert setting.threads == available_cores()
    assert "10000 threads" in setting.notes[0]
    assert not choose_setting("cpu", "float32", 1).notes


@pytest.mark.parametrize(
    ("device", "precision", "words"),
    [
        ("gpu", "auto", "no such device; "),
        ("cpu", "float23", "did you mean float32"),
        ("cpu:x", "auto", "--device cpu:x"),
    ],
)
def test_what_has_no_meaning_is_refused(device: str, precision: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        choose_setting(device, precision)


def test_a_device_that_is_not_here_is_refused() -> None:
    """Training on the processor in place of the GPU that was asked for would be found out hours later."""
    missing = [
        name
        for name, there in (
            ("cuda", torch.cuda.is_available()),
            ("mps", torch.backends.mps.is_available()),
        )
        if not there
    ]
    assert missing, "no machine has both"
    with pytest.raises(UsageError, match="no such device here"):
        choose_setting(missing[0])


def test_bf16_is_for_products_alone() -> None:
    """Weights stay float32: steps are smaller than bf16 can add to them."""
    layer = torch.nn.Linear(4, 4)
    with autocast(Setting(CPU, "bf16")):
        product = layer(torch.ones(2, 4))
    assert product.dtype == torch.bfloat16
    assert layer.weight.dtype == torch.float32
    with autocast(Setting(CPU, "float32")):
        assert layer(torch.ones(2, 4)).dtype == torch.float32


def test_threads_are_the_setting_s_within_and_as_before_behind() -> None:
    before = torch.get_num_threads()
    with threads_of(Setting(CPU, threads=before + 1)):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_random_numbers_go_on_from_a_kept_state() -> None:
    setting = Setting(CPU)
    states = {name: state.clone() for name, state in generator_states(setting).items()}
    first = torch.rand(3)
    restore_generators(setting, states)
    assert torch.equal(torch.rand(3), first)


def test_memory_is_that_of_the_process() -> None:
    """torch alone takes tens of MiB; a count in pages or KiB would be seen here."""
    assert 2**24 < memory_used(Setting(CPU)) < 2**42


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library than glibc")
def test_freed_memory_is_kept() -> None:
    """A hundred megabytes that were freed are still this process's, and the next tensor finds them mapped."""
    program = """
import torch
from nlpwb.training.device import keep_freed_memory, memory_used, Setting
assert keep_freed_memory()
setting = Setting(torch.device("cpu"))
tensor = torch.ones(25_000_000)
full = memory_used(setting)
del tensor
assert full - memory_used(setting) < 20_000_000, (full, memory_used(setting))
"""
    subprocess.run([sys.executable, "-c", program], check=True)
