import fake_gpu
import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.runtime.cuda import Cuda


@pytest.fixture
def driver(monkeypatch):
    return fake_gpu.install(monkeypatch)[0]


def test_device_says_what_it_is(driver):
    cuda = Cuda()
    assert (cuda.name, cuda.capability, cuda.stream) == ("NVIDIA Tegra X1", "5.3", 77)
    assert driver.calls[:4] == ["cuInit", "cuDeviceGet", "cuDevicePrimaryCtxRetain", "cuCtxSetCurrent"]


def test_memory_keeps_what_it_is_given(driver):
    cuda, given = Cuda(), np.arange(12, dtype=np.float32).reshape(3, 4)
    first, second = cuda.allocate(given.nbytes), cuda.allocate(8)
    cuda.upload(first, given)
    found = np.empty_like(given)
    cuda.download(found, first)
    np.testing.assert_array_equal(found, given)
    cuda.free(second)
    assert list(driver.memory) == [first]


def test_a_full_gpu_is_named(monkeypatch):
    fake_gpu.install(monkeypatch, driver=fake_gpu.Driver(room=1 << 20))
    with pytest.raises(DataError, match="no room for 2.0 MiB.*out of memory"):
        Cuda().allocate(2 << 20)


def test_no_gpu_is_named(driver):
    driver.failing["cuInit"] = 100
    with pytest.raises(ConfigError, match="none can be used here.*no CUDA-capable device"):
        Cuda()


def test_no_driver_is_named(monkeypatch):
    monkeypatch.setattr("tfgait.runtime.cuda.LIBRARY", "libno_such_driver.so.1")
    with pytest.raises(ConfigError, match=r"libno_such_driver.so.1 is not found"):
        Cuda()
