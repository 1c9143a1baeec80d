"""Trees of sysfs as boards have them: names and units as recorded, numbers chosen by the test."""


def write(root, files):
    """Write ``{path below root: text or number}``."""
    for path, value in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{value}\n")


def hwmon(root, number, rails, name="ina3221"):
    """Write an INA3221 of a kernel from 5.10 on: ``rails`` are (label, mV, mA); None is a channel switched off."""
    folder = f"class/hwmon/hwmon{number}"
    write(root, {f"{folder}/name": name, f"{folder}/in7_label": "sum of shunt voltages", f"{folder}/curr4_input": 9999})
    for n, rail in enumerate(rails, start=1):
        if rail:
            label, millivolts, milliamperes = rail
            write(root, {f"{folder}/in{n}_label": label, f"{folder}/in{n}_input": millivolts})
            write(root, {f"{folder}/curr{n}_input": milliamperes, f"{folder}/in{n + 3}_input": 1})


def iio(root, address, device, rails):
    """Write an INA3221 of NVIDIA's kernel 4.9: ``rails`` are (label, mV, mA)."""
    folder = f"bus/i2c/drivers/ina3221x/{address}/{device}"
    for n, (label, millivolts, milliamperes) in enumerate(rails):
        write(root, {f"{folder}/rail_name_{n}": label, f"{folder}/in_voltage{n}_input": millivolts})
        write(root, {f"{folder}/in_current{n}_input": milliamperes})
        write(root, {f"{folder}/in_power{n}_input": 1})


def rapl(root, zones):
    """Write powercap zones: ``{zone: (name, energy in µJ)}``, all of one range."""
    for zone, (name, energy) in zones.items():
        folder = f"class/powercap/{zone}"
        write(root, {f"{folder}/name": name, f"{folder}/energy_uj": energy})
        write(root, {f"{folder}/max_energy_range_uj": 262_143_328_850})


def nano(root):
    iio(root, "6-0040", "iio:device0", [("POM_5V_IN", 5040, 500), ("POM_5V_GPU", 5000, 40), ("POM_5V_CPU", 5000, 200)])


def tx2(root):
    rails = [("VDD_SYS_GPU", 19000, 8), ("VDD_SYS_SOC", 19000, 30), ("VDD_4V0_WIFI", 4784, 0)]
    iio(root, "0-0040", "iio_device", rails)
    iio(root, "0-0041", "iio_device", [("VDD_IN", 19048, 130), ("VDD_SYS_CPU", 19040, 24), ("VDD_SYS_DDR", 4744, 60)])


def xavier_nx(root):
    hwmon(root, 4, [("VDD_IN", 5000, 900), ("VDD_CPU_GPU_CV", 5000, 200), ("VDD_SOC", 5000, 300)])


def agx_xavier(root):
    iio(root, "1-0040", "iio:device0", [("GPU", 19000, 10), ("CPU", 19000, 20), ("SOC", 19000, 30)])
    iio(root, "1-0041", "iio:device1", [("CV", 19000, 1), ("VDDRQ", 19000, 2), ("SYS5V", 5000, 400)])


def orin_nano(root):
    hwmon(root, 0, [("VDD_IN", 1, 1)], name="ina238")
    hwmon(root, 1, [("VDD_IN", 5072, 1000), ("VDD_CPU_GPU_CV", 5072, 200), ("VDD_SOC", 5072, 300)])


def agx_orin(root):
    hwmon(root, 3, [("VDD_GPU_SOC", 20000, 150), ("VDD_CPU_CV", 20000, 50), ("VIN_SYS_5V0", 5000, 800)])
    hwmon(root, 4, [("NC", 0, 0), ("VDDQ_VDD2_1V8AO", 5000, 100), None])


def two_sockets(root):
    rapl(
        root,
        {
            "intel-rapl:0": ("package-0", 10_000_000),
            "intel-rapl:0:0": ("core", 9_000_000),
            "intel-rapl:0:1": ("dram", 3_000_000),
            "intel-rapl:1": ("package-1", 20_000_000),
            "intel-rapl:2": ("psys", 90_000_000),
            "intel-rapl-mmio:0": ("package-0", 11_000_000),
        },
    )
