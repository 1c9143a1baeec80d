"""A float32 .onnx file to float16, for a TensorRT that takes its types from the file: every one from 11 on."""


def halve(content):
    """Return the bytes of an .onnx file whose weights and arithmetic are float16, its input and output float32.

    Args:
        content: the bytes of a float32 .onnx file.
    """
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    return convert_float_to_float16(onnx.load_from_string(content), keep_io_types=True).SerializeToString()
