"""TensorRT 10.16: what include/dovetail offers, in its namespaces."""
NARROW_DIMS = False
ENUMS, MASKS, RETURNS, LEAVE = {}, {}, {}, ()

EDITS = [
    ("namespace.h", "#define DOVETAIL_NAMESPACE dovetail", "#define DOVETAIL_NAMESPACE nvinfer1"),
    ("namespace.h", "#define DOVETAIL_PARSER_NAMESPACE dovetail_onnx",
     "#define DOVETAIL_PARSER_NAMESPACE nvonnxparser"),
]
EDITS_AFTER = []
