"""The GPU by way of its driver and ctypes alone: its name and its memory.

The driver's library is on every machine with an NVIDIA GPU, a Jetson too, under one name whatever the CUDA.
"""

import ctypes

from tfgait.core.errors import ConfigError, DataError

LIBRARY = "libcuda.so.1"
MAJOR, MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR


class Cuda:
    """The first GPU that `CUDA_VISIBLE_DEVICES` shows, in the context that TensorRT uses too.

    Raises:
        ConfigError: there is no driver, or no GPU.
    """

    def __init__(self):
        try:
            self._library = ctypes.CDLL(LIBRARY)
        except OSError as error:
            raise ConfigError(f"an engine needs an NVIDIA GPU: its driver's {LIBRARY} is not found here.") from error
        device, context, stream = ctypes.c_int(), ctypes.c_void_p(), ctypes.c_void_p()
        try:
            self._do("cuInit", ctypes.c_uint(0))
            self._do("cuDeviceGet", ctypes.byref(device), ctypes.c_int(0))
        except DataError as error:
            raise ConfigError(f"an engine needs an NVIDIA GPU, and none can be used here: {error}") from error
        self._do("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self._context = context
        self.use()
        self._do("cuStreamCreate", ctypes.byref(stream), ctypes.c_uint(0))
        self._stream = stream
        self.name = self._name_of(device)
        self.capability = f"{self._attribute(MAJOR, device)}.{self._attribute(MINOR, device)}"

    @property
    def stream(self):
        """The stream that work is put on, as a number."""
        return self._stream.value or 0

    def use(self):
        """Let this thread work on the GPU."""
        self._do("cuCtxSetCurrent", self._context)

    def allocate(self, size):
        """Return the address of `size` bytes of the GPU's memory; where it has no such room, raise `DataError`."""
        address = ctypes.c_uint64()
        try:
            self._do("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(size))
        except DataError as error:
            raise DataError(f"the GPU has no room for {size / 2**20:.1f} MiB: {error}") from error
        return address.value

    def free(self, address):
        """Give memory back."""
        self._do("cuMemFree_v2", ctypes.c_uint64(address))

    def upload(self, address, array):
        """Copy a contiguous array to the GPU."""
        source = ctypes.c_void_p(array.ctypes.data)
        self._do("cuMemcpyHtoD_v2", ctypes.c_uint64(address), source, ctypes.c_size_t(array.nbytes))

    def download(self, array, address):
        """Wait for the work of the stream and fill a contiguous array from the GPU."""
        self._do("cuStreamSynchronize", self._stream)
        target = ctypes.c_void_p(array.ctypes.data)
        self._do("cuMemcpyDtoH_v2", target, ctypes.c_uint64(address), ctypes.c_size_t(array.nbytes))

    def _name_of(self, device):
        text = ctypes.create_string_buffer(256)
        self._do("cuDeviceGetName", text, ctypes.c_int(256), device)
        return text.value.decode(errors="replace")

    def _attribute(self, which, device):
        value = ctypes.c_int()
        self._do("cuDeviceGetAttribute", ctypes.byref(value), ctypes.c_int(which), device)
        return value.value

    def _do(self, function, *arguments):
        status = getattr(self._library, function)(*arguments)
        if status:
            text = ctypes.c_char_p()
            self._library.cuGetErrorString(ctypes.c_int(status), ctypes.byref(text))
            said = text.value.decode() if text.value else f"error {status}"
            raise DataError(f"CUDA's {function} failed: {said}.")
