import threading

import pytest
import sysfs_trees as trees

from tfgait.core.errors import ConfigError, DataError
from tfgait.runtime.energy import open_meter
from tfgait.runtime.energy.meter import Meter
from tfgait.runtime.energy.source import PowerSource

NEVER = 1e9  # seconds between samples: the test takes them itself


class Clock:
    seconds = 100.0

    def __call__(self):
        return self.seconds


def meter_of(root, clock, period=NEVER):
    found, why = open_meter("auto", period=period, root=root)
    assert not why
    found.clock = clock
    return found


def test_a_rectangle_of_current(tmp_path):
    """5 V: 1 A for 2 s, 3 A for 4 s, with the step between two samples 1 ms apart."""
    trees.orin_nano(tmp_path)
    chip, clock = "class/hwmon/hwmon1", Clock()
    trees.write(tmp_path, {f"{chip}/in1_input": 5000, f"{chip}/curr1_input": 1000})
    with meter_of(tmp_path, clock).measuring() as energy:
        clock.seconds += 2
        energy.sample()
        trees.write(tmp_path, {f"{chip}/curr1_input": 3000})
        clock.seconds += 0.001
        energy.sample()
        clock.seconds += 4
    assert energy.joules == pytest.approx(5 * 2 + 10 * 0.001 + 15 * 4)
    assert energy.seconds == pytest.approx(6.001) and energy.samples == 4


def test_a_ramp_of_voltage_and_current(tmp_path):
    """P(t) = V(t) I(t) with V = 5 - 0.1 t, I = 1 + t over 4 s."""
    trees.nano(tmp_path)
    chip, clock, steps = "bus/i2c/drivers/ina3221x/6-0040/iio:device0", Clock(), 400

    def at(seconds):
        volts, amperes = 5 - 0.1 * seconds, 1 + seconds
        trees.write(tmp_path, {f"{chip}/in_voltage0_input": round(1000 * volts)})
        trees.write(tmp_path, {f"{chip}/in_current0_input": round(1000 * amperes)})

    at(0)
    with meter_of(tmp_path, clock).measuring() as energy:
        for step in range(1, steps):
            clock.seconds = 100 + 4 * step / steps
            at(4 * step / steps)
            energy.sample()
        clock.seconds = 104
        at(4)
    # The integral: 5 t + 4.9 t²/2 - 0.1 t³/3 at t = 4.
    assert energy.joules == pytest.approx(20 + 4.9 * 8 - 6.4 / 3, rel=1e-4)
    assert energy.by_rail["POM_5V_GPU"] == pytest.approx(0.2 * 4)


def test_real_times_count_not_the_period(tmp_path):
    trees.orin_nano(tmp_path)
    clock = Clock()
    with meter_of(tmp_path, clock, period=0.002).measuring() as energy:
        clock.seconds += 7
    assert energy.seconds == pytest.approx(7) and energy.joules == pytest.approx(5.072 * 7)


def test_a_counter_that_comes_round_twice(tmp_path):
    clock, zone = Clock(), "class/powercap/intel-rapl:0/energy_uj"
    trees.rapl(tmp_path, {"intel-rapl:0": ("package-0", 262_000_000_000)})
    with meter_of(tmp_path, clock).measuring() as energy:
        for microjoules in (1_000_000, 262_000_000_000, 5_000_000):
            clock.seconds += 2000
            trees.write(tmp_path, {zone: microjoules})
            energy.sample()
    assert energy.joules == pytest.approx(2 * 262_143.32885 + 5 - 262_000)


def test_idle_is_subtracted_and_its_spread_given(tmp_path):
    trees.orin_nano(tmp_path)
    chip, clock = "class/hwmon/hwmon1", Clock()
    meter = meter_of(tmp_path, clock)
    milliamperes = iter([900, 1100] * 4)

    def sleep(seconds):
        clock.seconds += seconds

    def restless(seconds):
        trees.write(tmp_path, {f"{chip}/curr1_input": next(milliamperes)})
        sleep(seconds)

    trees.write(tmp_path, {f"{chip}/in1_input": 5000, f"{chip}/curr1_input": 1000})
    with meter.measuring() as energy:
        sleep(1)
    assert energy.joules_above_idle is None
    idle = meter.measure_idle(4, sleep)
    assert (idle.watts, idle.spread) == pytest.approx((5, 0))
    trees.write(tmp_path, {f"{chip}/curr1_input": 3000})
    with meter.measuring() as energy:
        sleep(2)
    assert energy.joules == pytest.approx(30) and energy.joules_above_idle == pytest.approx(20)
    assert meter.measure_idle(4, restless).spread > 0.1
    assert meter.record()["idle_spread_watts"] > 0.1 and meter.record()["rails"] == ["VDD_IN"]


class Failing(PowerSource):
    kind = "failing"
    period = 0.001

    def __init__(self):
        super().__init__(("x",), ("x",), "x")
        self.left = 3
        self.failed = threading.Event()

    def read(self):
        self.left -= 1
        if self.left < 0:
            self.failed.set()
            raise OSError(19, "No such device")
        return {"x": 1.0}


class Steady(PowerSource):
    kind = "steady"
    period = 0.001

    def __init__(self):
        super().__init__(("x",), ("x",), "x")
        self.read_often = threading.Event()
        self.reads = 0

    def read(self):
        self.reads += 1
        if self.reads > 4:
            self.read_often.set()
        return {"x": 2.0}


def test_the_thread_samples_and_ends_with_the_block():
    before = threading.active_count()
    source = Steady()
    for _ in range(3):
        with Meter(source).measuring() as energy:
            assert threading.active_count() == before + 1
            assert source.read_often.wait(30)
        assert threading.active_count() == before
    assert energy.joules == pytest.approx(2 * energy.seconds)


def test_an_error_in_the_block_stops_the_thread_and_is_raised():
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), Meter(Steady()).measuring():
        raise ZeroDivisionError
    assert threading.active_count() == before


def test_a_sensor_that_fails_meanwhile_is_named_at_the_end():
    source, before = Failing(), threading.active_count()
    with (
        pytest.raises(DataError, match="the failing meter could not be read: .*No such device"),
        Meter(source).measuring(),
    ):
        assert source.failed.wait(30)
    assert threading.active_count() == before
    with pytest.raises(DataError, match="failing"), Meter(source).measuring():
        pytest.fail("the block must not start")


def test_a_period_must_be_a_time():
    for period in (-1, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="period must be"):
            Meter(Steady(), period)
    with pytest.raises(ConfigError, match="seconds must be above 0"):
        Meter(Steady()).measure_idle(0)
